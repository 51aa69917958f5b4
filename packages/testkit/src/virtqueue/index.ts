export * from './driver-queue.ts';
export * from './layout.ts';
export * from './malicious.ts';
export * from './packed-driver-queue.ts';
export * from './virtio-pci-driver.ts';
