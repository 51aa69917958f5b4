import { floatReference, integerReference, truncate } from './scalar-reference.ts';

/** What the vector instructions mean, lane by lane, in JavaScript. Integer lanes are unsigned bigints. */
interface Shape {
  readonly bits: number;
  readonly count: number;
  readonly float: boolean;
}

const shapeOf = (name: string): Shape => {
  const [, letter, bits = '', count = ''] = /^([if])(\d+)x(\d+)/.exec(name) ?? [];
  return { bits: Number(bits), count: Number(count), float: letter === 'f' };
};

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, 16);

export const readLanes = (bytes: Uint8Array, bits: number): bigint[] =>
  Array.from({ length: 128 / bits }, (_, i) => {
    let lane = 0n;
    for (let b = bits / 8 - 1; b >= 0; b--) lane = (lane << 8n) | BigInt(bytes[(i * bits) / 8 + b] ?? 0);
    return lane;
  });

export const writeLanes = (lanes: readonly bigint[], bits: number): Uint8Array => {
  const bytes = new Uint8Array(16);
  lanes.forEach((lane, i) => {
    for (let b = 0; b < bits / 8; b++) bytes[(i * bits) / 8 + b] = Number((lane >> BigInt(8 * b)) & 0xffn);
  });
  return bytes;
};

export const readFloats = (bytes: Uint8Array, bits: number): number[] =>
  Array.from({ length: 128 / bits }, (_, i) =>
    bits === 32 ? view(bytes).getFloat32(i * 4, true) : view(bytes).getFloat64(i * 8, true));

export const writeFloats = (lanes: readonly number[], bits: number): Uint8Array => {
  const bytes = new Uint8Array(16);
  lanes.forEach((lane, i) => {
    if (bits === 32) view(bytes).setFloat32(i * 4, lane, true);
    else view(bytes).setFloat64(i * 8, lane, true);
  });
  return bytes;
};

