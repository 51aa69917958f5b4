/** Every operation: the instruction that the host runs, and which of ours it is. */
import type { FloatShape } from '../src/sse-float/shapes.ts';

/** An operand of an instruction in memory: which one and how much of it. */
export type Operand = readonly [name: 'a' | 'b' | 'c', shape: 'i32' | 'i64' | 'v128' | 'pair'];

export interface TestOperation {
  readonly name: string;
  /** Where our operation is: a shape or `convert`, and its name there. */
  readonly path: readonly [string, string];
  /**
   * The instruction for an immediate in AT&T syntax. Operands a, b and c are in ymm0 to ymm2 and a and b in rax and rcx;
   * the result goes to ymm0 or rax.
   */
  text(imm: number): string;
  readonly imms: readonly number[];
  readonly operands: readonly Operand[];
  /** What our function has for the immediate, if it takes one. */
  readonly passes?: (imm: number) => number;
  /** Bytes of the result. */
  readonly bytes: number;
  readonly inRax?: true;
  /** Instructions that move a result to rax. */
  readonly after?: string;
  /** What the generator makes for each operand. */
  readonly numbers: readonly ('f32' | 'f64' | 'i32' | 'i64' | 'f16')[];
  /** The host computes something else within the manual's bounds: not compared. */
  readonly approximate?: true;
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

interface ShapeInfo {
  readonly suffix: string;
  readonly reg: 'x' | 'y';
  readonly operand: Operand[1];
  readonly bytes: number;
  readonly numbers: 'f32' | 'f64';
}
const SHAPES: Record<FloatShape, ShapeInfo> = {
  f32: { suffix: 'ss', reg: 'x', operand: 'i32', bytes: 4, numbers: 'f32' },
  f64: { suffix: 'sd', reg: 'x', operand: 'i64', bytes: 8, numbers: 'f64' },
  f32x4: { suffix: 'ps', reg: 'x', operand: 'v128', bytes: 16, numbers: 'f32' },
  f64x2: { suffix: 'pd', reg: 'x', operand: 'v128', bytes: 16, numbers: 'f64' },
  f32x8: { suffix: 'ps', reg: 'y', operand: 'pair', bytes: 32, numbers: 'f32' },
  f64x4: { suffix: 'pd', reg: 'y', operand: 'pair', bytes: 32, numbers: 'f64' },
};
const FUSED = { fmadd: 0, fmsub: 6, fnmadd: 1, fnmsub: 7, fmaddsub: 2, fmsubadd: 4 } as const;
/** Which operands are multiplied, and which is added. */
const FORMS = { 132: ['a', 'c', 'b'], 213: ['b', 'a', 'c'], 231: ['b', 'c', 'a'] } as const;

function ofShape(shape: FloatShape): TestOperation[] {
  const { suffix, reg, operand, bytes, numbers } = SHAPES[shape];
  const scalar = suffix.startsWith('s');
  const r = (n: number): string => `%%${reg}mm${n}`;
  const base = { imms: [0], bytes, numbers: [numbers] } as const;
  const op = (name: string, instruction: string, rest: Partial<TestOperation> = {}): TestOperation => ({
    ...base, name: `${shape}.${name}`, path: [shape, name], operands: [['a', operand], ['b', operand]],
    text: () => `v${instruction}${suffix} ${r(1)}, ${r(0)}, ${r(0)}`, ...rest,
  });
  // Scalars take their upper part from a second source.
  const second = scalar ? `, ${r(0)}` : '';
  const unary = (name: string, instruction: string, rest: Partial<TestOperation> = {}): TestOperation => op(name, instruction, {
    operands: [['b', operand]], text: () => `v${instruction}${suffix} ${r(1)}${second}, ${r(0)}`, ...rest,
  });
  const list = [
    op('add', 'add'), op('sub', 'sub'), op('mul', 'mul'), op('div', 'div'), unary('sqrt', 'sqrt'), op('min', 'min'), op('max', 'max'),
    op('compare', 'cmp', { imms: range(32), passes: (imm) => imm, text: (imm) => `vcmp${suffix} $${imm}, ${r(1)}, ${r(0)}, ${r(0)}` }),
    unary('round', 'round', { imms: range(16), passes: (imm) => imm, text: (imm) => `vround${suffix} $${imm}, ${r(1)}${second}, ${r(0)}` }),
  ];
  for (const [name, signs] of Object.entries(FUSED)) {
    if (scalar && name.length > 6) continue;
    for (const [form, order] of Object.entries(FORMS)) {
      list.push({
        ...base, name: `${shape}.${name}${form}`, path: [shape, 'fused'], passes: () => signs,
        operands: order.map((which) => [which, operand] as const), text: () => `v${name}${form}${suffix} ${r(2)}, ${r(1)}, ${r(0)}`,
      });
    }
  }
  if (scalar) {
    for (const [name, instruction] of [['order', 'comi'], ['orderQuiet', 'ucomi']] as const) {
      list.push(op(name, instruction, {
        text: () => `v${instruction}${suffix} ${r(1)}, ${r(0)}`, after: 'lahf; movzbl %%ah, %%eax; andl $0x45, %%eax', inRax: true, bytes: 4,
      }));
    }
  } else {
    list.push(op('horizontalAdd', 'hadd'), op('horizontalSub', 'hsub'), op('addSub', 'addsub'));
  }
  if (numbers === 'f32') list.push(unary('reciprocal', 'rcp', { approximate: true }), unary('reciprocalRoot', 'rsqrt', { approximate: true }));
  if (!scalar && shape !== 'f64x4') {
    list.push(op('dot', 'dp', {
      imms: [0xff, 0xf1, 0x7f, 0x31, 0x1f, 0x55, 0xa5, 0xcc, 0x00, 0xf0, 0x22, 0x8f], passes: (imm) => imm,
      text: (imm) => `vdp${suffix} $${imm}, ${r(1)}, ${r(0)}, ${r(0)}`,
    }));
  }
  return list;
}

type Number = TestOperation['numbers'][number];
/** A conversion from operand b. */
const convert = (name: string, text: string, from: Operand[1], numbers: Number, bytes: number, rest: Partial<TestOperation> = {}): TestOperation => ({
  name, path: ['convert', name], text: () => text, imms: [0], operands: [['b', from]], bytes, numbers: [numbers], ...rest,
});

function conversions(): TestOperation[] {
  const list = [
    convert('f32ToF64', 'vcvtss2sd %%xmm1, %%xmm0, %%xmm0', 'i32', 'f32', 8),
    convert('f64ToF32', 'vcvtsd2ss %%xmm1, %%xmm0, %%xmm0', 'i64', 'f64', 4),
    convert('f32x4ToF64x2', 'vcvtps2pd %%xmm1, %%xmm0', 'v128', 'f32', 16),
    convert('f64x2ToF32x4', 'vcvtpd2ps %%xmm1, %%xmm0', 'v128', 'f64', 16),
    convert('f32x4ToF64x4', 'vcvtps2pd %%xmm1, %%ymm0', 'v128', 'f32', 32),
    convert('f64x4ToF32x4', 'vcvtpd2ps %%ymm1, %%xmm0', 'pair', 'f64', 16),
    convert('i32ToF32', 'vcvtsi2ssl %%ecx, %%xmm0, %%xmm0', 'i32', 'i32', 4),
    convert('i32ToF64', 'vcvtsi2sdl %%ecx, %%xmm0, %%xmm0', 'i32', 'i32', 8),
    convert('i64ToF32', 'vcvtsi2ssq %%rcx, %%xmm0, %%xmm0', 'i64', 'i64', 4),
    convert('i64ToF64', 'vcvtsi2sdq %%rcx, %%xmm0, %%xmm0', 'i64', 'i64', 8),
    convert('i32x4ToF32x4', 'vcvtdq2ps %%xmm1, %%xmm0', 'v128', 'i32', 16),
    convert('i32x8ToF32x8', 'vcvtdq2ps %%ymm1, %%ymm0', 'pair', 'i32', 32),
    convert('i32x4ToF64x2', 'vcvtdq2pd %%xmm1, %%xmm0', 'v128', 'i32', 16),
    convert('i32x4ToF64x4', 'vcvtdq2pd %%xmm1, %%ymm0', 'v128', 'i32', 32),
    convert('f16x8ToF32x4', 'vcvtph2ps %%xmm1, %%xmm0', 'v128', 'f16', 16),
    convert('f16x8ToF32x8', 'vcvtph2ps %%xmm1, %%ymm0', 'v128', 'f16', 32),
  ];
  for (const [t, suffix] of [['', ''], ['t', 'Truncating']] as const) {
    list.push(
      convert(`f32ToI32${suffix}`, `vcvt${t}ss2sil %%xmm1, %%eax`, 'i32', 'f32', 4, { inRax: true }),
      convert(`f32ToI64${suffix}`, `vcvt${t}ss2siq %%xmm1, %%rax`, 'i32', 'f32', 8, { inRax: true }),
      convert(`f64ToI32${suffix}`, `vcvt${t}sd2sil %%xmm1, %%eax`, 'i64', 'f64', 4, { inRax: true }),
      convert(`f64ToI64${suffix}`, `vcvt${t}sd2siq %%xmm1, %%rax`, 'i64', 'f64', 8, { inRax: true }),
      convert(`f32x4ToI32x4${suffix}`, `vcvt${t}ps2dq %%xmm1, %%xmm0`, 'v128', 'f32', 16),
      convert(`f32x8ToI32x8${suffix}`, `vcvt${t}ps2dq %%ymm1, %%ymm0`, 'pair', 'f32', 32),
      convert(`f64x2ToI32x4${suffix}`, `vcvt${t}pd2dq %%xmm1, %%xmm0`, 'v128', 'f64', 16),
      convert(`f64x4ToI32x4${suffix}`, `vcvt${t}pd2dq %%ymm1, %%xmm0`, 'pair', 'f64', 16),
    );
  }
  for (const [name, reg, from] of [['f32x4ToF16x8', 'x', 'v128'], ['f32x8ToF16x8', 'y', 'pair']] as const) {
    list.push(convert(name, '', from, 'f32', 16, { imms: range(8), passes: (imm) => imm, text: (imm) => `vcvtps2ph $${imm}, %%${reg}mm1, %%xmm0` }));
  }
  return list;
}

export const OPERATIONS: readonly TestOperation[] = [
  ...(['f32', 'f64', 'f32x4', 'f64x2', 'f32x8', 'f64x4'] as const).flatMap(ofShape), ...conversions(),
];
/** Operations whose every bit is the host's. */
export const COMPARED = OPERATIONS.filter(({ approximate }) => approximate !== true);
