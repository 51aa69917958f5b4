/** XSAVE areas in the standard format (Intel SDM vol. 1, 10.5.1, 13.4): made, loaded into a vCPU, read back. */
import { VECTOR_REGISTERS_AT, X87_CONTROL, X87_REGISTERS_AT, type VcpuState } from '@polyvisor/core';
import { extended, type Random as Numbers } from '../../test-x87/generate.ts';
import type { Random } from '../cases.ts';
import { AREA } from './native.ts';

export type Extended = readonly [sig: bigint, se: number];
const ERRORS = 0x3f, ES = 0x80, BUSY = 0x8000;

/** How a state is drawn. */
export interface StateWish {
  /** What ST(0) and ST(1) hold, if that matters. */
  readonly values?: readonly Extended[];
  /** No empty registers among the first two. */
  readonly full?: boolean;
  /** Everything masked, 64 bits of precision. */
  readonly quiet?: boolean;
}

const tagged = (random: Random): number => {
  // As many from ST(0) on as a program would have, or anything.
  if (random.chance(30)) return random.below(256);
  const depth = random.below(9);
  return (1 << depth) - 1;
};

export function makeArea(random: Random, numbers: Numbers, wish: StateWish = {}): Uint8Array {
  const area = new Uint8Array(AREA), view = new DataView(area.buffer);
  const masks = wish.quiet === true || random.chance(60) ? ERRORS : random.chance(50) ? ERRORS & ~(1 << random.below(6)) : random.below(64);
  const precision = wish.quiet === true ? 3 : random.pick([0, 2, 3, 3, 3]);
  const control = masks | 0x40 | (precision << 8) | (random.below(4) << 10) | (random.chance(10) ? 0x1000 : 0);
  const pending = wish.quiet !== true && random.chance(6);
  const errors = random.chance(50) ? 0 : random.below(64) & (pending ? ERRORS : masks);
  const top = random.below(8);
  view.setUint16(0, control, true);
  view.setUint16(2, errors | (random.chance(20) ? 0x40 : 0) | (random.chance(50) ? random.below(8) << 8 : 0) | (random.chance(50) ? 0x4000 : 0) | (top << 11), true);
  const depth = tagged(random) | (wish.full === true ? 3 : 0);
  // The abridged tag word is by physical register.
  area[4] = ((depth << top) | (depth >> (8 - top))) & 0xff;
  view.setUint16(6, random.below(0x800), true);
  view.setBigUint64(8, BigInt(random.below(2 ** 47)), true);
  view.setBigUint64(16, BigInt(random.below(2 ** 47)), true);
  view.setUint32(24, random.chance(40) ? 0x1f80 : random.below(0x10000), true);
  const near = random.pick([0x3fff, 0x3fff, 0x4010, 1, 0x7ffe, 0x3c01, 0x43fe, 0x3f81, 0x407e]);
  for (let i = 0; i < 8; i++) {
    const [sig, se] = wish.values?.[i] ?? (random.chance(8) ? [0n, random.below(2) << 15] : extended(numbers, near));
    view.setBigUint64(32 + i * 16, BigInt.asUintN(64, sig), true);
    view.setUint16(40 + i * 16, se, true);
  }
  for (const [from, to] of [[160, 416], [576, AREA]] as const) {
    if (random.chance(80)) for (let i = from; i < to; i++) area[i] = random.chance(20) ? 0 : random.below(256);
  }
  view.setBigUint64(512, random.chance(90) ? 7n : BigInt(random.below(8)), true);
  return area;
}

