/** Sequence numbers are signed 32-bit integers; their order is that of the wrapped difference (RFC 9293, 3.4). */

/** @hot a < b */
export function before(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** @hot a <= b */
export function notAfter(a: number, b: number): boolean {
  return ((a - b) | 0) <= 0;
}

/** @hot The later of two. */
export function later(a: number, b: number): number {
  return ((a - b) | 0) >= 0 ? a : b;
}
