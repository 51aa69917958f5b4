/**
 * LZ4 in its legacy frame, which Linux kernels use (LZ4 Frame Format Description 1.6.4, "Legacy frame"): a magic number,
 * then blocks of at most 8 MiB, each after its compressed size. A second magic number begins another frame.
 */
const MAGIC = 0x184c2102;
/** Shortest match (LZ4 Block Format Description). */
const MIN_MATCH = 4;

/** Expands into `size` bytes; says why when it cannot. */
export function unlz4(bytes: Uint8Array, size: number): Uint8Array | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const out = new Uint8Array(size);
  let at = 0;
  let done = 0;
  while (at + 4 <= bytes.length && done < size) {
    const length = view.getUint32(at, true);
    at += 4;
    if (length === MAGIC) continue;
    if (at + length > bytes.length) return `a block of ${length} bytes ends behind the data`;
    const end = block(bytes, at, at + length, out, done);
    if (end < 0) return 'a block does not decode';
    at += length;
    done = end;
  }
  return done === size ? out : `it has ${done} bytes instead of ${size}`;
}

/** One block into `out` from `to` on; where it ended, or −1. A match reaches back within its block. */
function block(bytes: Uint8Array, from: number, end: number, out: Uint8Array, to: number): number {
  let at = from;
  let done = to;
  while (at < end) {
    const token = bytes[at++]!;
    let literals = token >> 4;
    if (literals === 15) {
      let more;
      do {
        more = at < end ? bytes[at++]! : 0;
        literals += more;
      } while (more === 255);
    }
    if (at + literals > end || done + literals > out.length) return -1;
    out.set(bytes.subarray(at, at + literals), done);
    at += literals;
    done += literals;
    if (at === end) return done;
    const distance = bytes[at]! | (bytes[at + 1]! << 8);
    at += 2;
    let length = token & 15;
    if (length === 15) {
      let more;
      do {
        more = at < end ? bytes[at++]! : 0;
        length += more;
      } while (more === 255);
    }
    length += MIN_MATCH;
    if (distance === 0 || distance > done - to || done + length > out.length || at > end) return -1;
    // Source and target may overlap, which repeats a pattern.
    for (let i = 0; i < length; i++) out[done + i] = out[done + i - distance]!;
    done += length;
  }
  return done;
}