/** Puts the area into a vCPU as XRSTOR does. */
export function loadArea(state: VcpuState, area: Uint8Array): void {
  const { view } = state, from = new DataView(area.buffer, area.byteOffset), present = area[512] ?? 0;
  const x87 = (present & 1) !== 0;
  const status = x87 ? from.getUint16(2, true) & 0x7f7f : 0, control = x87 ? (from.getUint16(0, true) & 0x1f3f) | 0x40 : 0x37f;
  view.setUint16(X87_CONTROL.fcw[0], control, true);
  view.setUint16(X87_CONTROL.fsw[0], status | ((status & ~control & ERRORS) !== 0 ? ES | BUSY : 0), true);
  view.setUint16(X87_CONTROL.ftw[0], x87 ? (area[4] ?? 0) : 0, true);
  view.setUint16(X87_CONTROL.fop[0], x87 ? from.getUint16(6, true) : 0, true);
  view.setBigUint64(X87_CONTROL.fip[0], x87 ? from.getBigUint64(8, true) : 0n, true);
  view.setBigUint64(X87_CONTROL.fdp[0], x87 ? from.getBigUint64(16, true) : 0n, true);
  for (let i = 0; i < 8; i++) {
    const at = X87_REGISTERS_AT + ((i + (status >> 11)) & 7) * 16;
    view.setBigUint64(at, x87 ? from.getBigUint64(32 + i * 16, true) : 0n, true);
    view.setBigUint64(at + 8, x87 ? BigInt(from.getUint16(40 + i * 16, true)) : 0n, true);
  }
  state.setWord('mxcsr', from.getUint32(24, true));
  for (let i = 0; i < 16; i++) {
    const at = VECTOR_REGISTERS_AT + i * 32;
    for (const half of [0, 8]) {
      view.setBigUint64(at + half, (present & 2) !== 0 ? from.getBigUint64(160 + i * 16 + half, true) : 0n, true);
      view.setBigUint64(at + 16 + half, (present & 4) !== 0 ? from.getBigUint64(576 + i * 16 + half, true) : 0n, true);
    }
  }
}

/** The vCPU's state as an area with all components. */
export function readArea(state: VcpuState): Uint8Array {
  const area = new Uint8Array(AREA), to = new DataView(area.buffer), { view } = state;
  const status = view.getUint16(X87_CONTROL.fsw[0], true);
  to.setUint16(0, view.getUint16(X87_CONTROL.fcw[0], true), true);
  to.setUint16(2, status, true);
  to.setUint16(4, view.getUint16(X87_CONTROL.ftw[0], true), true);
  to.setUint16(6, view.getUint16(X87_CONTROL.fop[0], true), true);
  to.setBigUint64(8, view.getBigUint64(X87_CONTROL.fip[0], true), true);
  to.setBigUint64(16, view.getBigUint64(X87_CONTROL.fdp[0], true), true);
  to.setUint32(24, state.word('mxcsr'), true);
  for (let i = 0; i < 8; i++) {
    const at = X87_REGISTERS_AT + ((i + (status >> 11)) & 7) * 16;
    to.setBigUint64(32 + i * 16, view.getBigUint64(at, true), true);
    to.setUint16(40 + i * 16, view.getUint16(at + 8, true), true);
  }
  for (let i = 0; i < 16; i++) {
    const at = VECTOR_REGISTERS_AT + i * 32;
    for (const half of [0, 8]) {
      to.setBigUint64(160 + i * 16 + half, view.getBigUint64(at + half, true), true);
      to.setBigUint64(576 + i * 16 + half, view.getBigUint64(at + 16 + half, true), true);
    }
  }
  to.setBigUint64(512, 7n, true);
  return area;
}

/** An area that the kernel made, with the components that it left out in their initial configuration. */
export function complete(area: Uint8Array): Uint8Array {
  const whole = area.slice(), present = area[512] ?? 0;
  if ((present & 1) === 0) {
    whole.fill(0, 0, 24);
    whole.fill(0, 32, 160);
    new DataView(whole.buffer).setUint16(0, 0x37f, true);
  }
  if ((present & 2) === 0) whole.fill(0, 160, 416);
  if ((present & 4) === 0) whole.fill(0, 576, AREA);
  return whole;
}
