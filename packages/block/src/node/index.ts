export { FileStore, openBeside, type FileOptions } from './file-store.ts';
