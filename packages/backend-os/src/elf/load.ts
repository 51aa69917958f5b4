import { Errno } from '../errno.ts';
import type { OpenFile } from '../files/open-file.ts';
import type { Backing } from '../memory/backing.ts';
import { Prot, pageDown, pageUp } from '../memory/layout.ts';
import type { ProcessMemory } from '../memory/process-memory.ts';
import type { ElfImage } from './header.ts';

/** Where an image came to lie. */
export interface Loaded {
  /** What was added to its addresses. */
  readonly bias: number;
  readonly entry: number;
  /** Linear address of its program headers (AT_PHDR), 0 when no segment has them. */
  readonly headers: number;
  /** First page behind it: the heap begins there. */
  readonly end: number;
}

/** Maps an image's segments. A relocatable one goes to `base`, or wherever there is room. A negated error number on failure. */
export function loadImage(memory: ProcessMemory, image: ElfImage, file: OpenFile, base: number | undefined): Loaded | number {
  const { segments } = image;
  const low = pageDown(segments[0]!.address);
  const high = Math.max(...segments.map((s) => pageUp(s.address + s.memorySize)));
  const bias = image.relocatable ? place(memory, high - low, base) - low : 0;
  if (bias + low < 0) return -Errno.ENOMEM;
  const source = file.backing();
  if (source === undefined) return -Errno.EACCES;
  for (const segment of segments) {
    if (segment.memorySize === 0) continue;
    const start = pageDown(segment.address);
    const lead = segment.address - start;
    const backing = segment.fileSize === 0 ? undefined
      : { from: upTo(source, segment.offset + segment.fileSize), at: segment.offset - lead };
    const result = memory.mapAt(bias + start, lead + segment.memorySize, { prot: segment.prot, backing, name: file.path });
    if (result < 0) return result;
  }
  const holder = segments.find((s) => image.headers.offset >= s.offset && image.headers.offset < s.offset + s.fileSize);
  return {
    bias,
    entry: bias + image.entry,
    headers: holder ? bias + holder.address + image.headers.offset - holder.offset : 0,
    end: bias + high,
  };
}

/** Start of free room for the whole image, or a negated error number. */
function place(memory: ProcessMemory, length: number, base: number | undefined): number {
  // Reserved as a whole first, so that the segments stay together; mapping them replaces it piece by piece.
  const mapping = { prot: 0, backing: undefined, name: '' };
  const start = base === undefined ? memory.map(0, length, mapping) : memory.mapAt(base, length, mapping);
  if (start >= 0) memory.unmap(start, length);
  return start;
}

/** The file up to `size`, and zeros behind: the end of the last page of a segment, and the bss. */
function upTo(source: Backing, size: number): Backing {
  return { read: (offset, into) => source.read(offset, into), size: Math.min(size, source.size), beyond: 'zeros' };
}

/** PROT_* of a program's stack. */
export const stackProt = (image: ElfImage): number => Prot.read | Prot.write | (image.executableStack ? Prot.execute : 0);
