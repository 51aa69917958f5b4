/**
 * The records that the host's program and the driver share. Input: case (u32 at 0, see `caseNumber`), MXCSR (u32 at 4),
 * operands a, b and c (32 bytes each at 32, 64 and 96). Output: the result (32 bytes at 0), MXCSR (u32 at 32), whether
 * #XM came (u32 at 36).
 */
export const INPUT = 128;
export const OUTPUT = 64;
export const A_AT = 32;
export const B_AT = 64;
export const C_AT = 96;
export const RESULT_AT = 0;
export const MXCSR_AT = 32;
export const FAULT_AT = 36;

/** An operation with one of its immediates. */
export const caseNumber = (operation: number, imm: number): number => operation * 256 + imm;
