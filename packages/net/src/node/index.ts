export { nodeSockets } from './node-sockets.ts';
