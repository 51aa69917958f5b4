import type { ModuleBuilder, TypeList } from '@polyvisor/wasm';
import type { Wide } from '../x87/wide.ts';
import { conversionRecipes } from './conversions.ts';
import { addDot } from './dot.ts';
import { addCommit, addOperation, type AnyOperation, emitterOf, type Operation } from './operation.ts';
import { compareBy, recipesOf, roundBy } from './recipes.ts';
import { FLOAT_SHAPES, type FloatShape } from './shapes.ts';
import { addSoft } from './soft.ts';

type F32 = readonly ['i32'];
type F64 = readonly ['i64'];
type Xmm = readonly ['v128'];
/** A 256-bit register: its low half, then its high half. */
type Ymm = readonly ['v128', 'v128'];
type Imm = readonly ['i32'];

/** The emitting form alone, of an operation with an immediate that is known while emitting. */
export type Emitter<P extends TypeList, R extends TypeList> = Pick<Operation<P, R>, 'emit'>;

/** Operations on numbers of one shape. */
export interface FloatOperations<V extends TypeList> {
  readonly add: Operation<readonly [...V, ...V], V>;
  readonly sub: Operation<readonly [...V, ...V], V>;
  readonly mul: Operation<readonly [...V, ...V], V>;
  readonly div: Operation<readonly [...V, ...V], V>;
  readonly sqrt: Operation<V, V>;
  readonly min: Operation<readonly [...V, ...V], V>;
  readonly max: Operation<readonly [...V, ...V], V>;
  /** `a, b, predicate`: a predicate of 0 to 31; all ones or zero. */
  readonly compare: Operation<readonly [...V, ...V, ...Imm], V>;
  compareBy(predicate: number): Emitter<readonly [...V, ...V], V>;
  /** `x, imm`: ROUND with its immediate byte. */
  readonly round: Operation<readonly [...V, ...Imm], V>;
  roundBy(imm: number): Emitter<V, V>;
  /** `x, y, z, signs`: ±(x · y) ± z; `signs` is made of `Negate`. */
  readonly fused: Operation<readonly [...V, ...V, ...V, ...Imm], V>;
}

/** Operations on single numbers. */
export interface ScalarOperations<V extends TypeList> extends FloatOperations<V> {
  /** COMISS and COMISD: ZF, PF and CF at their places in RFLAGS; OF, SF and AF become zero. */
  readonly order: Operation<readonly [...V, ...V], readonly ['i32']>;
  /** UCOMISS and UCOMISD. */
  readonly orderQuiet: Operation<readonly [...V, ...V], readonly ['i32']>;
}

/** Operations on vectors. */
export interface VectorOperations<V extends TypeList> extends FloatOperations<V> {
  readonly addSub: Operation<readonly [...V, ...V], V>;
  readonly horizontalAdd: Operation<readonly [...V, ...V], V>;
  readonly horizontalSub: Operation<readonly [...V, ...V], V>;
}

interface Dot<V extends TypeList> {
  /** `a, b, imm`: DPPS and DPPD. */
  readonly dot: Operation<readonly [...V, ...V, ...Imm], V>;
}
interface Estimating<V extends TypeList> {
  /** RCPSS and RCPPS. */
  readonly reciprocal: Operation<V, V>;
  /** RSQRTSS and RSQRTPS. */
  readonly reciprocalRoot: Operation<V, V>;
}

