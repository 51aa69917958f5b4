import type { FileContent } from './config.ts';
import { FILE_ENTRY, INTERFACES, Key } from './registers.ts';

/** What is read under a key; its length never changes. */
export type Item = Omit<FileContent, 'name'>;

/** The items by key: the well-known ones, and the files with their directory. Sorted by name, as in QEMU. */
export function itemsOf(cpus: number, files: readonly FileContent[]): ReadonlyMap<number, Item> {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const directory = new Uint8Array(4 + FILE_ENTRY * sorted.length);
  const view = new DataView(directory.buffer);
  view.setUint32(0, sorted.length);
  const items = new Map<number, Item>([
    [Key.SIGNATURE, { bytes: ascii('QEMU') }],
    [Key.ID, { bytes: Uint8Array.of(INTERFACES, 0, 0, 0) }],
    [Key.CPUS, { bytes: Uint8Array.of(cpus, cpus >> 8) }],
    [Key.FILE_DIRECTORY, { bytes: directory }],
  ]);
  sorted.forEach((file, i) => {
    const { name, bytes } = file;
    const at = 4 + FILE_ENTRY * i;
    view.setUint32(at, bytes.length);
    view.setUint16(at + 4, Key.FIRST_FILE + i);
    directory.set(ascii(name), at + 8);
    items.set(Key.FIRST_FILE + i, file);
  });
  return items;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

/** UTF-8, without the host's encoder, which browsers and Node name differently in types. */
export function utf8(text: string): Uint8Array {
  const escaped = encodeURIComponent(text).replaceAll(/%([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return ascii(escaped);
}
