/**
 * Operand codes after the Intel SDM, Vol. 2D, Appendix A.2 "Key to Abbreviations": one letter says where the operand is
 * found, the letters after it say how large it is. A code `Rv/Mw` gives the two forms of one ModRM.rm operand: register
 * on the left, memory on the right. What Appendix A has no letter for is marked below as ours.
 */

/** Where an operand comes from. */
export type OperandSource =
  | 'reg' | 'rm' | 'vvvv' | 'is4' | 'opcode' | 'fixed'
  | 'imm' | 'imm2' | 'one' | 'rel' | 'far' | 'moffs'
  | 'string-src' | 'string-dst' | 'xlat' | 'maskmov';

/** Register file of a register operand; `none` for operands that are never registers. */
export type RegisterClass = 'none' | 'gpr' | 'seg' | 'cr' | 'dr' | 'st' | 'mmx' | 'vec';

/**
 * Size of an operand.
 * `b w d q t dq qq`: 1, 2, 4, 8, 10, 16, 32 bytes. `v`: the operand size. `z`: the operand size but at most 4 bytes.
 * `y`: 4 bytes, 8 when the operand size is 64 bits. `x`: the vector length; `hx qx ex`: a half, a quarter, an eighth of it.
 * `p`: far pointer (selector and offset of the operand size). `s`: pseudo-descriptor, 6 bytes, 10 in 64-bit mode.
 * `a`: two of the operand size (BOUND). `env`, `st`: x87 environment (14 or 28 bytes) and state (94 or 108).
 * `fx`: 512 bytes. `none`: no size, or one that does not follow from the encoding.
 */
export type SizeCode =
  | 'none' | 'b' | 'w' | 'd' | 'q' | 't' | 'dq' | 'qq' | 'v' | 'z' | 'y' | 'x' | 'hx' | 'qx' | 'ex'
  | 'p' | 's' | 'a' | 'env' | 'st' | 'fx';

/** How a memory operand's or immediate's content is to be read; matters to listings, not to decoding. */
export type ContentType = 'int' | 'fp' | 'packed' | 'bcd' | 'other';

/** What an operand code means. */
export interface OperandKind {
  readonly source: OperandSource;
  /** Register file when the operand is (or may be) a register. */
  readonly registers: RegisterClass;
  /** Size of the register form. */
  readonly regSize: SizeCode;
  /** Size of the memory or immediate form. */
  readonly memSize: SizeCode;
  /** A ModRM.rm operand may be a register. */
  readonly allowsReg: boolean;
  /** A ModRM.rm operand may be memory. */
  readonly allowsMem: boolean;
  /** Register number of a `fixed` operand. */
  readonly fixed: number;
  /** The immediate is sign-extended to the operand size. */
  readonly signed: boolean;
  /** Index register of the vector index (VSIB): its size, or `none` when the operand is not VSIB. */
  readonly vsib: SizeCode;
  readonly content: ContentType;
}

const BASE: OperandKind = {
  source: 'reg', registers: 'none', regSize: 'none', memSize: 'none', allowsReg: false, allowsMem: false, fixed: -1,
  signed: false, vsib: 'none', content: 'int',
};

const SIZES: Readonly<Record<string, readonly [SizeCode, ContentType]>> = {
  '': ['none', 'other'], b: ['b', 'int'], w: ['w', 'int'], d: ['d', 'int'], q: ['q', 'int'], v: ['v', 'int'],
  z: ['z', 'int'], y: ['y', 'int'], dq: ['dq', 'packed'], qq: ['qq', 'packed'], x: ['x', 'packed'],
  ps: ['x', 'fp'], pd: ['x', 'fp'], ss: ['d', 'fp'], sd: ['q', 'fp'], hx: ['hx', 'packed'], qx: ['qx', 'packed'],
  ex: ['ex', 'packed'], p: ['p', 'other'], s: ['s', 'other'], a: ['a', 'other'],
  // Ours: x87 memory operands, named by content.
  f32: ['d', 'fp'], f64: ['q', 'fp'], f80: ['t', 'fp'], bcd: ['t', 'bcd'], env: ['env', 'other'], st: ['st', 'other'],
  fx: ['fx', 'other'],
};

const FIXED: Readonly<Record<string, readonly [RegisterClass, SizeCode, number]>> = {
  AL: ['gpr', 'b', 0], CL: ['gpr', 'b', 1], AH: ['gpr', 'b', 16], AX: ['gpr', 'w', 0], DX: ['gpr', 'w', 2],
  EAX: ['gpr', 'd', 0], rAX: ['gpr', 'v', 0], zAX: ['gpr', 'z', 0],
  ES: ['seg', 'w', 0], CS: ['seg', 'w', 1], SS: ['seg', 'w', 2], DS: ['seg', 'w', 3], FS: ['seg', 'w', 4], GS: ['seg', 'w', 5],
  ST0: ['st', 't', 0], XMM0: ['vec', 'dq', 0],
};

