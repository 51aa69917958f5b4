/**
 * Branded units: a number that has been checked once and cannot be mixed up afterwards. They cost nothing at run
 * time. Hot functions take plain numbers, because the value was checked when it entered.
 */
import { coreErrors } from '../errors/core-errors.ts';
import { PolyvisorError } from '../errors/problem.ts';

declare const unit: unique symbol;
export type Unit<B extends string> = number & { readonly [unit]: B };

/** Guest-physical address in bytes, 0 … 2^52 − 1 (Intel SDM vol. 3A §4.1.4, MAXPHYADDR). */
export type Gpa = Unit<'Gpa'>;
/** Guest frame number: a guest-physical address divided by 4096. */
export type Gfn = Unit<'Gfn'>;
/** Machine frame number: index of a 4 KiB frame in the Host's memory. */
export type Mfn = Unit<'Mfn'>;
/** Byte offset in the Host's WebAssembly memory. */
export type HostOffset = Unit<'HostOffset'>;
/** I/O port, 0 … 65535. */
export type Port = Unit<'Port'>;
/** Global system interrupt: an input of the machine's interrupt controller (ACPI 6.5 §5.2.12.2), 0 … 1023. */
export type Gsi = Unit<'Gsi'>;
/** Interrupt or exception vector, 0 … 255. */
export type Vector = Unit<'Vector'>;
/** Guest time in nanoseconds since the machine was created; exact up to 104 days. */
export type Nanoseconds = Unit<'Nanoseconds'>;

/** Bytes in a frame; also the page size of every second-level table's leaf. */
export const FRAME_SIZE = 4096;
export const FRAME_SHIFT = 12;
/** Frames in a 2 MiB run, the size in which guest memory is normally handed out. */
export const RUN_FRAMES = 512;

const LIMITS = {
  Gpa: 2 ** 52 - 1,
  Gfn: 2 ** 40 - 1,
  Mfn: 2 ** 40 - 1,
  HostOffset: 2 ** 52 - 1,
  Port: 0xffff,
  Gsi: 1023,
  Vector: 255,
  Nanoseconds: Number.MAX_SAFE_INTEGER,
} as const;

function parse<B extends keyof typeof LIMITS>(unit: B, value: number): Unit<B> {
  const max = LIMITS[unit];
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new PolyvisorError([coreErrors['unit-out-of-range'](String(value), { unit, value, max })]);
  }
  return value as Unit<B>;
}

export const gpa = (value: number): Gpa => parse('Gpa', value);
export const gfn = (value: number): Gfn => parse('Gfn', value);
export const mfn = (value: number): Mfn => parse('Mfn', value);
export const hostOffset = (value: number): HostOffset => parse('HostOffset', value);
export const port = (value: number): Port => parse('Port', value);
export const gsi = (value: number): Gsi => parse('Gsi', value);
export const vector = (value: number): Vector => parse('Vector', value);
export const nanoseconds = (value: number): Nanoseconds => parse('Nanoseconds', value);

const SUFFIX: Readonly<Record<string, number>> = {
  '': 1, B: 1, K: 2 ** 10, KiB: 2 ** 10, M: 2 ** 20, MiB: 2 ** 20, G: 2 ** 30, GiB: 2 ** 30,
};

/**
 * Bytes from `4096`, `"64MiB"`, `"1G"`. As in QEMU, `K`, `M` and `G` are binary. `undefined` when it is no size, so
 * that the caller can say where it stood.
 */
export function parseBytes(text: string | number): number | undefined {
  if (typeof text === 'number') return Number.isSafeInteger(text) && text >= 0 ? text : undefined;
  const match = /^(\d+)\s*([A-Za-z]*)$/.exec(text.trim());
  const scale = SUFFIX[match?.[2] ?? ''];
  if (!match || scale === undefined) return undefined;
  const bytes = Number(match[1]) * scale;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
