/**
 * 64-bit arithmetic on halves, without bigint. Each function returns the low half, signed, and leaves the high half,
 * signed, in `high`: constants are folded for every translated instruction, so nothing is allocated here.
 */
export let high = 0;

export const add64 = (al: number, ah: number, bl: number, bh: number): number => {
  const low = (al >>> 0) + (bl >>> 0);
  high = (ah + bh + (low > 0xffffffff ? 1 : 0)) | 0;
  return low | 0;
};

export const sub64 = (al: number, ah: number, bl: number, bh: number): number => {
  const low = (al >>> 0) - (bl >>> 0);
  high = (ah - bh - (low < 0 ? 1 : 0)) | 0;
  return low | 0;
};

/** High half of the unsigned product of two 32-bit numbers. */
const mulHigh = (a: number, b: number): number => {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const middle = ah * bl + ((al * bl) >>> 16);
  const other = al * bh + (middle & 0xffff);
  return (ah * bh + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000)) | 0;
};

export const mul64 = (al: number, ah: number, bl: number, bh: number): number => {
  high = (mulHigh(al, bl) + Math.imul(al, bh) + Math.imul(ah, bl)) | 0;
  return Math.imul(al, bl);
};

export const and64 = (al: number, ah: number, bl: number, bh: number): number => {
  high = ah & bh;
  return al & bl;
};

export const or64 = (al: number, ah: number, bl: number, bh: number): number => {
  high = ah | bh;
  return al | bl;
};

export const xor64 = (al: number, ah: number, bl: number, bh: number): number => {
  high = ah ^ bh;
  return al ^ bl;
};

export const shl64 = (low: number, hi: number, count: number): number => {
  const n = count & 63;
  if (n === 0) {
    high = hi;
    return low;
  }
  if (n >= 32) {
    high = low << (n - 32);
    return 0;
  }
  high = (hi << n) | (low >>> (32 - n));
  return low << n;
};

export const shrU64 = (low: number, hi: number, count: number): number => {
  const n = count & 63;
  if (n === 0) {
    high = hi;
    return low;
  }
  if (n >= 32) {
    high = 0;
    return (hi >>> (n - 32)) | 0;
  }
  high = (hi >>> n) | 0;
  return (low >>> n) | (hi << (32 - n));
};

export const shrS64 = (low: number, hi: number, count: number): number => {
  const n = count & 63;
  if (n === 0) {
    high = hi;
    return low;
  }
  if (n >= 32) {
    high = hi >> 31;
    return hi >> (n - 32);
  }
  high = hi >> n;
  return (low >>> n) | (hi << (32 - n));
};

export const rotl64 = (low: number, hi: number, count: number): number => {
  const n = count & 63;
  const leftLow = shl64(low, hi, n);
  const leftHigh = high;
  if (n === 0) return leftLow;
  const rightLow = shrU64(low, hi, 64 - n);
  high |= leftHigh;
  return leftLow | rightLow;
};

export const rotr64 = (low: number, hi: number, count: number): number => rotl64(low, hi, 64 - (count & 63));

export const ltS64 = (al: number, ah: number, bl: number, bh: number): boolean =>
  ah === bh ? al >>> 0 < bl >>> 0 : ah < bh;

export const ltU64 = (al: number, ah: number, bl: number, bh: number): boolean =>
  ah === bh ? al >>> 0 < bl >>> 0 : ah >>> 0 < bh >>> 0;

/** Bits set in a 32-bit number. */
export const popcnt32 = (value: number): number => {
  let v = value - ((value >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};

/** Trailing zeros of a 32-bit number; 32 for zero. */
export const ctz32 = (value: number): number => (value === 0 ? 32 : 31 - Math.clz32(value & -value));

export const clz64 = (low: number, hi: number): number => (hi === 0 ? 32 + Math.clz32(low) : Math.clz32(hi));
export const ctz64 = (low: number, hi: number): number => (low === 0 ? 32 + ctz32(hi) : ctz32(low));
