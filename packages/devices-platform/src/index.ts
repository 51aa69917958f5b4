export * from './register-map.ts';
export * from './uart16550/index.ts';
export * from './debug-exit/index.ts';
export * from './debug-console/index.ts';
export * from './demo-dma/index.ts';
export * from './pic8259/index.ts';
export * from './apic/index.ts';
