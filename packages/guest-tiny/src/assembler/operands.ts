/** Numbers of registers, as in ModR/M (SDM volume 2, table 2-2). */
export const Register = { EAX: 0, ECX: 1, EDX: 2, EBX: 3, ESP: 4, EBP: 5, ESI: 6, EDI: 7 } as const;
export type Register = (typeof Register)[keyof typeof Register];

/** A number, or the address of a label. */
export type Value = number | string;

/** A place in memory: what a register holds, and an offset or a label. */
export interface Address {
  readonly base?: Register;
  readonly offset?: Value;
}

/** The operation's number in opcodes 00H to 3FH, and in the reg field of 81H. */
export const ALU = { add: 0, or: 1, adc: 2, sbb: 3, and: 4, sub: 5, xor: 6, cmp: 7 } as const;
export type Operation = keyof typeof ALU;

/** The reg field of C1H. */
export const SHIFTS = { left: 4, right: 5 } as const;
export type Shift = keyof typeof SHIFTS;

/** The low four bits of Jcc (SDM volume 1, appendix B). */
export const CONDITIONS = { below: 2, aboveOrEqual: 3, equal: 4, notEqual: 5, belowOrEqual: 6, above: 7 } as const;
export type Condition = keyof typeof CONDITIONS;
