import type { Decoded } from '../decode/decoded.ts';

/** A number in hexadecimal. */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** The low `bits` bits of a two-halved value, unsigned. */
export function unsigned(low: number, high: number, bits: number): bigint {
  return BigInt.asUintN(bits, (BigInt(high) << 32n) | BigInt(low >>> 0));
}

/** An address (sign-extended number) with its symbol when there is one. */
export function addressText(address: number, symbol: ((address: number) => string | undefined) | undefined): string {
  const name = symbol?.(address);
  const text = hex(BigInt.asUintN(64, BigInt(address)));
  return name === undefined ? text : `${text} <${name}>`;
}

/** The displacement of a memory operand without base and index: an address of the address size. */
export function absoluteDisplacement(d: Decoded): string {
  return hex(unsigned(d.disp, d.dispHigh, d.addressSize));
}
