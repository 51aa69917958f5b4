/** x87, SSE and AVX registers of a case: as XSAVE lays them out and as a vCPU's state does. */
import { VECTOR_REGISTERS_AT, WORD_OFFSETS, X87_CONTROL, X87_REGISTERS_AT } from '@polyvisor/core';

export interface VectorState {
  /** YMM0 to YMM15, 32 bytes each. */
  readonly ymm: Uint8Array;
  /** The physical x87 registers, ten bytes of each sixteen. */
  readonly x87: Uint8Array;
  /** x87 control and status word, abridged tag word. */
  readonly fcw: number;
  readonly fsw: number;
  readonly ftw: number;
  readonly mxcsr: number;
}

export const XSAVE_SIZE = 832;
/** Places in the XSAVE area (Intel SDM vol. 1, 13.4). */
const AT = { fcw: 0, fsw: 2, ftw: 4, mxcsr: 24, mxcsrMask: 28, x87: 32, xmm: 160, header: 512, high: 576 } as const;

export const INITIAL_STATE: VectorState = {
  ymm: new Uint8Array(512), x87: new Uint8Array(128), fcw: 0x37f, fsw: 0, ftw: 0, mxcsr: 0x1f80,
};

const top = (fsw: number): number => (fsw >> 11) & 7;

export function writeXsave(area: Uint8Array, state: VectorState): void {
  const view = new DataView(area.buffer, area.byteOffset, area.length);
  area.fill(0);
  view.setUint16(AT.fcw, state.fcw, true);
  view.setUint16(AT.fsw, state.fsw, true);
  area[AT.ftw] = state.ftw;
  view.setUint32(AT.mxcsr, state.mxcsr, true);
  view.setUint32(AT.mxcsrMask, 0xffff, true);
  // ST(i) there, physical registers here.
  for (let i = 0; i < 8; i++) area.set(state.x87.subarray(((i + top(state.fsw)) & 7) * 16).subarray(0, 10), AT.x87 + i * 16);
  for (let i = 0; i < 16; i++) {
    area.set(state.ymm.subarray(i * 32, i * 32 + 16), AT.xmm + i * 16);
    area.set(state.ymm.subarray(i * 32 + 16, i * 32 + 32), AT.high + i * 16);
  }
  area[AT.header] = 7;
}

export function readXsave(area: Uint8Array): VectorState {
  const view = new DataView(area.buffer, area.byteOffset, area.length);
  const fsw = view.getUint16(AT.fsw, true), ymm = new Uint8Array(512), x87 = new Uint8Array(128);
  for (let i = 0; i < 8; i++) x87.set(area.subarray(AT.x87 + i * 16, AT.x87 + i * 16 + 10), ((i + top(fsw)) & 7) * 16);
  for (let i = 0; i < 16; i++) {
    ymm.set(area.subarray(AT.xmm + i * 16, AT.xmm + i * 16 + 16), i * 32);
    ymm.set(area.subarray(AT.high + i * 16, AT.high + i * 16 + 16), i * 32 + 16);
  }
  return { ymm, x87, fsw, fcw: view.getUint16(AT.fcw, true), ftw: area[AT.ftw] ?? 0, mxcsr: view.getUint32(AT.mxcsr, true) };
}

/** Brings a state into a vCPU's block, of which `view` is the architectural part. */
export function loadState(view: DataView, state: VectorState): void {
  const block = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  block.set(state.ymm, VECTOR_REGISTERS_AT);
  block.set(state.x87, X87_REGISTERS_AT);
  view.setUint16(X87_CONTROL.fcw[0], state.fcw, true);
  view.setUint16(X87_CONTROL.fsw[0], state.fsw, true);
  view.setUint16(X87_CONTROL.ftw[0], state.ftw, true);
  view.setUint32(WORD_OFFSETS.mxcsr, state.mxcsr, true);
}

export function saveState(view: DataView): VectorState {
  const block = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return {
    ymm: block.slice(VECTOR_REGISTERS_AT, VECTOR_REGISTERS_AT + 512), x87: block.slice(X87_REGISTERS_AT, X87_REGISTERS_AT + 128),
    fcw: view.getUint16(X87_CONTROL.fcw[0], true), fsw: view.getUint16(X87_CONTROL.fsw[0], true),
    ftw: view.getUint16(X87_CONTROL.ftw[0], true), mxcsr: view.getUint32(WORD_OFFSETS.mxcsr, true),
  };
}

const hex = (bytes: Uint8Array): string => [...bytes].reverse().map((b) => b.toString(16).padStart(2, '0')).join('');
const differs = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) !== 0;

/** What differs between two states, as text. Outside 64-bit mode only eight vector registers are there. */
export function stateDifferences(expected: VectorState, actual: VectorState, legacy: boolean): string[] {
  const found: string[] = [];
  const registers = (what: string, size: number, count: number, a: Uint8Array, b: Uint8Array): void => {
    if (!differs(a, b)) return;
    for (let i = 0; i < count; i++) {
      const x = a.subarray(i * size, (i + 1) * size), y = b.subarray(i * size, (i + 1) * size);
      if (differs(x, y)) found.push(`${what}${i}: native ${hex(x)}, engine ${hex(y)}`);
    }
  };
  registers('ymm', 32, legacy ? 8 : 16, expected.ymm, actual.ymm);
  registers('x87 ', 16, 8, expected.x87, actual.x87);
  for (const name of ['fcw', 'fsw', 'ftw', 'mxcsr'] as const) {
    if (expected[name] !== actual[name]) found.push(`${name}: native ${expected[name].toString(16)}, engine ${actual[name].toString(16)}`);
  }
  return found;
}
