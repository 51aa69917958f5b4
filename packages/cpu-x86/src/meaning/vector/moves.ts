/** Moves (Intel SDM vol. 2, under their names). What only copies is one meaning, whatever its type. */
import { i8x16, i16x8, i32, i32x4, i64x2, v128, type Value } from '@polyvisor/wasm';
import type { Meaning } from '../context.ts';
import type { Vector128 } from './operands.ts';
import { binary, shuffle, unary, vectorMeanings } from './shapes.ts';

const ZERO = i64x2.const(0, 0);

const move: Meaning = (c) => c.vectors.set(0, c.vectors.get(1));
/** MOVQ between XMM registers clears the upper half. */
const moveLow: Meaning = (c) => {
  const [a = ZERO] = c.vectors.get(1);
  c.vectors.set(0, [c.isMemory(1) || c.isMemory(0) ? a : c.s.let(shuffle(a, ZERO, 8, [0, 2]))]);
};
const storeHigh: Meaning = (c) => {
  const [a = ZERO] = c.vectors.get(1);
  c.vectors.set(0, [c.s.let(shuffle(a, a, 8, [1, 1]))]);
};

/** The sign bits of all elements as an integer. */
const signs = (lane: (a: Vector128) => Value<'i32'>, count: number): Meaning => (c) => {
  const [low = ZERO, high] = c.vectors.get(1);
  const mask = c.vectors.bits(1) === 64 ? i32.and(lane(low), (1 << (count / 2)) - 1) : lane(low);
  const all = high === undefined ? mask : i32.or(mask, i32.shl(lane(high), count));
  c.vectors.set(0, [i32x4.replace_lane(ZERO, c.s.let(all), 0)]);
};

/** The first element of the source everywhere. */
const broadcast = (splat: (a: Vector128) => Vector128): Meaning => (c) => {
  const [a = ZERO] = c.vectors.get(1), all = c.s.let(splat(a));
  c.vectors.set(0, c.vectors.bits(0) === 256 ? [all, all] : [all]);
};

const clear = (registers: readonly number[], lanes: readonly (0 | 1)[]): Meaning => (c) => {
  for (const n of registers) for (const lane of lanes) c.vectors.setRegister(n, lane, ZERO);
};
const LOW = [0, 1, 2, 3, 4, 5, 6, 7], HIGH = LOW.map((n) => n + 8);
/** VZEROUPPER and VZEROALL: outside 64-bit mode only the first eight registers change. */
const zero = (...lanes: (0 | 1)[]): Meaning => (c) => {
  clear(LOW, lanes)(c);
  c.s.if(c.vectors.isLong(), () => clear(HIGH, lanes)(c));
};

export const moves = vectorMeanings({
  MOV: move, MOVQ: moveLow,
  // The low element comes from the second source.
  MOVSS: binary((a, b) => shuffle(b, a, 4, [0, 5, 6, 7])), MOVSD: binary((a, b) => shuffle(b, a, 8, [0, 3])),
  MOVHPD: binary((a, b) => shuffle(a, b, 8, [0, 2])), MOVHLPS: binary((a, b) => shuffle(b, a, 8, [1, 3])),
  MOVHPD_STORE: storeHigh,
  MOVDDUP: unary((a) => shuffle(a, a, 8, [0, 0])),
  MOVSLDUP: unary((a) => shuffle(a, a, 4, [0, 0, 2, 2])), MOVSHDUP: unary((a) => shuffle(a, a, 4, [1, 1, 3, 3])),
  PMOVMSKB: signs(i8x16.bitmask, 16), MOVMSKPS: signs(i32x4.bitmask, 4), MOVMSKPD: signs(i64x2.bitmask, 2),
  BROADCASTB: broadcast((a) => i8x16.splat(i8x16.extract_lane_u(a, 0))),
  BROADCASTW: broadcast((a) => i16x8.splat(i16x8.extract_lane_u(a, 0))),
  BROADCASTD: broadcast((a) => shuffle(a, a, 4, [0, 0, 0, 0])),
  BROADCASTQ: broadcast((a) => shuffle(a, a, 8, [0, 0])),
  BROADCAST128: broadcast((a) => a),
  ZEROUPPER: zero(1), ZEROALL: zero(0, 1),
  EMMS: (c) => c.vectors.leaveMmx(),
  PXOR: binary((a, b) => v128.xor(a, b)), PAND: binary((a, b) => v128.and(a, b)), POR: binary((a, b) => v128.or(a, b)),
  PANDN: binary((a, b) => v128.andnot(b, a)),
});
