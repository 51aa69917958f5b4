export { createHost, type HostOptions } from './host.ts';
export { memoryErrors } from './errors.ts';
