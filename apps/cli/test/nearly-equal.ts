/**
 * Lines of floating.c where the x87's transcendental instructions take part (FPATAN, FYL2X, F2XM1 and their kin). Processors differ in the
 * last bit of these, and in whether they call a result inexact that happens to be exact (Intel SDM vol. 1 §8.3.10): they may differ by
 * two units in the last place of the type, and in the flag for inexact results. Everything else must be equal.
 */
const TRANSCENDENTAL = /^(a(cos|sin|tan)h?|atan2|(sin|cos|tan)h?|sincos|exp(2|10|m1)?|log(2|10|1p)?|pow|cbrt|[lt]gamma(_r)?|erfc?|[jy][01n])$/;
const INEXACT = 0x20;
const ULPS = 2;

/** Bits of each type's significand. */
export const SIGNIFICAND = { float: 24, double: 53, 'long double': 64 } as const;
export type FloatingType = keyof typeof SIGNIFICAND;

/** Lines that differ by more than they may, and how many differ at all. */
export function compareFloating(found: string, expected: string, type: FloatingType): { readonly wrong: readonly string[]; readonly different: number } {
  const [a, b] = [found.split('\n'), expected.split('\n')];
  const wrong: string[] = a.length === b.length ? [] : [`${a.length} lines instead of ${b.length}`];
  let different = 0;
  a.forEach((line, i) => {
    const other = b[i] ?? '';
    if (line === other) return;
    different++;
    if (!mayDiffer(line, other, SIGNIFICAND[type])) wrong.push(`${line} instead of ${other}`);
  });
  return { wrong: wrong.slice(0, 10), different };
}

function mayDiffer(found: string, expected: string, bits: number): boolean {
  const [mode, name = '', flags = '', ...values] = found.split(' ');
  const [otherMode, otherName, otherFlags = '', ...others] = expected.split(' ');
  if (mode !== otherMode || name !== otherName || !TRANSCENDENTAL.test(name) || values.length !== others.length) return false;
  if (((parseInt(flags, 16) ^ parseInt(otherFlags, 16)) & ~INEXACT) !== 0) return false;
  return values.every((value, i) => value === others[i] || isNear(value, others[i]!, bits));
}

/** Whether two numbers as printf's %La writes them are at most `ULPS` apart. */
function isNear(a: string, b: string, bits: number): boolean {
  const [x, y] = [parse(a), parse(b)];
  if (x === undefined || y === undefined) return false;
  const shift = Math.min(x.exponent, y.exponent);
  if (Math.abs(x.exponent - y.exponent) > 4) return false;
  const [m, n] = [x, y].map(({ significand, exponent }) => significand << BigInt(exponent - shift)) as [bigint, bigint];
  const unit = 1n << BigInt(Math.max(0, m.toString(2).replace('-', '').length - bits));
  const distance = m > n ? m - n : n - m;
  return distance <= BigInt(ULPS) * unit;
}

const DIGITS = 15;

function parse(text: string): { readonly significand: bigint; readonly exponent: number } | undefined {
  const [, sign, whole, fraction = '', exponent] = /^(-?)0x([0-9a-f])(?:\.([0-9a-f]+))?p([-+]\d+)$/.exec(text) ?? [];
  if (whole === undefined || exponent === undefined) return undefined;
  const significand = BigInt(`0x${whole}${fraction.padEnd(DIGITS, '0')}`);
  return { significand: sign === '-' ? -significand : significand, exponent: Number(exponent) - 4 * DIGITS };
}
