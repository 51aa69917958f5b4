/** Single instructions on the interpreter, for tests that know what comes out. */
import type { VmExit } from '@polyvisor/core';
import { Random as Numbers } from '../../test-x87/generate.ts';
import { Random } from '../cases.ts';
import { makeArea } from './area.ts';
import { StateEmulated } from './emulated.ts';
import { WINDOW, WINDOW_SIZE, type StateCase, type StateOutcome } from './native.ts';

export const emulated = new StateEmulated();
/** The window's first address with an alignment of 64. */
export const PLACE = WINDOW;
export const little = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >> 24) & 255];

export interface Setup {
  readonly area?: Uint8Array;
  readonly memory?: Uint8Array;
  readonly registers?: Readonly<Record<number, bigint>>;
  readonly legacy?: boolean;
  readonly before?: () => void;
  /** How many instructions there are; one unless told. */
  readonly count?: number;
}

/** Runs instructions of 64-bit user mode unless told; `before` may change the mode. */
export function run(bytes: readonly number[], { area = makeArea(new Random(3), new Numbers(3)), memory = new Uint8Array(WINDOW_SIZE), registers = {}, legacy = false, before, count = 1 }: Setup = {}): StateOutcome {
  const given = new BigUint64Array(16);
  for (const [n, value] of Object.entries(registers)) given[Number(n)] = value;
  const c: StateCase = { rows: Array.from({ length: count }, () => ''), bytes: Uint8Array.from(bytes), offset: 0x400, legacy, registers: given, flags: 0x202, area, memory };
  return emulated.run(c, (): VmExit => {
    before?.();
    return emulated.cpu.run(count);
  });
}
/** The first 16-bit words, in hexadecimal. */
export const words = (bytes: Uint8Array, count: number): string[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: count }, (_, i) => view.getUint16(i * 2, true).toString(16));
};

/** Control 37f, status 4000 (C3), ST(0) one, ST(1) zero, opcode 123, pointers with all their digits. */
export function knownArea(): Uint8Array {
  const area = new Uint8Array(832), view = new DataView(area.buffer);
  view.setUint16(0, 0x37f, true);
  view.setUint16(2, 0x4000, true);
  view.setUint8(4, 3);
  view.setUint16(6, 0x123, true);
  view.setBigUint64(8, 0x89abcdefn, true);
  view.setBigUint64(16, 0x12345678n, true);
  view.setUint32(24, 0x1f80, true);
  view.setBigUint64(32, 1n << 63n, true);
  view.setUint16(40, 0x3fff, true);
  view.setBigUint64(512, 1n, true);
  return area;
}
