import { Driver, type TRANSCENDENTAL } from './driver.ts';
import { extended, Random } from './generate.ts';
import type { Host } from './host.ts';
import { type Case, RECORD, showCase, writeCase } from './records.ts';
import { exactly, ulps } from './reference.ts';

type Transcendental = (typeof TRANSCENDENTAL)[number];

const TOP = 1n << 63n;
const sign = (r: Random): number => r.below(2) << 15;
const any = (r: Random): bigint => extended(r, 0x3fff)[0] | TOP;

/** An input within the instruction's domain, all exceptions masked, 64 bits, to nearest. */
export const inDomain = (r: Random, op: Transcendental): Case => {
  const c = { op, cw: 0x37f, a: any(r), ase: 0x3fff, b: any(r), bse: 0x3fff };
  const near = 0x3fff - r.below(8);
  const far = 0x3fff - r.below(80);
  switch (op) {
    case 'f2xm1': return { ...c, ase: sign(r) | (r.pick([near, far]) - 1) };
    case 'fsin': case 'fcos': case 'fptan': return { ...c, ase: sign(r) | r.pick([near, far, 0x3fff + r.below(63)]) };
    case 'fpatan': return { ...c, ase: sign(r) | (0x3fff + r.below(9) - 4), bse: sign(r) | r.pick([near, far, 0x3fff + r.below(60)]) };
    case 'fyl2x': {
      const close = r.below(2) ? (TOP | (r.bits64() >> BigInt(r.below(63) + 1))) : ~(r.bits64() >> BigInt(r.below(63) + 1)) & ((1n << 64n) - 1n) | TOP;
      const one = r.below(2);
      return one ? { ...c, a: close, ase: close >> 62n === 3n ? 0x3ffe : 0x3fff, bse: sign(r) | near } : { ...c, ase: 1 + r.below(0x7ffe), bse: sign(r) | near };
    }
    case 'fyl2xp1': return { ...c, ase: sign(r) | r.pick([0x3ffc - r.below(4), far - 3]), bse: sign(r) | near };
  }
};

/** The largest and the mean distance from the exact result, in units of the last place. */
export interface Accuracy {
  ours: number;
  oursMean: number;
  /** Where ours is. */
  where: string;
  host: number;
  hostMean: number;
  /** How many results of the host differ from ours in a bit. */
  hostDiffers: number;
}

/** Measures `count` inputs, here and, where there is one, on the host. */
export function measure(op: Transcendental, count: number, seed: number, host: Host | null): Accuracy {
  const driver = new Driver(count);
  const r = new Random(seed);
  const cases = Array.from({ length: count }, () => inDomain(r, op));
  cases.forEach((c, i) => writeCase(driver.input, i * RECORD, c));
  driver.run(count);
  const theirs = host?.run(new Uint8Array(driver.input.buffer, driver.input.byteOffset, count * RECORD));
  const found: Accuracy = { ours: 0, oursMean: 0, where: '', host: 0, hostMean: 0, hostDiffers: 0 };
  cases.forEach((c, i) => {
    const exact = exactly(op, c);
    const at = i * RECORD;
    const sig = driver.output.getBigUint64(at, true);
    const se = driver.output.getUint16(at + 8, true);
    const distance = Math.abs(ulps(sig, se, exact));
    found.oursMean += distance / count;
    if (!(distance <= found.ours)) {
      found.ours = distance;
      found.where = `${showCase(c)} gives ${se.toString(16)}:${sig.toString(16)}`;
    }
    if (theirs === undefined) return;
    const [sigAt, seAt] = op === 'fptan' ? [at + 16, at + 12] : [at, at + 8];
    const other = theirs.getBigUint64(sigAt, true);
    const otherSe = theirs.getUint16(seAt, true);
    const off = Math.abs(ulps(other, otherSe, exact));
    found.hostMean += off / count;
    found.host = Math.max(found.host, off);
    if (other !== sig || otherSe !== se) found.hostDiffers++;
  });
  return found;
}

/** A result under a control word: how far the exact one is above it, in units of its last place, and what C1 claims. */
export interface Rounding {
  readonly above: number;
  readonly negative: boolean;
  readonly roundedUp: boolean;
  readonly text: string;
}

/** Results under a rounding control (bits 10 and 11 of the control word). */
export function roundings(op: Transcendental, count: number, seed: number, rc: number): readonly Rounding[] {
  const driver = new Driver(count);
  const r = new Random(seed);
  const cases = Array.from({ length: count }, () => ({ ...inDomain(r, op), cw: 0x37f | rc }));
  cases.forEach((c, i) => writeCase(driver.input, i * RECORD, c));
  driver.run(count);
  return cases.map((c, i) => {
    const at = i * RECORD;
    const se = driver.output.getUint16(at + 8, true);
    const above = ulps(driver.output.getBigUint64(at, true), se, exactly(op, c));
    return { above, negative: se >= 0x8000, roundedUp: (driver.output.getUint16(at + 10, true) & 0x200) !== 0, text: showCase(c) };
  });
}
