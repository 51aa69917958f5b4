export * from './random/random.ts';
export * from './trace/trace.ts';
export * from './errors/testkit-errors.ts';
export * from './fakes/index.ts';
export * from './scripted-vcpu/index.ts';
export * from './conformance/index.ts';
export * from './virtqueue/index.ts';
