/**
 * Small integer codes that the decoder and its callers share. They are plain constants because they cross the hot path
 * and are compared, stored and switched upon there.
 */

/** What a decode came to. */
export const VERDICT = {
  /** A complete, legal instruction. */
  OK: 0,
  /** #UD: `Decoded.reason` says why. */
  INVALID: 1,
  /** The bytes ended. `Decoded.length` is the offset of the byte that is missing: there a fetch fault is due. */
  TRUNCATED: 2,
  /** #GP(0): the instruction would be longer than 15 bytes (Intel SDM Vol. 2A, 2.3.11; Vol. 3A, 6.15 "#GP"). */
  TOO_LONG: 3,
} as const;

/** Why an instruction is #UD. */
export const REASON = {
  NONE: 0,
  /** No instruction has this opcode. */
  OPCODE: 1,
  /** The opcode exists, but not in this mode (64-bit or legacy). */
  MODE: 2,
  /** The opcode exists, but not in real-address or virtual-8086 mode. */
  REAL_OR_V86: 3,
  /** No instruction with this mandatory prefix. */
  PREFIX: 4,
  /** No instruction with this operand or address size. */
  SIZE: 5,
  /** No instruction with this REX.W or VEX.W. */
  W: 6,
  /** No instruction with this VEX.L. */
  VEX_L: 7,
  /** No instruction with this ModRM byte: wrong group member, or memory where a register is needed, or the reverse. */
  MODRM: 8,
  /** LOCK on an instruction that does not take it, or whose destination is a register. */
  LOCK: 9,
  /** 66, F2, F3, LOCK or REX in front of VEX. */
  PREFIX_BEFORE_VEX: 10,
  /** A VEX.mmmmm without instructions. */
  VEX_MAP: 11,
  /** VEX.vvvv is not 1111b although the instruction has no such operand. */
  VEX_VVVV: 12,
  /** A segment, control or debug register that does not exist or cannot be written so. */
  REGISTER: 13,
  /** VSIB without SIB byte or with 16-bit addressing, or equal registers in a gather. */
  VSIB: 14,
  /** EVEX (AVX-512), which these tables do not cover. */
  EVEX: 15,
} as const;

/** Names of the reasons, for messages. */
export const REASON_NAMES: readonly string[] = Object.keys(REASON).map((name) => name.toLowerCase().replaceAll('_', '-'));

/**
 * The mode word that the caller passes: the code segment's size and what else changes decoding.
 * Combine one of the first three with `REAL_OR_V86` as needed.
 */
export const MODE = {
  /** CS.D = 0, not 64-bit mode. */
  BITS16: 0,
  /** CS.D = 1, not 64-bit mode. */
  BITS32: 1,
  /** CS.L = 1 in long mode. */
  BITS64: 2,
  /** Real-address or virtual-8086 mode: no VEX, and some system instructions are #UD. */
  REAL_OR_V86: 4,
} as const;

/** Bits of `Decoded.prefixes`. */
export const PREFIX = {
  LOCK: 1,
  /** F3 is present and came after any F2. */
  REP: 2,
  /** F2 is present and came after any F3. */
  REPNE: 4,
  /** 66 */
  OPERAND_SIZE: 8,
  /** 67 */
  ADDRESS_SIZE: 16,
  /** A segment override, honoured or not. */
  SEGMENT: 32,
  /** A REX prefix in its place right before the opcode. */
  REX: 64,
  VEX2: 128,
  VEX3: 256,
  /** VEX.L = 1: 256-bit vectors. */
  VEX_L: 512,
} as const;

/** Segment registers by their encoding (SDM Vol. 2B, "MOV"; Vol. 2D, B.1.4.5). */
export const SEGMENT = { NONE: -1, ES: 0, CS: 1, SS: 2, DS: 3, FS: 4, GS: 5 } as const;

/** Special values of `Decoded.base`. */
export const BASE = { NONE: -1, RIP: 16 } as const;
