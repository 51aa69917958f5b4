export { createHost, MAX_HOST_BYTES, type HostOptions } from './host.ts';
export { memoryErrors } from './errors.ts';
