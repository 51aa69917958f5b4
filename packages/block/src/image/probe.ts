import { blockErrors, ioError, refuse } from '../errors.ts';
import { isQcow2 } from '../qcow2/format.ts';
import type { ByteStore } from '../store/byte-store.ts';

export const FORMATS = ['raw', 'qcow2'] as const;
export type Format = (typeof FORMATS)[number];

/** Names a format, or refuses it. */
export function formatOf(image: string, name: string): Format {
  const found = FORMATS.find((format) => format === name);
  if (!found) throw refuse(blockErrors['unknown-format']('', { image, format: name, known: FORMATS }));
  return found;
}

/** The primary volume descriptor of ISO 9660 (ECMA-119, 8.4) is in sector 16. */
const DESCRIPTOR = 16 * 2048;

export interface Probed {
  readonly format: Format;
  /** A CD or DVD: sectors of 2048 bytes, only to be read. */
  readonly iso: boolean;
}

/** What an image is, by its contents. Whoever writes a raw image can deceive it: name formats where you know them. */
export async function probe(store: ByteStore): Promise<Probed> {
  const head = new Uint8Array(4);
  const descriptor = new Uint8Array(6);
  try {
    await store.read(0, head);
    if (store.size >= DESCRIPTOR + 2048) await store.read(DESCRIPTOR, descriptor);
  } catch (error) {
    throw ioError(store.name, 'reading', error);
  }
  const iso = String.fromCharCode(...descriptor) === '\u0001CD001';
  return { format: isQcow2(head) ? 'qcow2' : 'raw', iso: iso && !isQcow2(head) };
}
