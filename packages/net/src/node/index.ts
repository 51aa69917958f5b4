export { nodeSockets } from './node-sockets.ts';
export { streamBackend, type StreamBackend, type StreamBackendOptions, type StreamEnd } from './stream-backend.ts';
export { tapBackend, type TapBackend, type TapOptions } from './tap-backend.ts';
