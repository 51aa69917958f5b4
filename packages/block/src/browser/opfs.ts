/**
 * What is used of the File System standard (fs.spec.whatwg.org). Package builds have no DOM types, so it is said here.
 */
export interface AccessHandle {
  read(into: Uint8Array, options: { readonly at: number }): number;
  write(from: Uint8Array, options: { readonly at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

export interface WritableFile {
  write(chunk: { readonly type: 'write'; readonly position: number; readonly data: Uint8Array }): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

export interface StoredFile {
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

export interface OpfsFileHandle {
  readonly name: string;
  /** Only in workers. */
  createSyncAccessHandle?(): Promise<AccessHandle>;
  createWritable(options: { readonly keepExistingData: boolean }): Promise<WritableFile>;
  getFile(): Promise<StoredFile>;
}
