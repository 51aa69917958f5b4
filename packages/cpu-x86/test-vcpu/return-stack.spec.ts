import { expect, test } from 'vitest';
import { PLACE, Rig } from './rig.ts';

const IRETQ = [0x48, 0xcf], CODE64 = 51, CODE32 = 75, DATA = 59;

/** The stack pointer after a return from 64-bit code at CPL 0 to an endless loop at CPL 3. */
function returned(code: readonly number[], cs: number, pointer: bigint): bigint {
  const rig = new Rig();
  rig.enter('long', code);
  rig.write(PLACE.gdt + (CODE32 & ~7), [0xff, 0xff, 0, 0, 0, 0xfb, 0xcf, 0]);
  const words = [BigInt(PLACE.code + 0x40), BigInt(cs), ...(code === IRETQ ? [2n] : []), pointer, BigInt(DATA)];
  rig.write(PLACE.stack, words.flatMap((word) => Array.from({ length: 8 }, (_, i) => Number((word >> BigInt(8 * i)) & 0xffn))));
  rig.write(PLACE.code + 0x40, [0xeb, 0xfe]);
  rig.run(10);
  expect(rig.vcpu.state.segment('cs').selector).toBe(cs);
  return rig.vcpu.state.get('rsp');
}

test('a return to 64-bit code restores all bits of a stack pointer that is not canonical', () => {
  expect(returned(IRETQ, CODE64, 0x8bad_f00d_5aad_c0den)).toBe(0x8bad_f00d_5aad_c0den);
  expect(returned([0x48, 0xcb], CODE64, 0x8bad_f00d_5aad_c0den)).toBe(0x8bad_f00d_5aad_c0den);
});

test('RET far adds the bytes of parameters to all 64 bits of it', () => {
  // The inner stack gives up 16 bytes as well, which stand between the return address and the outer stack pointer.
  const rig = new Rig();
  rig.enter('long', [0x48, 0xca, 16, 0]);
  const words = [PLACE.code + 0x40, CODE64, 0, 0].map(BigInt).concat(0x7fff_fffe_ffff_fff5n, BigInt(DATA));
  rig.write(PLACE.stack, words.flatMap((word) => Array.from({ length: 8 }, (_, i) => Number((word >> BigInt(8 * i)) & 0xffn))));
  rig.write(PLACE.code + 0x40, [0xeb, 0xfe]);
  rig.run(10);
  expect(rig.vcpu.state.get('rsp')).toBe(0x7fff_ffff_0000_0005n);
});

test('a return to 32-bit code leaves the low half', () => {
  expect(returned(IRETQ, CODE32, 0x8bad_f00d_5aad_c0den)).toBe(0x5aad_c0den);
});
