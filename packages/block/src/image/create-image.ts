import { blockErrors, refuse } from '../errors.ts';
import { createQcow2, type Qcow2CreateOptions } from '../qcow2/create.ts';
import type { ByteStore } from '../store/byte-store.ts';
import type { Format } from './probe.ts';

export type CreateOptions =
  | { readonly format: 'raw'; readonly size: number; readonly preallocation?: 'off' | 'full' }
  | ({ readonly format: 'qcow2' } & Omit<Qcow2CreateOptions, 'preallocation'> & { readonly preallocation?: 'off' | 'metadata' | 'full' });

const ZEROS = new Uint8Array(2 ** 20);

/** Writes a new, empty image over whatever the store holds. The store stays open. */
export async function createImage(store: ByteStore, options: CreateOptions): Promise<void> {
  if (options.format === 'raw') {
    if (!Number.isSafeInteger(options.size) || options.size < 0) {
      throw refuse(blockErrors['bad-option']('', { image: store.name, option: 'size', value: options.size, why: 'it is no number of bytes' }));
    }
    await store.resize(0);
    await store.resize(Math.ceil(options.size / 512) * 512);
  } else {
    const { preallocation = 'off', format: _format, ...rest } = options;
    await createQcow2(store, { ...rest, preallocation: preallocation === 'full' ? 'metadata' : preallocation });
  }
  if (options.preallocation === 'full') await fillHoles(store, options.format);
  await store.flush();
}

/** Zeros take storage once they are written; tables are left as they are. */
async function fillHoles(store: ByteStore, format: Format): Promise<void> {
  const bytes = new Uint8Array(ZEROS.length);
  for (let offset = 0; offset < store.size; offset += bytes.length) {
    const part = bytes.subarray(0, Math.min(bytes.length, store.size - offset));
    if (format === 'qcow2') await store.read(offset, part);
    await store.write(offset, part);
  }
}
