/** What a page fault came to. */
export const FaultOutcome = {
  /** The page is there now: try again. */
  ok: 0,
  /** No area: SIGSEGV, SEGV_MAPERR. */
  unmapped: 1,
  /** The area does not allow it: SIGSEGV, SEGV_ACCERR. */
  denied: 2,
  /** Behind the end of the file: SIGBUS. */
  bus: 3,
  /** The machine has no frame left. */
  noMemory: 4,
} as const;
export type FaultOutcome = (typeof FaultOutcome)[keyof typeof FaultOutcome];
