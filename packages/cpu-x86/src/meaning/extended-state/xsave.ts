/** XSAVE and its kin, XRSTOR (Intel SDM vol. 1, 13.7 to 13.12; vol. 2, under their names). */
import { WORD_OFFSETS } from '@polyvisor/core';
import { i32, i64, select, type Value } from '@polyvisor/wasm';
import { ENGINE } from '../../state/engine-layout.ts';
import { type EmitContext, type ImageAccess, type MeaningEntry, type Meanings, Vector } from '../context.ts';
import { as32 } from '../words.ts';
import { AREA, COMPONENT, mxcsr, MXCSR_INITIAL, stateFunctions, xcr0 } from './functions.ts';
import { aligned, blockAt, checkMxcsr, saveMxcsr, setMxcsr, vectorCount } from './fxsave.ts';

type I32 = Value<'i32'>;
type I64 = Value<'i64'>;
const HEADER = ENGINE.block + AREA.header;

/** Bytes of an image in the standard format up to the last component of a set. */
const standardSize = (components: I32): I32 => select(
  i32.const(AREA.pkru + AREA.pkruSize), select(i32.const(AREA.avx + AREA.avxSize), AREA.extended, i32.and(components, COMPONENT.avx)),
  i32.and(components, COMPONENT.pkru),
);
/** Where PKRU lies in the compacted format, behind AVX if that is there. */
const compactedPkru = (components: I32): I32 => i32.add(AREA.extended, i32.mul(i32.ne(i32.and(components, COMPONENT.avx), 0), AREA.avxSize));
const compactedSize = (components: I32): I32 =>
  i32.add(compactedPkru(components), i32.mul(i32.ne(i32.and(components, COMPONENT.pkru), 0), AREA.pkruSize));

/** Components that the instruction is asked for and that are enabled: EDX:EAX and XCR0. All we know lie in the low half. */
const requested = (c: EmitContext): I32 =>
  c.s.let(i32.and(i32.and(as32(c.register('rax', 32)), i32.wrap_i64(xcr0(c.module, c.state))), COMPONENT.all));

const supervisor = (c: EmitContext): void =>
  c.s.if(i32.load(blockAt(c), WORD_OFFSETS.cpl), () => c.raise(Vector.protection, 0));

/** Brings components to the image. MXCSR goes with `withMxcsr`; PKRU's place depends on the format. */
function saveComponents(c: EmitContext, image: ImageAccess, wide: 0 | 1, components: I32, withMxcsr: I32, pkruAt: I32): void {
  const { s, state } = c, f = stateFunctions(c.module), count = vectorCount(c);
  s.if(i32.and(components, COMPONENT.x87), () => {
    s.call(f.saveX87, state, wide);
    image.store(0, AREA.mxcsr);
    image.store(AREA.registers, 128);
  });
  s.if(withMxcsr, () => {
    saveMxcsr(c);
    image.store(AREA.mxcsr, 8);
  });
  s.if(i32.and(components, COMPONENT.sse), () => {
    s.call(f.saveXmm, state, count);
    image.store(AREA.xmm, s.let(i32.shl(count, 4)));
  });
  s.if(i32.and(components, COMPONENT.avx), () => {
    s.call(f.saveUpper, state, count);
    image.store(AREA.avx, s.let(i32.shl(count, 4)));
  });
  s.if(i32.and(components, COMPONENT.pkru), () => {
    const place = s.let(c.module.ptr.from_i32_u(i32.add(state, pkruAt)));
    s.i64.store(place, i64.load32_u(blockAt(c), WORD_OFFSETS.pkru), ENGINE.block);
    image.store(pkruAt, AREA.pkruSize);
  });
}

/** XSAVE, and XSAVEOPT, which leaves out what is in its initial configuration. */
const standard = (wide: 0 | 1, optimised: boolean): MeaningEntry => ({
  cold: true, anySize: true,
  build: (c) => {
    const { s, state } = c, components = requested(c);
    const image = c.image(aligned(c, 64), standardSize(components), 'write');
    const used = s.call(stateFunctions(c.module).inUse, state);
    saveComponents(c, image, wide, optimised ? s.let(i32.and(components, used)) : components,
      i32.and(components, COMPONENT.sse | COMPONENT.avx), i32.const(AREA.pkru));
    image.fetch(AREA.header, 8);
    const others = i64.and(i64.load(blockAt(c), HEADER), i64.extend_i32_s(i32.xor(components, -1)));
    s.i64.store(blockAt(c), i64.or(others, i64.extend_i32_u(i32.and(used, components))), HEADER);
    image.store(AREA.header, 8);
  },
});

