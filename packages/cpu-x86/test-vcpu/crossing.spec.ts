/** Instructions that begin in one page and end in the next: kept when they were decoded, as long as their bytes are the same. */
import { Random } from '@polyvisor/testkit';
import { expect, test } from 'vitest';
import { PLACE, Rig, type Mode } from './rig.ts';

const HALT = 0xf4;

/** mov eax, value; hlt, with its first bytes in front of the page's end. */
function put(rig: Rig, at: number, value: number): void {
  rig.write(at, [0xb8, value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24, HALT]);
}

function execute(rig: Rig, at: number): number {
  rig.vcpu.state.set('rip', BigInt(at));
  rig.vcpu.state.setWord('activity', 0);
  rig.run();
  return Number(rig.vcpu.state.get('rax') & 0xffff_ffffn);
}

test.each(['long', 'protected32'] as const)('have the bytes that are there now, whichever page changed, in %s mode', (mode: Mode) => {
  const random = new Random(5);
  const rig = new Rig();
  rig.enter(mode, [HALT]);
  const values = new Map<number, number>();
  for (let i = 0; i < 600; i++) {
    const at = PLACE.code + 0x1_0000 + 0x1000 * (1 + random.below(20)) - 1 - random.below(4);
    if (!values.has(at) || random.chance(1, 3)) {
      // Neighbours would overlap.
      for (let other = at - 5; other <= at + 5; other++) values.delete(other);
      values.set(at, random.int32() >>> 0);
      put(rig, at, values.get(at)!);
    }
    expect(execute(rig, at)).toBe(values.get(at));
  }
});

test('that the guest changes before it gets there are executed as changed', () => {
  const rig = new Rig();
  const at = 0x1_2ffd;
  // mov byte [at + 3], 0x77 lies in the second page; jmp at; then the same once more with another byte.
  rig.enter('long', [0xc6, 0x04, 0x25, 0x00, 0x30, 0x01, 0x00, 0x77, 0xe9, 0, 0, 0, 0]);
  const jump = at - (PLACE.code + 13);
  rig.write(PLACE.code + 9, [jump & 0xff, (jump >> 8) & 0xff, jump >> 16, 0]);
  put(rig, at, 0x1122_3344);
  expect(execute(rig, at)).toBe(0x1122_3344);
  expect(execute(rig, PLACE.code)).toBe(0x1177_3344);
  rig.write(PLACE.code + 7, [0x99]);
  expect(execute(rig, PLACE.code)).toBe(0x1199_3344);
});

test('mean what the mode says', () => {
  const rig = new Rig();
  const at = 0x1_2fff;
  rig.enter('protected32', [HALT]);
  // 48 b8: dec eax, then mov eax, imm32 in 32-bit mode; in 64-bit mode mov rax, imm64.
  rig.write(at - 1, [0x48, 0xb8, 1, 0, 0, 0, HALT, 0, 0, 0, HALT]);
  expect(execute(rig, at)).toBe(1);
  rig.enter('long', [HALT]);
  rig.write(at - 1, [0x48, 0xb8, 1, 0, 0, 0, HALT, 0, 0, 0, HALT]);
  expect(execute(rig, at - 1)).toBe(1);
  expect(rig.vcpu.state.get('rax')).toBe(0xf4_0000_0001n);
});
