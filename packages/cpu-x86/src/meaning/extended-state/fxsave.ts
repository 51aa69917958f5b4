/** FXSAVE, FXRSTOR, LDMXCSR and STMXCSR (Intel SDM vol. 1, 10.5; vol. 2, under their names). */
import { WORD_OFFSETS } from '@polyvisor/core';
import { type FunctionBuilder, i32, type Value } from '@polyvisor/wasm';
import { ENGINE } from '../../state/engine-layout.ts';
import { type EmitContext, type MeaningEntry, type Meanings, Vector } from '../context.ts';
import { as32 } from '../words.ts';
import { AREA, mxcsr, MXCSR_MASK, stateFunctions } from './functions.ts';

/** Bytes that FXSAVE writes and FXRSTOR reads, but for what follows the registers. */
const FX_SIZE = 512;

/** How many vector registers there are in this mode. */
export const vectorCount = (c: EmitContext): Value<'i32'> => c.s.let(i32.shl(8, c.longMode()));

/** The memory operand's address, which must be a multiple of `alignment`. */
export function aligned(c: EmitContext, alignment: 16 | 64): Value<'i64'> {
  const linear = c.linear();
  c.s.if(i32.and(i32.wrap_i64(linear), alignment - 1), () => c.raise(Vector.protection, 0));
  return linear;
}

export const blockAt = (c: EmitContext): Value<'ptr'> => c.module.ptr.from_i32_u(c.state);

/** MXCSR and its mask in the buffer. */
export function saveMxcsr(c: EmitContext): void {
  c.s.i32.store(blockAt(c), mxcsr(c.module, c.state), ENGINE.block + AREA.mxcsr);
  c.s.i32.store(blockAt(c), MXCSR_MASK, ENGINE.block + AREA.mxcsr + 4);
}
export const setMxcsr = (c: EmitContext, value: Value<'i32'>): void => c.s.i32.store(blockAt(c), value, WORD_OFFSETS.mxcsr);
/** Refuses reserved bits. */
export const checkMxcsr = (c: EmitContext, s: FunctionBuilder, value: Value<'i32'>): void =>
  s.if(i32.and(value, ~MXCSR_MASK), () => c.raise(Vector.protection, 0));

const fxsave = (wide: 0 | 1): MeaningEntry => ({
  cold: true, anySize: true,
  build: (c) => {
    const { s, state } = c, f = stateFunctions(c.module), count = vectorCount(c);
    const image = c.image(aligned(c, 16), FX_SIZE, 'write');
    s.call(f.saveX87, state, wide);
    saveMxcsr(c);
    s.call(f.saveXmm, state, count);
    // What lies behind the registers is left as it is.
    image.store(0, i32.add(AREA.xmm, i32.shl(count, 4)));
  },
});
const fxrstor = (wide: 0 | 1): MeaningEntry => ({
  cold: true, anySize: true,
  build: (c) => {
    const { s, state } = c, f = stateFunctions(c.module);
    c.image(aligned(c, 16), FX_SIZE, 'read').fetch(0, FX_SIZE);
    const value = s.let(i32.load(blockAt(c), ENGINE.block + AREA.mxcsr));
    checkMxcsr(c, s, value);
    setMxcsr(c, value);
    s.call(f.loadX87, state, wide);
    s.call(f.loadXmm, state, vectorCount(c));
  },
});

const ldmxcsr: MeaningEntry = {
  cold: true,
  build: (c) => {
    const value = as32(c.get(0));
    checkMxcsr(c, c.s, value);
    setMxcsr(c, value);
  },
};
const stmxcsr: MeaningEntry = { cold: true, build: (c) => c.set(0, c.s.let(mxcsr(c.module, c.state))) };

export const fx: Meanings = {
  FXSAVE: fxsave(0), FXSAVE64: fxsave(1), FXRSTOR: fxrstor(0), FXRSTOR64: fxrstor(1), LDMXCSR: ldmxcsr, STMXCSR: stmxcsr,
};