/** XSAVEC and XSAVES: the compacted format. MXCSR counts as a part of SSE. */
const compacted = (wide: 0 | 1, privileged: boolean): MeaningEntry => ({
  cold: true, anySize: true,
  build: (c) => {
    const { s, state } = c;
    if (privileged) supervisor(c);
    const components = requested(c);
    const image = c.image(aligned(c, 64), compactedSize(components), 'write');
    const changed = s.let(i32.mul(i32.ne(mxcsr(c.module, state), MXCSR_INITIAL), COMPONENT.sse));
    const used = s.let(i32.and(i32.or(s.call(stateFunctions(c.module).inUse, state), changed), components));
    saveComponents(c, image, wide, used, i32.and(used, COMPONENT.sse), s.let(compactedPkru(components)));
    s.i64.store(blockAt(c), i64.extend_i32_u(used), HEADER);
    s.i64.store(blockAt(c), i64.or(i64.extend_i32_u(components), i64.const(0, -0x80000000)), HEADER + 8);
    image.store(AREA.header, 16);
  },
});

/** The header's rules, in both formats; gives whether the image is compacted. */
function checkHeader(c: EmitContext, onlyCompacted: boolean): I32 {
  const { s, state } = c, at = blockAt(c);
  const enabled = s.let(xcr0(c.module, state)), states = s.let(i64.load(at, HEADER)), format = s.let(i64.load(at, HEADER + 8));
  const reserved = (first: number, last: number): I64 => {
    let all = i64.load(at, HEADER + first);
    for (let offset = first + 8; offset <= last; offset += 8) all = i64.or(all, i64.load(at, HEADER + offset));
    return all;
  };
  const without = (a: I64, b: I64): I64 => i64.and(a, i64.xor(b, -1));
  const isCompacted = s.let(i64.lt_s(format, 0));
  const refuse = (test: I64): void => s.if(i64.ne(test, 0), () => c.raise(Vector.protection, 0));
  s.if(isCompacted, () => {
    refuse(i64.or(i64.or(without(i64.and(format, i64.const(-1, 0x7fffffff)), enabled), without(states, format)), reserved(16, 56)));
  }, () => {
    if (onlyCompacted) c.raise(Vector.protection, 0);
    else refuse(i64.or(i64.or(without(states, enabled), format), reserved(16, 16)));
  });
  return isCompacted;
}

const restore = (wide: 0 | 1, privileged: boolean): MeaningEntry => ({
  cold: true, anySize: true,
  build: (c) => {
    const { s, state } = c, f = stateFunctions(c.module);
    if (privileged) supervisor(c);
    const components = requested(c), count = vectorCount(c);
    const linear = aligned(c, 64);
    c.image(linear, AREA.extended, 'read').fetch(AREA.header, AREA.headerSize);
    const isCompacted = checkHeader(c, privileged);
    // The header says where the rest lies, and how much of it there is.
    const stored = s.let(i32.wrap_i64(i64.load(blockAt(c), HEADER + 8)));
    const image = c.image(linear, s.let(select(compactedSize(stored), standardSize(components), isCompacted)), 'read');
    const pkruAt = s.let(select(compactedPkru(stored), i32.const(AREA.pkru), isCompacted));
    image.fetch(0, AREA.header);
    const present = s.let(i32.wrap_i64(i64.load(blockAt(c), HEADER)));
    // In the standard format MXCSR is loaded whether or not the header has SSE, with SSE or AVX; compacted it is a part of SSE.
    const wanted = s.let(i32.and(components, select(i32.const(COMPONENT.sse), COMPONENT.sse | COMPONENT.avx, isCompacted)));
    const initial = i32.and(isCompacted, i32.eqz(i32.and(present, COMPONENT.sse)));
    const value = s.let(select(i32.const(MXCSR_INITIAL), i32.load(blockAt(c), ENGINE.block + AREA.mxcsr), initial));
    s.if(wanted, () => {
      checkMxcsr(c, s, value);
      setMxcsr(c, value);
    });
    const part = (component: number, load: () => void, clear: () => void): void =>
      s.if(i32.and(components, component), () => s.if(i32.and(present, component), load, clear));
    part(COMPONENT.x87, () => s.call(f.loadX87, state, wide), () => s.call(f.clearX87, state));
    part(COMPONENT.sse, () => s.call(f.loadXmm, state, count), () => s.call(f.clearXmm, state, count));
    part(COMPONENT.avx, () => {
      image.fetch(AREA.avx, s.let(i32.shl(count, 4)));
      s.call(f.loadUpper, state, count);
    }, () => s.call(f.clearUpper, state, count));
    part(COMPONENT.pkru, () => {
      image.fetch(pkruAt, AREA.pkruSize);
      const place = s.let(c.module.ptr.from_i32_u(i32.add(state, pkruAt)));
      s.call(f.setPkru, state, i32.load(place, ENGINE.block));
    }, () => s.call(f.setPkru, state, 0));
  },
});

export const xsave: Meanings = {
  XSAVE: standard(0, false), XSAVE64: standard(1, false), XSAVEOPT: standard(0, true), XSAVEOPT64: standard(1, true),
  XSAVEC: compacted(0, false), XSAVEC64: compacted(1, false), XSAVES: compacted(0, true), XSAVES64: compacted(1, true),
  XRSTOR: restore(0, false), XRSTOR64: restore(1, false), XRSTORS: restore(0, true), XRSTORS64: restore(1, true),
};
