/** What pages of a mapping are made from: a file, as far as it goes. */
export interface Backing {
  /** Reads up to `into.length` bytes at `offset`; how many, or a negated error number. */
  read(offset: number, into: Uint8Array): number;
  /** Bytes that there are, now. */
  readonly size: number;
  /** What lies behind them: zeros (the bss of a program) or nothing, which is a bus error. */
  readonly beyond: 'zeros' | 'nothing';
}
