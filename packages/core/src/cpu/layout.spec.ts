import { describe, expect, test } from 'vitest';
import { CONTROL_BLOCK_SIZE, CONTROL_OFFSETS, ControlBlock, EventType, Intercept, type InterceptName } from './control-block.ts';
import {
  QUAD_OFFSETS, SEGMENTS, SEGMENT_AT, SEGMENT_SIZE, VCPU_STATE_SIZE, VECTOR_REGISTERS_AT, WORD_OFFSETS, X87_CONTROL, X87_REGISTERS_AT,
} from './state-layout.ts';
import { VcpuState } from './vcpu-state.ts';

describe('the vCPU state block', () => {
  test('has no overlapping fields, and every field aligned and inside', () => {
    const fields: [string, number, number][] = [
      ...Object.entries(QUAD_OFFSETS).map(([n, at]): [string, number, number] => [n, at, 8]),
      ...Object.entries(WORD_OFFSETS).map(([n, at]): [string, number, number] => [n, at, 4]),
      ...SEGMENTS.map((n): [string, number, number] => [n, SEGMENT_AT[n], SEGMENT_SIZE]),
      ...Object.entries(X87_CONTROL).map(([n, [at, size]]): [string, number, number] => [n, at, size]),
      ['x87', X87_REGISTERS_AT, 128],
      ['vectors', VECTOR_REGISTERS_AT, 512],
    ];
    const owner = new Map<number, string>();
    for (const [name, at, size] of fields) {
      expect(at % Math.min(size, 8), name).toBe(0);
      for (let i = at; i < at + size; i++) {
        expect(owner.get(i), `${name} at ${i}`).toBeUndefined();
        owner.set(i, name);
      }
    }
    expect(Math.max(...owner.keys())).toBe(VCPU_STATE_SIZE - 1);
    expect(VECTOR_REGISTERS_AT % 32).toBe(0);
  });

  test('keeps what is written, in halves and as a whole', () => {
    const state = new VcpuState(new ArrayBuffer(VCPU_STATE_SIZE + 64), 64);
    state.set('r15', 0x8000_0001_ffff_fffen);
    expect([state.low('r15'), state.high('r15')]).toEqual([-2, -0x7fffffff]);
    state.setHalves('cr3', 0x1000, 1);
    expect(state.get('cr3')).toBe(0x1_0000_1000n);
    const cs = { selector: 0x10, rights: 0xa09b, limit: 0xffffffff, base: 0xffff_8000_0000_0000n };
    state.setSegment('cs', cs);
    const copy = new VcpuState(new ArrayBuffer(VCPU_STATE_SIZE), 0);
    copy.load(state.save());
    expect([copy.segment('cs'), copy.get('r15')]).toEqual([cs, 0x8000_0001_ffff_fffen]);
  });
});

describe('the control block', () => {
  const block = (): ControlBlock => new ControlBlock(new ArrayBuffer(CONTROL_BLOCK_SIZE), 0);

  test('has a bit of its own for each intercept', () => {
    for (const name of Object.keys(Intercept) as InterceptName[]) {
      const b = block();
      b.intercept(name);
      const on = (Object.keys(Intercept) as InterceptName[]).filter((n) => b.intercepts(n));
      expect(on).toEqual([name]);
    }
  });

  test('keeps ports, MSRs, exceptions and registers apart', () => {
    const b = block();
    b.interceptPort(0x3f8);
    b.interceptMsr(0xc0000080, 'write');
    b.interceptException(14);
    b.interceptControlRegister(3, 'write');
    b.interceptDebugRegister(7, 'read');
    expect([b.interceptsPort(0x3f8), b.interceptsPort(0x3f9)]).toEqual([true, false]);
    expect([b.interceptsMsr(0xc0000080, 'write'), b.interceptsMsr(0xc0000080, 'read'), b.interceptsMsr(0x80, 'write')]).toEqual([true, false, false]);
    expect([b.interceptsException(14), b.interceptsException(13)]).toEqual([true, false]);
    expect([b.interceptsControlRegister(3, 'write'), b.interceptsControlRegister(3, 'read')]).toEqual([true, false]);
    expect([b.interceptsDebugRegister(7, 'read'), b.interceptsDebugRegister(7, 'write')]).toEqual([true, false]);
    expect(b.view.getUint8(CONTROL_OFFSETS.portBitmap + (0x3f8 >> 3))).toBe(1);
  });

  test('always exits for MSRs outside the bitmap, and says so', () => {
    const b = block();
    expect(b.interceptMsr(0x4b564d00, 'read')).toBe(false);
    expect(b.interceptsMsr(0x4b564d00, 'read')).toBe(true);
  });

  test('holds one event until the engine has delivered it', () => {
    const b = block();
    const fault = { vector: 13, type: EventType.hardwareException, errorCode: 0x18 };
    expect(b.inject(fault)).toBe(true);
    expect(b.inject({ vector: 32, type: EventType.externalInterrupt })).toBe(false);
    expect(b.injected).toEqual(fault);
    b.clearInjected();
    expect(b.injected).toBeUndefined();
  });

  test('forgets everything but its tag when it is cleared', () => {
    const b = block();
    b.tag = 7;
    b.intercept('hlt');
    b.inject({ vector: 2, type: EventType.nmi });
    b.clear();
    expect([b.intercepts('hlt'), b.injected, b.tag]).toEqual([false, undefined, 7]);
  });
});