/** Conversions. Vectors with fewer results than lanes are zero above them, those with more use the low operands. */
export interface Conversions {
  readonly f32ToF64: Operation<F32, F64>;
  readonly f64ToF32: Operation<F64, F32>;
  readonly f32x4ToF64x2: Operation<Xmm, Xmm>;
  readonly f64x2ToF32x4: Operation<Xmm, Xmm>;
  readonly f32x4ToF64x4: Operation<Xmm, Ymm>;
  readonly f64x4ToF32x4: Operation<Ymm, Xmm>;
  readonly i32ToF32: Operation<readonly ['i32'], F32>;
  readonly i32ToF64: Operation<readonly ['i32'], F64>;
  readonly i64ToF32: Operation<readonly ['i64'], F32>;
  readonly i64ToF64: Operation<readonly ['i64'], F64>;
  readonly i32x4ToF32x4: Operation<Xmm, Xmm>;
  readonly i32x8ToF32x8: Operation<Ymm, Ymm>;
  readonly i32x4ToF64x2: Operation<Xmm, Xmm>;
  readonly i32x4ToF64x4: Operation<Xmm, Ymm>;
  readonly f32ToI32: Operation<F32, readonly ['i32']>;
  readonly f32ToI64: Operation<F32, readonly ['i64']>;
  readonly f64ToI32: Operation<F64, readonly ['i32']>;
  readonly f64ToI64: Operation<F64, readonly ['i64']>;
  readonly f32x4ToI32x4: Operation<Xmm, Xmm>;
  readonly f32x8ToI32x8: Operation<Ymm, Ymm>;
  readonly f64x2ToI32x4: Operation<Xmm, Xmm>;
  readonly f64x4ToI32x4: Operation<Ymm, Xmm>;
  readonly f32ToI32Truncating: Operation<F32, readonly ['i32']>;
  readonly f32ToI64Truncating: Operation<F32, readonly ['i64']>;
  readonly f64ToI32Truncating: Operation<F64, readonly ['i32']>;
  readonly f64ToI64Truncating: Operation<F64, readonly ['i64']>;
  readonly f32x4ToI32x4Truncating: Operation<Xmm, Xmm>;
  readonly f32x8ToI32x8Truncating: Operation<Ymm, Ymm>;
  readonly f64x2ToI32x4Truncating: Operation<Xmm, Xmm>;
  readonly f64x4ToI32x4Truncating: Operation<Ymm, Xmm>;
  /** VCVTPH2PS. */
  readonly f16x8ToF32x4: Operation<Xmm, Xmm>;
  readonly f16x8ToF32x8: Operation<Xmm, Ymm>;
  /** VCVTPS2PH with its immediate byte. */
  readonly f32x4ToF16x8: Operation<readonly [...Xmm, ...Imm], Xmm>;
  readonly f32x8ToF16x8: Operation<readonly [...Ymm, ...Imm], Xmm>;
}

/** All operations of a module, by the shape of their numbers. */
export interface SseFloat {
  readonly f32: ScalarOperations<F32> & Estimating<F32>;
  readonly f64: ScalarOperations<F64>;
  readonly f32x4: VectorOperations<Xmm> & Estimating<Xmm> & Dot<Xmm>;
  readonly f64x2: VectorOperations<Xmm> & Dot<Xmm>;
  readonly f32x8: VectorOperations<Ymm> & Estimating<Ymm> & Dot<Ymm>;
  readonly f64x4: VectorOperations<Ymm>;
  readonly convert: Conversions;
}

/**
 * Adds the floating-point operations of SSE to AVX, FMA and F16C to a module. They find MXCSR in the state block.
 * A module with `addX87` may share its `Wide`.
 */
export function addSseFloat(m: ModuleBuilder, wide?: Wide): SseFloat {
  const soft = addSoft(m, wide);
  const commit = addCommit(m);
  const shapes = FLOAT_SHAPES.map((shape) => [shape, operationsOf(shape)] as const);
  const convert = Object.entries(conversionRecipes(soft)).map(([name, recipe]) => [name, addOperation(m, commit, recipe)] as const);
  // The types above say what each recipe's shapes imply.
  return { ...Object.fromEntries(shapes), convert: Object.fromEntries(convert) } as unknown as SseFloat;

  function operationsOf(shape: FloatShape): object {
    const recipes = recipesOf(soft, shape);
    const operations = new Map<string, AnyOperation>();
    for (const [name, recipe] of Object.entries(recipes)) operations.set(name, addOperation(m, commit, recipe));
    const mul = operations.get('mul'), horizontalAdd = operations.get('horizontalAdd');
    if (mul !== undefined && horizontalAdd !== undefined && shape !== 'f64x4') {
      operations.set('dot', addDot(m, `${shape}.dot`, { mul, horizontalAdd }, shape === 'f32x8' ? 2 : 1, shape !== 'f64x2'));
    }
    const by = (name: 'compare' | 'round', make: typeof compareBy) => (imm: number): Pick<AnyOperation, 'emit'> => {
      const recipe = recipes[name], operation = operations.get(name);
      if (recipe === undefined || operation === undefined) throw new Error(`${shape} has no ${name}`);
      return { emit: emitterOf(m, operation.func, make(recipe, shape, imm), imm) };
    };
    return { ...Object.fromEntries(operations), compareBy: by('compare', compareBy), roundBy: by('round', roundBy) };
  }
}
