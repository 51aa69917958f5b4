/**
 * The parts of an ELF file that loading a program needs (System V ABI, chapters 4 and 5; the x86-64 and i386
 * supplements for the machines). Everything read is checked against the file's size, because files may be malicious.
 */
export interface ElfImage {
  readonly bits: 32 | 64;
  /** Position-independent (ET_DYN): addresses are relative to where it is loaded. */
  readonly relocatable: boolean;
  readonly entry: number;
  /** The program headers: offset in the file, size of one and number. */
  readonly headers: { readonly offset: number; readonly size: number; readonly count: number };
  readonly segments: readonly Segment[];
  /** The program that loads this one (PT_INTERP), a path. */
  readonly interpreter: string | undefined;
  /** PT_GNU_STACK asks for an executable stack. */
  readonly executableStack: boolean;
}

/** A PT_LOAD header. Bytes. */
export interface Segment {
  readonly address: number;
  readonly offset: number;
  readonly fileSize: number;
  readonly memorySize: number;
  /** PROT_* of the pages. */
  readonly prot: number;
  readonly align: number;
}

/** Bytes from the start of the file that hold the headers: the ELF header and up to 64 KiB of program headers, as in Linux. */
export const HEADER_BYTES = 4096;

const PT_LOAD = 1;
const PT_INTERP = 3;
const PT_GNU_STACK = 0x6474e551;
const MACHINES: Readonly<Record<number, 32 | 64>> = { 3: 32, 62: 64 };

/** The image, or what is wrong with it. `read` gives bytes of the file, fewer where it ends. */
export function parseElf(read: (offset: number, length: number) => Uint8Array): ElfImage | string {
  const bytes = read(0, HEADER_BYTES);
  if (bytes.length < 52 || String.fromCharCode(...bytes.subarray(0, 4)) !== '\x7fELF') return 'it is no ELF file';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const bits = [undefined, 32, 64][bytes[4]!];
  const [type, machine] = [view.getUint16(16, true), view.getUint16(18, true)];
  if (bytes[5] !== 1 || bits === undefined || MACHINES[machine] !== bits) return `it is for another machine (ELF machine ${machine})`;
  if (type !== 2 && type !== 3) return `it is no program (ELF type ${type})`;
  if (bits === 64 && bytes.length < 64) return 'its header is cut off';
  const wide = bits === 64;
  const word = (at: number): number => (wide ? readU64(view, at) : view.getUint32(at, true));
  const headers = {
    offset: word(wide ? 32 : 28),
    size: view.getUint16(wide ? 54 : 42, true),
    count: view.getUint16(wide ? 56 : 44, true),
  };
  if (headers.size !== (wide ? 56 : 32)) return `its program headers have ${headers.size} bytes`;
  if (headers.count === 0 || headers.count * headers.size > 65536) return `it has ${headers.count} program headers`;
  const table = read(headers.offset, headers.count * headers.size);
  if (table.length < headers.count * headers.size) return 'its program headers are cut off';
  const found = readHeaders(table, headers, wide);
  const problem = found.segments.map(segmentProblem).find((p) => p !== undefined);
  if (problem !== undefined) return problem;
  if (found.segments.length === 0) return 'it has nothing to load';
  const interpreter = found.interpreter && readInterpreter(read, found.interpreter);
  if (interpreter === null) return 'the name of its interpreter is not well formed';
  return {
    bits, relocatable: type === 3, entry: word(24), headers,
    segments: found.segments, interpreter, executableStack: found.executableStack,
  };
}

interface Headers {
  readonly segments: readonly Segment[];
  readonly interpreter: { readonly offset: number; readonly size: number } | undefined;
  readonly executableStack: boolean;
}

function readHeaders(table: Uint8Array, { size, count }: ElfImage['headers'], wide: boolean): Headers {
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  const segments: Segment[] = [];
  let interpreter: Headers['interpreter'];
  let executableStack = false;
  for (let i = 0; i < count; i++) {
    const at = i * size;
    const word = (narrow: number, broad: number): number => (wide ? readU64(view, at + broad) : view.getUint32(at + narrow, true));
    const flags = view.getUint32(at + (wide ? 4 : 24), true);
    const [offset, fileSize] = [word(4, 8), word(16, 32)];
    switch (view.getUint32(at, true)) {
      case PT_LOAD:
        // PF_R is 4 and PF_X is 1, the other way round than PROT_*.
        segments.push({
          offset, fileSize, address: word(8, 16), memorySize: word(20, 40), align: word(28, 48),
          prot: ((flags & 4) >> 2) | (flags & 2) | ((flags & 1) << 2),
        });
        break;
      case PT_INTERP:
        interpreter ??= { offset, size: fileSize };
        break;
      case PT_GNU_STACK:
        executableStack = (flags & 1) !== 0;
        break;
    }
  }
  return { segments, interpreter, executableStack };
}

function segmentProblem(segment: Segment, index: number, all: readonly Segment[]): string | undefined {
  const { address, offset, fileSize, memorySize } = segment;
  if (![address, offset, fileSize, memorySize].every((n) => n < 2 ** 48)) return 'a segment has impossible numbers';
  if (fileSize > memorySize) return 'a segment has more bytes in the file than in memory';
  if (offset % 4096 !== address % 4096) return 'a segment lies otherwise in the file than in memory';
  const before = all[index - 1];
  return before && address < before.address + before.memorySize ? 'its segments are not in order' : undefined;
}

/** The path without its zero byte, or null. */
function readInterpreter(read: (offset: number, length: number) => Uint8Array, { offset, size }: { offset: number; size: number }): string | null {
  if (size < 2 || size > 4096) return null;
  const bytes = read(offset, size);
  const end = bytes.indexOf(0);
  return bytes.length === size && end === size - 1 ? String.fromCharCode(...bytes.subarray(0, end)) : null;
}

function readU64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}
