export * from './driver-queue.ts';
export * from './layout.ts';
export * from './malicious.ts';