const signed = (lane: bigint, bits: number): bigint => BigInt.asIntN(bits, lane);
const clamp = (value: bigint, low: bigint, high: bigint): bigint => (value < low ? low : value > high ? high : value);
const saturate = (value: bigint, bits: number, isSigned: boolean): bigint =>
  isSigned
    ? clamp(value, -(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n)
    : clamp(value, 0n, (1n << BigInt(bits)) - 1n);
/** A lane as a number of the sign that the instruction's suffix tells. */
const as = (lane: bigint, bits: number, name: string): bigint => (/_s\b|_s_/.test(name) ? signed(lane, bits) : lane);

const mask = (bits: number, condition: boolean): bigint => (condition ? (1n << BigInt(bits)) - 1n : 0n);

/** Operands are bytes; a scalar one is in the first lane of its own bytes. A result of one scalar is a bigint. */
type Reference = (a: Uint8Array, b: Uint8Array, c: Uint8Array) => Uint8Array | bigint;

const bitwise: Record<string, (a: bigint, b: bigint, c: bigint) => bigint> = {
  'v128.not': (a) => ~a,
  'v128.and': (a, b) => a & b,
  'v128.andnot': (a, b) => a & ~b,
  'v128.or': (a, b) => a | b,
  'v128.xor': (a, b) => a ^ b,
  'v128.bitselect': (a, b, c) => (a & c) | (b & ~c),
};

const integerLane = (suffix: string, bits: number): ((a: bigint, b: bigint) => bigint) | undefined => {
  const scalar = integerReference(bits)[suffix];
  if (/^(eq|ne|[lg][te]_[su])$/.test(suffix)) return (a, b) => mask(bits, scalar?.(a, b) === 1n);
  const sat = /^(add|sub)_sat_([su])$/.exec(suffix);
  if (sat !== null) {
    return (a, b) => {
      const [x, y] = [as(a, bits, suffix), as(b, bits, suffix)];
      return saturate(sat[1] === 'add' ? x + y : x - y, bits, sat[2] === 's');
    };
  }
  const special: Record<string, (a: bigint, b: bigint) => bigint> = {
    neg: (a) => -a,
    abs: (a) => (signed(a, bits) < 0n ? -a : a),
    min_s: (a, b) => (signed(a, bits) < signed(b, bits) ? a : b),
    min_u: (a, b) => (a < b ? a : b),
    max_s: (a, b) => (signed(a, bits) > signed(b, bits) ? a : b),
    max_u: (a, b) => (a > b ? a : b),
    avgr_u: (a, b) => (a + b + 1n) / 2n,
    q15mulr_sat_s: (a, b) => saturate((signed(a, 16) * signed(b, 16) + 0x4000n) >> 15n, 16, true),
  };
  return special[suffix] ?? (/^(add|sub|mul|popcnt)$/.test(suffix) ? scalar : undefined);
};

/** Instructions that change the width of lanes. */
const widening = (suffix: string, shape: Shape): Reference | undefined => {
  const { bits, count } = shape;
  const half = bits / 2;
  const narrow = (bytes: Uint8Array): bigint[] => readLanes(bytes, half).map((lane) => as(lane, half, suffix));
  const part = (lanes: bigint[]): bigint[] => (suffix.includes('high') ? lanes.slice(count) : lanes.slice(0, count));
  if (suffix.startsWith('extend_')) return (a) => writeLanes(part(narrow(a)), bits);
  if (suffix.startsWith('extmul_')) {
    return (a, b) => {
      const other = part(narrow(b));
      return writeLanes(part(narrow(a)).map((lane, i) => lane * (other[i] ?? 0n)), bits);
    };
  }
  const pairs = (lanes: bigint[]): bigint[] =>
    Array.from({ length: count }, (_, i) => (lanes[2 * i] ?? 0n) + (lanes[2 * i + 1] ?? 0n));
  if (suffix.startsWith('extadd_pairwise')) return (a) => writeLanes(pairs(narrow(a)), bits);
  if (suffix.startsWith('dot_')) {
    return (a, b) => {
      const other = narrow(b);
      return writeLanes(pairs(narrow(a).map((lane, i) => lane * (other[i] ?? 0n))), bits);
    };
  }
  if (suffix.startsWith('narrow_')) {
    return (a, b) => {
      const wide = [...readLanes(a, bits * 2), ...readLanes(b, bits * 2)];
      return writeLanes(wide.map((lane) => saturate(signed(lane, bits * 2), bits, suffix.endsWith('_s'))), bits);
    };
  }
  return undefined;
};

const conversions: Record<string, Reference> = {
  'i32x4.trunc_sat_f32x4_s': (a) => writeLanes(readFloats(a, 32).map((x) => truncate(x, 32, true)), 32),
  'i32x4.trunc_sat_f32x4_u': (a) => writeLanes(readFloats(a, 32).map((x) => truncate(x, 32, false)), 32),
  'i32x4.trunc_sat_f64x2_s_zero': (a) => writeLanes(readFloats(a, 64).map((x) => truncate(x, 32, true)), 32),
  'i32x4.trunc_sat_f64x2_u_zero': (a) => writeLanes(readFloats(a, 64).map((x) => truncate(x, 32, false)), 32),
  'f32x4.convert_i32x4_s': (a) => writeFloats(readLanes(a, 32).map((x) => Number(signed(x, 32))), 32),
  'f32x4.convert_i32x4_u': (a) => writeFloats(readLanes(a, 32).map(Number), 32),
  'f64x2.convert_low_i32x4_s': (a) => writeFloats(readLanes(a, 32).slice(0, 2).map((x) => Number(signed(x, 32))), 64),
  'f64x2.convert_low_i32x4_u': (a) => writeFloats(readLanes(a, 32).slice(0, 2).map(Number), 64),
  'f32x4.demote_f64x2_zero': (a) => writeFloats([...readFloats(a, 64), 0, 0], 32),
  'f64x2.promote_low_f32x4': (a) => writeFloats(readFloats(a, 32).slice(0, 2), 64),
};

const floatLanes = (suffix: string, bits: number): Reference | undefined => {
  const scalar = floatReference(bits === 32 ? Math.fround : (x) => x)[suffix];
  if (scalar === undefined) return undefined;
  const lanes = (a: Uint8Array, b: Uint8Array): number[] => {
    const other = readFloats(b, bits);
    return readFloats(a, bits).map((x, i) => scalar(x, other[i] ?? 0));
  };
  if (/^(eq|ne|lt|gt|le|ge)$/.test(suffix)) {
    return (a, b) => writeLanes(lanes(a, b).map((result) => mask(bits, result === 1)), bits);
  }
  return (a, b) => writeFloats(lanes(a, b), bits);
};

const laneAccess = (suffix: string, { bits, count }: Shape, lane: number): Reference | undefined => {
  if (suffix === 'splat') return (a) => writeLanes(new Array<bigint>(count).fill(readLanes(a, bits)[0] ?? 0n), bits);
  if (suffix.startsWith('extract_lane')) return (a) => as(readLanes(a, bits)[lane] ?? 0n, bits, suffix);
  if (suffix !== 'replace_lane') return undefined;
  return (a, b) => writeLanes(readLanes(a, bits).with(lane, readLanes(b, bits)[0] ?? 0n), bits);
};

const SHUFFLE = [0, 17, 2, 19, 4, 21, 6, 23, 31, 9, 29, 11, 27, 13, 25, 15];

/** The meaning of a vector instruction that does not access memory; `lane` is its immediate. */
export const vectorReference = (name: string, lane: number): Reference | undefined => {
  const bits128 = bitwise[name];
  if (bits128 !== undefined) {
    return (a, b, c) => writeLanes([BigInt.asUintN(128, bits128(wide(a), wide(b), wide(c)))], 128);
  }
  if (name === 'v128.any_true') return (a) => (a.some((byte) => byte !== 0) ? 1n : 0n);
  if (name === 'i8x16.swizzle') return (a, b) => b.map((index) => (index < 16 ? (a[index] ?? 0) : 0));
  if (name === 'i8x16.shuffle') return (a, b) => Uint8Array.from(SHUFFLE, (i) => (i < 16 ? a[i] : b[i - 16]) ?? 0);
  const conversion = conversions[name];
  if (conversion !== undefined) return conversion;
  const shape = shapeOf(name);
  const suffix = name.slice(name.indexOf('.') + 1);
  const { bits } = shape;
  const access = laneAccess(suffix, shape, lane);
  if (access !== undefined) return access;
  if (shape.float) return floatLanes(suffix, bits);
  if (suffix === 'all_true') return (a) => (readLanes(a, bits).every((x) => x !== 0n) ? 1n : 0n);
  if (suffix === 'bitmask') {
    return (a) => readLanes(a, bits).reduce((sum, x, i) => sum | ((x >> BigInt(bits - 1)) << BigInt(i)), 0n);
  }
  if (/^sh[lr]/.test(suffix)) {
    const scalar = integerReference(bits)[suffix];
    return (a, b) => {
      const count = readLanes(b, 32)[0] ?? 0n;
      return writeLanes(readLanes(a, bits).map((x) => BigInt.asUintN(bits, scalar?.(x, count) ?? 0n)), bits);
    };
  }
  const each = integerLane(suffix, bits);
  if (each === undefined) return widening(suffix, shape);
  return (a, b) => {
    const other = readLanes(b, bits);
    return writeLanes(readLanes(a, bits).map((x, i) => BigInt.asUintN(bits, each(x, other[i] ?? 0n))), bits);
  };
};

const wide = (bytes: Uint8Array): bigint => readLanes(bytes, 128)[0] ?? 0n;

