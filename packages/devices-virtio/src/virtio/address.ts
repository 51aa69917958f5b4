const WORD = 0x1_0000_0000;

/** @hot The low half of a 64-bit address, signed. */
export function lowWord(address: number): number {
  return address % WORD | 0;
}
/** @hot */
export function highWord(address: number): number {
  return Math.floor(address / WORD) | 0;
}
/** @hot */
export function withLow(address: number, low: number): number {
  return Math.floor(address / WORD) * WORD + (low >>> 0);
}
/** @hot */
export function withHigh(address: number, high: number): number {
  return (high >>> 0) * WORD + (address % WORD);
}
