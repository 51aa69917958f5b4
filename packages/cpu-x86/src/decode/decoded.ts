/**
 * The result of a decode, written in place so that decoding allocates nothing. All fields are numbers; -1 means "none".
 * After a verdict other than `OK` only `verdict`, `reason`, `length` and `prefixes` mean anything.
 */
export class Decoded {
  /** One of `VERDICT`. */
  verdict = 0;
  /** One of `REASON`; `REASON.NONE` unless the verdict is `INVALID`. */
  reason = 0;
  /** Index into `rows`. */
  row = -1;
  /** Bytes of the instruction; see `VERDICT` for what it means when the verdict is not `OK`. */
  length = 0;
  /** The mode word that was passed in. */
  mode = 0;
  /** Effective operand size in bits (16, 32, 64) by the row's size rule. */
  operandSize = 0;
  /** Effective address size in bits (16, 32, 64). */
  addressSize = 0;
  /** Vector length in bits: 128 or 256. Legacy SSE rows have 128. */
  vectorLength = 128;
  /** Bits of `PREFIX`. */
  prefixes = 0;
  /** REX bits as 0100WRXB's low nibble (W = 8, R = 4, X = 2, B = 1); VEX.W, R, X and B in the same places. 0 outside 64-bit mode but for VEX.W. */
  rex = 0;
  /** Opcode byte. */
  opcode = 0;
  /** Raw ModRM byte, or -1. */
  modrm = -1;
  /** ModRM.reg extended by R. */
  reg = 0;
  /** ModRM.rm extended by B: the register when the operand is a register. */
  rm = 0;
  /** VEX.vvvv, or 0. */
  vvvv = 0;
  /** Register that the low three opcode bits and B name, for `+r` rows. */
  opcodeReg = 0;
  /** 1 when ModRM.rm is memory. */
  hasMemory = 0;
  /** Segment of the memory operand (explicit, or the implied source of a string instruction): one of `SEGMENT`. */
  segment = -1;
  /** The override prefix as written, or -1; in 64-bit mode ES, CS, SS and DS are recorded but have no effect. */
  segmentPrefix = -1;
  /** Base register, `BASE.RIP` (relative to the next instruction), or -1. */
  base = -1;
  /** Index register, or -1; a vector register in VSIB rows. */
  index = -1;
  /** Shift applied to the index: 0 to 3. */
  scale = 0;
  /** Displacement, sign-extended to 32 bits; the low half for 64-bit moffs. Zero-extended for a 16-bit moffs. */
  disp = 0;
  /** High half of a 64-bit moffs; otherwise the sign (ModRM) or zero (moffs of 16 and 32 bits). */
  dispHigh = 0;
  /** Bytes of displacement in the encoding: 0, 1, 2, 4 or 8. */
  dispSize = 0;
  /**
   * Immediate, low 32 bits (as int32). Sign-extended for `Ibs`, `Iz` and `J`, zero-extended for `Ib` and `Iw`. Bits above
   * the operand size carry no meaning. A far pointer has its offset here.
   */
  imm = 0;
  /** Immediate, high 32 bits. */
  immHigh = 0;
  /** ENTER's nesting level, or a far pointer's selector. */
  imm2 = 0;
}
