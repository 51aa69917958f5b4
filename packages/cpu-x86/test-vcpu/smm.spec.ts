import { describe, expect, test } from 'vitest';
import { PLACE, Rig, type Mode } from './rig.ts';

/** SMBASE after power-on, and where the handler begins. */
const BASE = 0x3_0000, HANDLER = BASE + 0x8000;
const quad = (rig: Rig, at: number): bigint => new DataView(Uint8Array.from(rig.read(at, 8)).buffer).getBigUint64(0, true);

describe.each(['real', 'protected32', 'pae', 'long', 'v86'] as const satisfies readonly Mode[])('an SMI in %s mode', (mode) => {
  test('saves the state, runs the handler in a flat real mode and RSM brings everything back', () => {
    const rig = new Rig();
    rig.enter(mode, [0x90, 0x40, 0x90].map((b, i) => (mode === 'long' && i === 1 ? 0x90 : b)));
    rig.write(HANDLER, [0x66, 0xb8, 0x78, 0x56, 0x34, 0x12, 0x0f, 0xaa]); // mov eax, 12345678h; rsm
    rig.vcpu.state.set('rax', 0x55n);
    rig.vcpu.state.set('rbx', 0xaan);
    rig.run(1);
    const before = rig.vcpu.state.save();
    rig.vcpu.smi();
    rig.run(1);
    expect(rig.vcpu.state.segment('cs')).toMatchObject({ base: BigInt(BASE), limit: 0xffff_ffff });
    expect([rig.vcpu.state.low('cr0') & 1, rig.vcpu.state.word('cpl'), rig.vcpu.state.low('rax')]).toEqual([0, 0, 0x1234_5678]);
    expect([quad(rig, HANDLER + 0x7f78), quad(rig, HANDLER + 0x7ff8), quad(rig, HANDLER + 0x7fe0)]).toEqual([BigInt(PLACE.code + 1), 0x55n, 0xaan]);
    rig.run(1);
    expect(Buffer.from(rig.vcpu.state.save()).equals(Buffer.from(before))).toBe(true);
    rig.run(1);
    expect(rig.vcpu.state.get('rip')).toBe(BigInt(PLACE.code + 2));
  });
});

test('SMIs and NMIs wait until RSM, and the handler may move SMBASE', () => {
  const rig = new Rig();
  rig.enter('long', [0x90, 0x90]);
  // mov dword [ss:0x3ff00], 0x50000; rsm
  rig.write(HANDLER, [0x66, 0x67, 0xc7, 0x05, 0x00, 0xff, 0x03, 0x00, 0x00, 0x00, 0x05, 0x00, 0x0f, 0xaa]);
  rig.write(0x5_8000, [0x0f, 0xaa]);
  rig.vcpu.smi();
  rig.run(1);
  rig.vcpu.smi();
  rig.vcpu.nmi();
  rig.run(1);
  expect(rig.vcpu.state.segment('cs').base).toBe(0x5_0000n);
  rig.run(1);
  expect(rig.run().kind).toBe('halted');
  expect(rig.halted).toBe(2);
});

test('an SMI wakes a halted processor, which halts again behind RSM', () => {
  const rig = new Rig();
  rig.enter('long', [0xf4, 0x90]);
  rig.write(HANDLER, [0x0f, 0xaa]);
  expect(rig.run().kind).toBe('halted');
  rig.vcpu.smi();
  expect(rig.vcpu.runnable).toBe(true);
  expect(rig.run().kind).toBe('halted');
  expect(rig.vcpu.state.get('rip')).toBe(BigInt(PLACE.code + 1));
  expect(rig.vcpu.instructions).toBe(2);
});

test('RSM outside system-management mode is #UD', () => {
  const rig = new Rig();
  rig.enter('long', [0x0f, 0xaa]);
  rig.run();
  expect(rig.halted).toBe(6);
});