const RM_CLASS: Readonly<Record<string, RegisterClass>> = { E: 'gpr', R: 'gpr', M: 'none', W: 'vec', U: 'vec', Q: 'mmx', N: 'mmx' };
const REG_CLASS: Readonly<Record<string, RegisterClass>> = { G: 'gpr', V: 'vec', P: 'mmx', S: 'seg', C: 'cr', D: 'dr' };
const EXACT: Readonly<Record<string, OperandKind>> = {
  '1': { ...BASE, source: 'one', memSize: 'b' },
  // Ours: ENTER's second immediate, a sign-extended byte, ST(i), and the memory that XLAT and MASKMOV imply.
  Ib2: { ...BASE, source: 'imm2', memSize: 'b' },
  Ibs: { ...BASE, source: 'imm', memSize: 'b', signed: true },
  STi: { ...BASE, source: 'rm', registers: 'st', regSize: 't', allowsReg: true, content: 'fp' },
  BAb: { ...BASE, source: 'xlat', memSize: 'b' },
  DIq: { ...BASE, source: 'maskmov', memSize: 'q', content: 'packed' },
  DIdq: { ...BASE, source: 'maskmov', memSize: 'dq', content: 'packed' },
};

/** Ours: memory addressed with a vector of indices (VSIB), size of an element and size of the index vector: `Md-x`. */
const VSIB = /^M(d|q)-(x|hx)$/;

function size(code: string, text: string): readonly [SizeCode, ContentType] {
  const found = SIZES[text];
  if (found === undefined) throw new Error(`unknown size "${text}" in operand "${code}"`);
  return found;
}

function single(code: string): OperandKind {
  const exact = EXACT[code];
  if (exact !== undefined) return exact;
  const fixed = FIXED[code];
  if (fixed !== undefined) {
    return { ...BASE, source: 'fixed', registers: fixed[0], regSize: fixed[1], fixed: fixed[2], allowsReg: true };
  }
  const vsib = VSIB.exec(code);
  if (vsib !== null) {
    return { ...BASE, source: 'rm', memSize: vsib[1] as SizeCode, allowsMem: true, vsib: vsib[2] as SizeCode };
  }
  const letter = code.charAt(0);
  const [sized, content] = size(code, code.slice(1));
  const rm = RM_CLASS[letter];
  if (rm !== undefined) {
    const isMem = letter === 'M', onlyReg = letter === 'R' || letter === 'U' || letter === 'N';
    return { ...BASE, source: 'rm', registers: rm, regSize: sized, memSize: sized, allowsReg: !isMem, allowsMem: !onlyReg, content };
  }
  const reg = REG_CLASS[letter];
  if (reg !== undefined) return { ...BASE, source: 'reg', registers: reg, regSize: sized, allowsReg: true, content };
  switch (letter) {
    case 'A': return { ...BASE, source: 'far', memSize: sized, content };
    case 'B': return { ...BASE, source: 'vvvv', registers: 'gpr', regSize: sized, allowsReg: true };
    case 'H': return { ...BASE, source: 'vvvv', registers: 'vec', regSize: sized, allowsReg: true, content };
    case 'I': return { ...BASE, source: 'imm', memSize: sized, signed: sized === 'z' };
    case 'J': return { ...BASE, source: 'rel', memSize: sized, signed: true };
    case 'L': return { ...BASE, source: 'is4', registers: 'vec', regSize: sized, allowsReg: true, content };
    case 'O': return { ...BASE, source: 'moffs', memSize: sized };
    case 'X': return { ...BASE, source: 'string-src', memSize: sized };
    case 'Y': return { ...BASE, source: 'string-dst', memSize: sized };
    case 'Z': return { ...BASE, source: 'opcode', registers: 'gpr', regSize: sized, allowsReg: true };
    default: throw new Error(`unknown operand code "${code}"`);
  }
}

const cache = new Map<string, OperandKind>();

/** The meaning of an operand code. */
export function operandKind(code: string): OperandKind {
  let kind = cache.get(code);
  if (kind === undefined) {
    const slash = code.indexOf('/');
    if (slash < 0) kind = single(code);
    else {
      const left = single(code.slice(0, slash)), right = single(code.slice(slash + 1));
      if (left.source !== 'rm' || right.source !== 'rm') throw new Error(`"${code}": both halves must be ModRM.rm operands`);
      kind = { ...left, memSize: right.memSize, allowsMem: right.allowsMem, content: right.content };
    }
    cache.set(code, kind);
  }
  return kind;
}
