/** Bits of a packed handler. */
export const PLAN_FLAGS = { lock: 1, flatStack: 2, near: 4, vex: 8, aligned: 16, cold: 32, ends: 64, stack: 128 } as const;
