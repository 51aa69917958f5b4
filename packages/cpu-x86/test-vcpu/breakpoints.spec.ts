import { expect, test } from 'vitest';
import { PLACE, Rig } from './rig.ts';

const READ = [0x8b, 0x1c, 0x25, 0x00, 0xa0, 0x00, 0x00]; // MOV EBX, [0A000H]
const DATA = 0xf_0002n; // G0: reads and writes of four bytes
const CODE = 0x8n; // G1: execution

/** Runs a read of A000H and a NOP with a breakpoint on each; what DR6 says, and how far the code came. */
function run(dr7: bigint): object {
  const rig = new Rig();
  rig.enter('long', [...READ, 0x90, 0xf4]);
  rig.vcpu.state.set('dr0', 0xa000n);
  rig.vcpu.state.set('dr1', BigInt(PLACE.code + READ.length));
  rig.vcpu.state.set('dr6', 0xffff_0ff0n);
  rig.vcpu.state.set('dr7', 0x400n | dr7);
  rig.run();
  return { vector: rig.halted, dr6: Number(rig.vcpu.state.get('dr6')), at: rig.read(PLACE.stack - 40, 1)[0] };
}

test.each([['alone', 0n], ['beside a breakpoint on code', CODE]])('a breakpoint on data is met %s', (_, others) => {
  expect(run(DATA | others)).toEqual({ vector: 1, dr6: 0xffff_0ff1, at: READ.length });
});

test('a breakpoint on code is met without one on data', () => {
  expect(run(CODE)).toEqual({ vector: 1, dr6: 0xffff_0ff2, at: READ.length });
});
