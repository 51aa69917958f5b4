/** Instructions that neither the comparison with a processor in user mode nor the system guests reach. */
import { expect, test } from 'vitest';
import { PLACE, Rig, type Mode } from './rig.ts';

const DATA = 0x9800;
function run(mode: Mode, code: readonly number[], prepare: (rig: Rig) => void = () => undefined): Rig {
  const rig = new Rig();
  rig.enter(mode, [...code, 0xf4]);
  rig.vcpu.state.set('rsi', BigInt(DATA));
  rig.vcpu.state.set('rdi', BigInt(DATA));
  rig.vcpu.state.set('rdx', 0x170n);
  prepare(rig);
  expect(rig.run().kind).toBe('halted');
  expect(rig.halted).toBe(-1);
  return rig;
}

test('INSW and INSD store what the port reads and count RCX down', () => {
  const three = (rig: Rig): void => {
    rig.input = 0x1234_5678;
    rig.vcpu.state.set('rcx', 3n);
  };
  const words = run('long', [0xf3, 0x66, 0x6d], three);
  expect(words.io).toEqual(['in 170/2', 'in 170/2', 'in 170/2']);
  expect(words.read(DATA, 8)).toEqual([0x78, 0x56, 0x78, 0x56, 0x78, 0x56, 0, 0]);
  expect([words.vcpu.state.get('rcx'), words.vcpu.state.get('rdi')]).toEqual([0n, BigInt(DATA + 6)]);
  const backwards = run('protected32', [0xfd, 0xf3, 0x6d], three);
  expect(backwards.vcpu.state.get('rdi')).toBe(BigInt(DATA - 12));
  expect(backwards.read(DATA - 8, 4)).toEqual([0x78, 0x56, 0x34, 0x12]);
});

test('OUTSW and OUTSD write what memory holds, OUT what the accumulator holds', () => {
  const rig = run('long', [0x66, 0x6f, 0x6f, 0xe7, 0x11, 0x66, 0xef], (r) => {
    r.write(DATA, [1, 2, 3, 4, 5, 6]);
    r.vcpu.state.set('rax', 0xdead_beefn);
  });
  expect(rig.io).toEqual(['out 170/2 201', 'out 170/4 6050403', 'out 11/4 deadbeef', 'out 170/2 deadbeef']);
});

test('LFS loads a pointer and its descriptor', () => {
  const rig = run('protected32', [0x0f, 0xb4, 0x06], (r) => r.write(DATA, [0x78, 0x56, 0x34, 0x12, 0x10, 0]));
  expect(rig.vcpu.state.get('rax')).toBe(0x1234_5678n);
  expect(rig.vcpu.state.segment('fs')).toEqual(rig.vcpu.state.segment('ds'));
});

test('JCXZ looks at CX alone', () => {
  const rig = run('real', [0xe3, 1, 0xf4, 0xb0, 7], (r) => r.vcpu.state.set('rcx', 0x1_0000n));
  expect(rig.vcpu.state.low('rax') & 0xff).toBe(7);
});

test('MOVSXD of 16 bits copies, NOP 0F 0D does nothing', () => {
  const rig = run('long', [0x66, 0x63, 0xc3, 0x0f, 0x0d, 0xc0], (r) => {
    r.vcpu.state.set('rax', 0x1111_1111_1111_1111n);
    r.vcpu.state.set('rbx', 0x2222_8333n);
  });
  expect(rig.vcpu.state.get('rax')).toBe(0x1111_1111_1111_8333n);
});

test('XSAVE64 and XRSTOR64 bring the x87 and vector registers back', () => {
  const clear = [0x0f, 0x57, 0xc0, 0x0f, 0xae, 0xe8]; // xorps xmm0, xmm0; lfence
  const rig = run('long', [0x48, 0x0f, 0xae, 0x27, ...clear, 0x48, 0x0f, 0xae, 0x2f], (r) => {
    r.vcpu.state.set('rdi', BigInt(PLACE.code + 0x1000));
    r.vcpu.state.set('rax', 7n);
    r.vcpu.state.set('rdx', 0n);
    new Uint8Array(r.host.bytes.buffer, r.vcpu.engine.block).set([1, 2, 3, 4], r.vcpu.state.view.byteLength - 16 * 32);
  });
  expect([...new Uint8Array(rig.host.bytes.buffer, rig.vcpu.engine.block + rig.vcpu.state.view.byteLength - 16 * 32, 4)]).toEqual([1, 2, 3, 4]);
});
