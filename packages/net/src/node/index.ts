export { nodeSockets } from './node-sockets.ts';
export { streamBackend, type StreamBackend, type StreamBackendOptions, type StreamEnd } from './stream-backend.ts';
