/**
 * A row of the instruction table: `[opcode, operands, result, immediates]`.
 *
 * - opcode: one byte, or `prefix << 12 | number` for the prefixes 0xfc, 0xfd and 0xfe (`0xfd00c` is 0xfd 12).
 * - operands: the types popped, deepest first, separated by blanks; `ptr` is the address type of the memory.
 * - result: the type pushed, or the empty string.
 * - immediates, separated by blanks:
 *   `memN` a memory operand whose natural alignment is N bytes; `laneN` a lane below N; `lanes` sixteen lanes;
 *   `memory` a memory index; `zero` a zero byte. The structured instructions have kinds of their own (see below).
 *
 * Only the instructions in `structured.ts` have builder methods written by hand. The methods of all others, the
 * stack checker and the disassembler come from these rows.
 */
export type OpRow = readonly [opcode: number, operands: string, result: string, immediates?: string];
export type OpTable = Readonly<Record<string, OpRow>>;
