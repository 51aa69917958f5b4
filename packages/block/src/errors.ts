import { PolyvisorError, defineErrors, type Problem } from '@polyvisor/core';

const hex = (n: number): string => `0x${n.toString(16)}`;
const list = (words: readonly string[]): string => words.join(', ');
const COPY = 'Restore the image from a copy, or look at it with "polyvisor img check".';

/** Every error of disk images. The thing is the image, the place the field and its offset. */
export const blockErrors = defineErrors('block', {
  'unknown-format': (p: { image: string; format: string; known: readonly string[] }) => ({
    thing: p.image,
    message: `there is no image format "${p.format}"`,
    remedy: `Give one of: ${list(p.known)}.`,
  }),
  'not-an-image': (p: { image: string; format: string; why: string }) => ({
    thing: p.image,
    message: `this is no ${p.format} image: ${p.why}`,
    remedy: 'Give another image, or name its format.',
  }),
  'bad-field': (p: { image: string; field: string; value: number | string; why: string }) => ({
    thing: p.image,
    message: `the field ${p.field} is ${p.value}: ${p.why}`,
    remedy: COPY,
  }),
  'bad-offset': (p: { image: string; field: string; value: number; why: string }) => ({
    thing: p.image,
    message: `${p.field} points to ${hex(p.value)}: ${p.why}`,
    remedy: COPY,
  }),
  'unknown-features': (p: { image: string; names: readonly string[] }) => ({
    thing: p.image,
    message: `it cannot be read without features that are not known here: ${list(p.names)}`,
    remedy: 'Convert it with the program that wrote it, to a qcow2 image without them.',
  }),
  'unsupported-feature': (p: { image: string; feature: string }) => ({
    thing: p.image,
    message: `it uses a feature that is not supported: ${p.feature}`,
    remedy: 'Convert it to an image without it, such as by qemu-img convert.',
  }),
  'marked-corrupt': (p: { image: string }) => ({
    thing: p.image,
    message: 'it is marked as corrupt and can only be read',
    remedy: 'Open it read-only and copy what is there, or repair it with "polyvisor img check -r all".',
  }),
  damaged: (p: { image: string; why: string }) => ({
    thing: p.image,
    message: `the image contradicts itself, and is not written any more: ${p.why}`,
    remedy: 'Close it and repair it with "polyvisor img check -r all".',
  }),
  'bad-compressed-data': (p: { image: string; format: string; why: string }) => ({
    thing: p.image,
    message: `a compressed cluster (${p.format}) is damaged: ${p.why}`,
    remedy: 'Restore the image from a copy.',
  }),
  'backing-loop': (p: { image: string; chain: readonly string[] }) => ({
    thing: p.image,
    message: `its backing files lead back to it: ${p.chain.join(' -> ')}`,
    remedy: 'Give one of them another backing file.',
  }),
  'backing-depth': (p: { image: string; most: number }) => ({
    thing: p.image,
    message: `it has more than ${p.most} backing files, one behind the other`,
    remedy: 'Commit or convert some of them.',
  }),
  'backing-unreachable': (p: { image: string; backing: string; why: string }) => ({
    thing: p.image,
    message: `its backing file "${p.backing}" cannot be opened: ${p.why}`,
    remedy: 'Put the backing file where the image says, or let the image be opened with a way to its backing files.',
  }),
  'no-backing-file': (p: { image: string }) => ({
    thing: p.image,
    message: 'it has no backing file',
    remedy: 'Give an image that was created with one.',
  }),
  'no-snapshot': (p: { image: string; snapshot: string; known: readonly string[] }) => ({
    thing: p.image,
    message: `it has no snapshot "${p.snapshot}"`,
    remedy: p.known.length === 0 ? 'It has none at all.' : `Give one of: ${list(p.known)}.`,
  }),
  'has-snapshots': (p: { image: string; action: string }) => ({
    thing: p.image,
    message: `it has internal snapshots and cannot be ${p.action}`,
    remedy: 'Convert it to a new image first.',
  }),
  'format-unnamed': (p: { image: string; format: string }) => ({
    thing: p.image,
    message: `its format was not named, and after this write it would be taken for a ${p.format} image`,
    remedy: 'Name its format: format=raw.',
  }),
  'would-shrink': (p: { image: string; from: number; to: number }) => ({
    thing: p.image,
    message: `making it ${p.to} bytes of ${p.from} would lose what is at its end`,
    remedy: 'Give --shrink (or `shrink: true`) when that is meant.',
  }),
  'too-small': (p: { image: string; size: number; needs: number }) => ({
    thing: p.image,
    message: `it has ${p.size} bytes and ${p.needs} are needed`,
    remedy: 'Resize it first.',
  }),
  'bad-option': (p: { image: string; option: string; value: number | string; why: string }) => ({
    thing: p.option,
    message: `the value ${p.value} for the image "${p.image}" cannot be used: ${p.why}`,
    remedy: 'Change the value, or leave the option out.',
  }),
  'read-only': (p: { image: string }) => ({
    thing: p.image,
    message: 'it is open for reading only',
    remedy: 'Open it for writing, or put an overlay over it.',
  }),
  'bad-request': (p: { image: string; action: string; offset: number; length: number; size: number; unit: number }) => ({
    thing: p.image,
    message: `${p.action} of ${p.length} bytes at ${p.offset} does not fit ${p.size} bytes in units of ${p.unit}`,
    remedy: 'Stay within the disk, in multiples of its block size.',
  }),
  closed: (p: { image: string }) => ({ thing: p.image, message: 'it is closed', remedy: 'Open it again.' }),
  'in-use': (p: { image: string }) => ({
    thing: p.image,
    message: 'it is already open, and one of those who have it open wants to write it',
    remedy: 'Close it there first, or open it read-only everywhere.',
  }),
  full: (p: { image: string; what: string; most: number }) => ({
    thing: p.image,
    message: `${p.what} would exceed ${p.most} bytes`,
    remedy: 'Convert it to an image with larger clusters.',
  }),
  io: (p: { image: string; action: string; why: string }) => ({
    thing: p.image,
    message: `${p.action} failed: ${p.why}`,
    remedy: 'Look at the storage that holds it: its permissions, its free space, its connection.',
  }),
  'changed-meanwhile': (p: { image: string }) => ({
    thing: p.image,
    message: 'the server has another version of it than the one that was opened',
    remedy: 'Open it again.',
  }),
});

export function refuse(problem: Problem): PolyvisorError {
  return new PolyvisorError([problem]);
}

/** A place in an image, for errors. */
export const at = (field: string, offset: number): string => `${field} (byte ${hex(offset)})`;

/** What storage threw, as an error that names the image. Coded errors stay as they are. */
export function ioError(image: string, action: string, error: unknown): PolyvisorError {
  if (error instanceof PolyvisorError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return refuse(blockErrors.io('', { image, action, why }, error));
}
