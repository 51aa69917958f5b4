export { NodeFolder } from './folder.ts';
export { UnixVsock } from './unix-vsock.ts';
