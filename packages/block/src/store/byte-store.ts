/**
 * Where the bytes of an image are: a file, memory, a server. Offsets and lengths are bytes, and need no alignment.
 * Many requests may be in flight; the order of overlapping ones is undefined.
 */
export interface ByteStore {
  /** Names it in errors, and tells one store from another in chains of backing files. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly readOnly: boolean;
  /** Bytes behind the end are zero. */
  read(offset: number, into: Uint8Array): Promise<void>;
  /** Writing behind the end makes the store larger; what lies between reads as zeros. */
  write(offset: number, from: Uint8Array): Promise<void>;
  /** Resolves when everything written before is on stable storage (fsync). */
  flush(): Promise<void>;
  /** Cuts, or grows with zeros. */
  resize(size: number): Promise<void>;
  /** Makes a range read as zeros and gives its storage back; it keeps the size. A store that cannot do this lacks it. */
  punch?(offset: number, length: number): Promise<void>;
  /** Bytes of storage that it occupies, where that is known. */
  occupied?(): Promise<number>;
  close(): Promise<void>;
}

/** Opens what an image names as its backing file, as the image `relativeTo` names it. The composition confines it. */
export type StoreOpener = (name: string, relativeTo: string, mode: { readonly readOnly: boolean }) => Promise<ByteStore>;
