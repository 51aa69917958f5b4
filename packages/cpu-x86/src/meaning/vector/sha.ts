/** SHA-1 and SHA-256 steps (FIPS 180-4, 6.1 and 6.2; Intel SDM vol. 2B, "SHA1RNDS4" and its kin). Element 3 comes first. */
import { i32, i32x4, i64x2, select, v128, type Value } from '@polyvisor/wasm';
import type { EmitContext, Meaning } from '../context.ts';
import type { Vector128 } from './operands.ts';
import { binary, immediate, shuffle, sources } from './shapes.ts';

type Word = Value<'i32'>;
const ZERO = i64x2.const(0, 0);
const of = (a: Vector128, n: number): Word => i32x4.extract_lane(a, n);
const words = (c: EmitContext, ...lanes: readonly Word[]): Vector128 =>
  c.s.let(lanes.reduce<Vector128>((all, lane, i) => i32x4.replace_lane(all, lane, i), ZERO));
const sum = (...terms: readonly Word[]): Word => terms.reduce((a, b) => i32.add(a, b));
const xor3 = (a: Word, b: Word, c: Word): Word => i32.xor(i32.xor(a, b), c);
const choice = (a: Word, b: Word, c: Word): Word => i32.xor(i32.and(a, i32.xor(b, c)), c);
const majority = (a: Word, b: Word, c: Word): Word => i32.or(i32.and(a, b), i32.and(c, i32.or(a, b)));

/** Constants of the four twenties of rounds (4.2.1). */
const K1 = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6] as const;
const sha1Rounds: Meaning = (c) => {
  const { s } = c, { a: [state = ZERO], b: [message = ZERO] } = sources(c);
  const kind = s.let(i32.and(immediate(c), 3));
  const pick = (choose: Word, parity: Word, most: Word): Word =>
    select(choose, select(most, parity, i32.eq(kind, 2)), i32.eqz(kind));
  const k = s.let(select(
    select(i32.const(K1[3]), i32.const(K1[2]), i32.and(kind, 1)), select(i32.const(K1[1]), i32.const(K1[0]), i32.and(kind, 1)), i32.gt_u(kind, 1)));
  let [a, b, d, e, last] = [s.let(of(state, 3)), s.let(of(state, 2)), s.let(of(state, 1)), s.let(of(state, 0)), i32.const(0)];
  for (let i = 0; i < 4; i++) {
    const f = s.let(pick(choice(b, d, e), xor3(b, d, e), majority(b, d, e)));
    const next = s.let(sum(f, i32.rotl(a, 5), of(message, 3 - i), last, k));
    [a, b, d, e, last] = [next, a, s.let(i32.rotl(b, 30)), d, e];
  }
  c.vectors.set(0, [words(c, e, d, b, a)]);
};
const sha1Message2: Meaning = (c) => {
  const { s } = c, { a: [x = ZERO], b: [y = ZERO] } = sources(c);
  const step = (a: Word, b: Word): Word => s.let(i32.rotl(i32.xor(a, b), 1));
  const w16 = step(of(x, 3), of(y, 2)), w17 = step(of(x, 2), of(y, 1)), w18 = step(of(x, 1), of(y, 0)), w19 = step(of(x, 0), w16);
  c.vectors.set(0, [words(c, w19, w18, w17, w16)]);
};

const rotations = (x: Word, a: number, b: number, n: number): Word => xor3(i32.rotr(x, a), i32.rotr(x, b), i32.rotr(x, n));
const sha256Rounds: Meaning = (c) => {
  const { s } = c, { a: [x = ZERO], b: [y = ZERO] } = sources(c), [keys = ZERO] = c.vectors.get(2);
  let [a, b, e, f] = [s.let(of(y, 3)), s.let(of(y, 2)), s.let(of(y, 1)), s.let(of(y, 0))];
  let [d3, d4, g, h] = [s.let(of(x, 3)), s.let(of(x, 2)), s.let(of(x, 1)), s.let(of(x, 0))];
  for (let i = 0; i < 2; i++) {
    const t = s.let(sum(choice(e, f, g), rotations(e, 6, 11, 25), of(keys, i), h));
    const first = s.let(sum(t, majority(a, b, d3), rotations(a, 2, 13, 22))), fifth = s.let(i32.add(t, d4));
    [a, b, d3, d4, e, f, g, h] = [first, a, b, d3, fifth, e, f, g];
  }
  c.vectors.set(0, [words(c, f, e, b, a)]);
};
const small = (s: EmitContext['s'], x: Word, a: number, b: number, shift: number): Word => {
  const bound = s.let(x);
  return xor3(i32.rotr(bound, a), i32.rotr(bound, b), i32.shr_u(bound, shift));
};
const sha256Message1: Meaning = (c) => {
  const { s } = c, { a: [x = ZERO], b: [y = ZERO] } = sources(c);
  const step = (old: Word, next: Word): Word => s.let(i32.add(old, small(s, next, 7, 18, 3)));
  c.vectors.set(0, [words(c, step(of(x, 0), of(x, 1)), step(of(x, 1), of(x, 2)), step(of(x, 2), of(x, 3)), step(of(x, 3), of(y, 0)))]);
};
const sha256Message2: Meaning = (c) => {
  const { s } = c, { a: [x = ZERO], b: [y = ZERO] } = sources(c);
  const step = (old: Word, other: Word): Word => s.let(i32.add(old, small(s, other, 17, 19, 10)));
  const w16 = step(of(x, 0), of(y, 2)), w17 = step(of(x, 1), of(y, 3)), w18 = step(of(x, 2), w16), w19 = step(of(x, 3), w17);
  c.vectors.set(0, [words(c, w16, w17, w18, w19)]);
};

export const sha = {
  SHA1RNDS4: sha1Rounds, SHA1MSG2: sha1Message2,
  SHA1NEXTE: binary((a, b, { s }) => i32x4.add(b, s.let(i32x4.replace_lane(ZERO, i32.rotl(of(a, 3), 30), 3)))),
  SHA1MSG1: binary((a, b) => v128.xor(a, shuffle(a, b, 4, [6, 7, 0, 1]))),
  SHA256RNDS2: sha256Rounds, SHA256MSG1: sha256Message1, SHA256MSG2: sha256Message2,
};
