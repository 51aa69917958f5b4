import type { Feature } from './features.ts';
import type { OperandKind } from './operand-kinds.ts';

/**
 * How an instruction touches an operand.
 * `r` read, `w` written, `rw` both, `cw` written only under a condition, `rcw` read and written only under a
 * condition, `cr` read only under a condition, `n` the address is formed or the register is named but nothing is accessed.
 */
export type Access = 'r' | 'w' | 'rw' | 'cw' | 'rcw' | 'cr' | 'n';

/** One explicit operand of an instruction form. */
export interface Operand {
  /** Code in the style of the Intel SDM, Vol. 2D, Appendix A.2 ("Eb", "Gv", "Wdq" ...). */
  readonly code: string;
  readonly kind: OperandKind;
  readonly access: Access;
}

/** Opcode map. `vex1` to `vex3` are VEX.mmmmm = 1 to 3 (SDM Vol. 2A, 2.3.6.1). */
export type OpcodeMap = 'one' | '0F' | '0F38' | '0F3A' | 'vex1' | 'vex2' | 'vex3';

/**
 * How the effective operand size follows from the 66 prefix, REX.W and the mode (SDM Vol. 1, 3.6; Vol. 2A, 2.2.1.2).
 * - `v`: the default rule. 16 or 32 bits by CS.D and 66; in 64-bit mode 32, 16 with 66, 64 with REX.W.
 * - `d64`: as `v`, but in 64-bit mode the default is 64 and 32 cannot be had (stack instructions).
 * - `f64`: as `v`, but always 64 in 64-bit mode (near branches; Intel ignores 66, AMD does not).
 * - `y`: 32, or 64 with REX.W (or VEX.W) in 64-bit mode; 66 has no effect on the size.
 * - `n`: the native size, 64 in 64-bit mode and otherwise 32; 66 and REX.W have no effect (control registers, VMX).
 */
export type OperandSizeRule = 'v' | 'd64' | 'f64' | 'y' | 'n';

/** Meaning of F3 and F2 when they are not a mandatory prefix (SDM Vol. 2A, 2.1.1). */
export type RepMeaning = 'none' | 'rep' | 'repe' | 'bnd' | 'mandatory';

/**
 * Who may execute the instruction.
 * - `any`: every CPL. `cpl0`: CPL 0 only, else #GP(0) (#UD where the note of the row says so).
 * - `iopl`: CPL <= IOPL, else #GP(0) (VME and PVI apart). `io`: CPL <= IOPL or the I/O permission bitmap allows it.
 * - `v86`: free outside virtual-8086 mode, in which IOPL must be 3. `cr4`: a bit of CR4 (TSD, PCE, UMIP) decides
 *   whether CPL 0 is needed.
 */
export type Privilege = 'any' | 'cpl0' | 'iopl' | 'io' | 'v86' | 'cr4';

/** Exception class of SDM Vol. 2A, 2.5 and 2.7 (types 1 to 14); `int` stands for instructions outside those classes, `x87` for x87. */
export type ExceptionClass = 'int' | 'x87' | 'mmx' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '11' | '12' | '13' | '14';

/** Masks over EFLAGS and the x87 condition codes; see `flags.ts` for the bit positions. */
export interface FlagEffects {
  /** Flags the instruction tests. */
  readonly tested: number;
  /** Flags written with a value that the operation computes. */
  readonly written: number;
  /** Flags always cleared. */
  readonly cleared: number;
  /** Flags always set. */
  readonly set: number;
  /** Flags the manual leaves undefined. */
  readonly undef: number;
  /** Every flag that may change: written, cleared, set or undefined. */
  readonly modified: number;
}

/** ModRM byte of a row. `fixed-mod` rows treat ModRM as naming registers whatever its mod field holds (MOV CR, MOV DR). */
export type ModrmUse = 'none' | 'normal' | 'ignores-mod' | 'vsib';

/** One instruction form. */
export interface Row {
  /** Dense index: position in `rows`. Differs between versions of the package; `id` does not. */
  readonly index: number;
  /** Stable name such as `ADD_Eb_Gb`. */
  readonly id: string;
  /** Family (the table file) the row belongs to. */
  readonly family: string;
  /** Intel's spelling, upper case. */
  readonly mnemonic: string;
  /** The encoding as written in the table. */
  readonly encoding: string;
  readonly map: OpcodeMap;
  readonly opcode: number;
  /** The low three bits of the opcode name a register, so the row fills eight opcodes. */
  readonly opcodeReg: boolean;
  /** Mandatory prefix. `any`: prefixes do not select the row; `NP`: none of 66, F3, F2; `NFx`: neither F3 nor F2. */
  readonly prefix: 'any' | 'NP' | 'NFx' | '66' | 'F3' | 'F2';
  readonly modrm: ModrmUse;
  /** Accepted ModRM.mod: `mem` (0 to 2), `reg` (3) or both. */
  readonly mod: 'any' | 'mem' | 'reg';
  /** Required ModRM.reg, or -1. */
  readonly reg: number;
  /** Required ModRM.rm, or -1. */
  readonly rm: number;
  /** Required REX.B (opcode 90 only), or -1. */
  readonly rexB: number;
  /** Accepted effective operand sizes as a mask: 1 = 16, 2 = 32, 4 = 64. 7 when the row does not care. */
  readonly opSizes: number;
  /** Accepted effective address sizes as a mask: 1 = 16, 2 = 32, 4 = 64. */
  readonly addrSizes: number;
  /** Required raw REX.W or VEX.W, or -1. */
  readonly w: number;
  /** Required "W in 64-bit mode", or -1: outside 64-bit mode it counts as 0 whatever VEX.W holds. */
  readonly y: number;
  /** Required VEX.L, or -1. */
  readonly l: number;
  readonly vex: boolean;
  /** VEX.vvvv names an operand; otherwise it must be 1111b. */
  readonly usesVvvv: boolean;
  readonly operands: readonly Operand[];
  readonly in64: boolean;
  readonly inLegacy: boolean;
  /** Legal in real-address mode. */
  readonly inReal: boolean;
  /**
   * Legal in virtual-8086 mode. The decoder calls a row #UD there, and in real-address mode, when both are false; a row
   * that is illegal in one of the two only gets #GP(0) from whoever executes it.
   */
  readonly inV86: boolean;
  readonly sizeRule: OperandSizeRule;
  /** LOCK is legal when the destination is memory. */
  readonly lock: boolean;
  readonly rep: RepMeaning;
  /** CPUID features, all of which are needed. */
  readonly features: readonly Feature[];
  readonly exceptions: ExceptionClass;
  readonly flags: FlagEffects;
  readonly privilege: Privilege;
  /** Serialising (SDM Vol. 3A, "Serializing Instructions"). */
  readonly serialising: boolean;
  /**
   * A memory operand must be aligned, else #GP(0): to its own size, to 16 bytes for FXSAVE and FXRSTOR, to 64 for the XSAVE
   * family.
   */
  readonly aligned: boolean;
  /** An alias the manual reserves or leaves undocumented; assemblers do not produce it. */
  readonly alias: boolean;
  /** Free text for the generated list, or ''. */
  readonly note: string;
}
