/** Handlers that stand for no instruction. They retire nothing. */
export const PSEUDO = {
  /** Goes on at this µop's own RIP: the end of a run, or code that was invalidated. */
  resume: 0,
  /** The instruction lies in two pages: TypeScript decodes it each time. */
  crossing: 1,
  /** No instruction: #UD. */
  invalid: 2,
  /** Longer than 15 bytes: #GP(0). */
  tooLong: 3,
  /** The tables have it and the engine does not. */
  unimplemented: 4,
  /** Checks an access of the instruction behind it against its segment's limit and rights. */
  segment: 5,
  /** Checks that the instruction behind it lies within the code segment's limit. */
  limit: 6,
  /** The FPU is not available: #NM. */
  unavailable: 7,
} as const;
export const PSEUDO_COUNT = 8;
