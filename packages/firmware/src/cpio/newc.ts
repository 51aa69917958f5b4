import { firmwareErrors, refuse } from '../errors.ts';

/** An entry of an initial file system. `path` has no leading slash; `mode` is the permissions. */
export type ArchiveEntry = { readonly path: string; readonly mode?: number } & (
  | { readonly kind: 'file'; readonly content: Uint8Array }
  | { readonly kind: 'directory' }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'character' | 'block'; readonly major: number; readonly minor: number }
);

const MAGIC = '070701';
const HEADER = 110;
const TYPES = { file: 0o100000, directory: 0o040000, link: 0o120000, character: 0o020000, block: 0o060000 } as const;
const MODES = { file: 0o644, directory: 0o755, link: 0o777, character: 0o600, block: 0o600 } as const;
const TRAILER = 'TRAILER!!!';

/**
 * A cpio archive of the "new ASCII" format, which Linux unpacks as its initial file system
 * (Documentation/driver-api/early-userspace/buffer-format.rst). Everything belongs to root and has no date, so that the
 * same entries give the same bytes. Directories come before what is in them.
 */
export function cpioArchive(entries: readonly ArchiveEntry[]): Uint8Array {
  const encoder = new TextEncoder();
  const members = entries.map((entry, i) => {
    if (entry.path === '' || entry.path.startsWith('/') || entry.path.includes('\0')) {
      const why = 'a path has characters, does not begin with a slash and has no zero byte';
      throw refuse(firmwareErrors['bad-archive-entry'](`entry ${i}`, { name: entry.path, why }));
    }
    const content = entry.kind === 'file' ? entry.content : encoder.encode(entry.kind === 'link' ? entry.target : '');
    const device: readonly [number, number] = 'major' in entry ? [entry.major, entry.minor] : [0, 0];
    const links = entry.kind === 'directory' ? 2 : 1;
    return member(encoder.encode(`${entry.path}\0`), content, [i + 1, TYPES[entry.kind] | (entry.mode ?? MODES[entry.kind]), links], device);
  });
  members.push(member(encoder.encode(`${TRAILER}\0`), new Uint8Array(), [0, 0, 1], [0, 0]));
  const size = members.reduce((sum, m) => sum + m.length, 0);
  // The kernel wants whole sectors.
  const out = new Uint8Array(Math.ceil(size / 512) * 512);
  let at = 0;
  for (const bytes of members) {
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}

const padded = (n: number): number => Math.ceil(n / 4) * 4;

function member(
  name: Uint8Array, content: Uint8Array, [inode, mode, links]: readonly [number, number, number], [major, minor]: readonly [number, number],
): Uint8Array {
  const fields = [inode, mode, 0, 0, links, 0, content.length, 0, 0, major, minor, name.length, 0];
  const header = MAGIC + fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  const contentAt = padded(HEADER + name.length);
  const bytes = new Uint8Array(contentAt + padded(content.length));
  bytes.set(new TextEncoder().encode(header));
  bytes.set(name, HEADER);
  bytes.set(content, contentAt);
  return bytes;
}
