/** Constants as fixed-point numbers of any number of fraction bits, made while a module is built. */

/** Bits beyond those asked for, so that what is cut off at each step does not reach the result. */
const GUARD = 32n;

/** arctan(1/n) by its series; for integers n above one. */
const arctanOfInverse = (n: bigint, bits: bigint): bigint => {
  let power = (1n << bits) / n;
  let sum = power;
  for (let k = 3n; power !== 0n; k += 2n) {
    power = -power / (n * n);
    sum += power / k;
  }
  return sum;
};

/** π by Machin's formula, 16 arctan(1/5) - 4 arctan(1/239). */
export const pi = (bits: bigint): bigint => {
  const more = bits + GUARD;
  return (16n * arctanOfInverse(5n, more) - 4n * arctanOfInverse(239n, more)) >> GUARD;
};

/** 2·artanh(n/d) = ln((d + n)/(d - n)). */
const logOfRatio = (n: bigint, d: bigint, bits: bigint): bigint => {
  let power = (n << bits) / d;
  let sum = power;
  for (let k = 3n; power !== 0n; k += 2n) {
    power = (power * n * n) / (d * d);
    sum += power / k;
  }
  return 2n * sum;
};

/** The natural logarithm of n/d, positive numbers. */
export const ln = (n: bigint, bits: bigint, d = 1n): bigint => {
  const more = bits + GUARD;
  let twos = 0n;
  let [top, bottom] = [n, d];
  for (; top > 2n * bottom; twos++) bottom *= 2n;
  for (; bottom > top; twos--) top *= 2n;
  return (twos * logOfRatio(1n, 3n, more) + logOfRatio(top - bottom, top + bottom, more)) >> GUARD;
};

/** e to the power of x / 2^bits, for |x| below about one. */
export const exp = (x: bigint, bits: bigint): bigint => {
  const more = bits + GUARD;
  const scaled = x << GUARD;
  let term = 1n << more;
  let sum = term;
  for (let k = 1n; term !== 0n && term !== -1n; k++) {
    term = ((term * scaled) >> more) / k;
    sum += term;
  }
  return sum >> GUARD;
};

/** arctan(n/d) for 0 ≤ n ≤ d. */
export const arctan = (n: bigint, d: bigint, bits: bigint): bigint => {
  // Euler's series, Σ 2^(2k) k!² / (2k + 1)! · y^(k) · (n d / (n² + d²)), y = n² / (n² + d²), converges up to one.
  const more = bits + GUARD;
  const square = n * n + d * d;
  let term = ((n * d) << more) / square;
  let sum = term;
  for (let k = 1n; term !== 0n; k++) {
    term = (term * 2n * k * n * n) / ((2n * k + 1n) * square);
    sum += term;
  }
  return sum >> GUARD;
};
