import { expect, test } from 'vitest';
import { PLACE, Rig } from './rig.ts';

const MOV_SS = [0x8e, 0x14, 0x25, 0x00, 0xa0, 0x00, 0x00]; // MOV SS, [0A000H]
/** Each frame begins at a multiple of 16. */
const FRAME = 40;

/** Runs 64-bit code at CPL 0 with a breakpoint on reading the word at A000H, the selector of a stack segment. */
function run(code: readonly number[]): Rig {
  const rig = new Rig();
  rig.enter('long', code);
  rig.write(0xa000, [16, 0]);
  rig.vcpu.state.set('dr0', 0xa000n);
  rig.vcpu.state.set('dr6', 0xffff_0ff0n);
  rig.vcpu.state.set('dr7', 0x7_0402n); // G0: reads and writes of two bytes
  rig.run();
  return rig;
}
const outcome = ({ vcpu, halted }: Rig): object =>
  ({ vector: halted, dr6: Number(vcpu.state.get('dr6')), pushed: PLACE.stack - Number(vcpu.state.get('rsp')) });

test('INT1 behind MOV SS is one debug exception, which reports the breakpoint on the stack segment too', () => {
  const rig = run([...MOV_SS, 0xf1]);
  expect(outcome(rig)).toEqual({ vector: 1, dr6: 0xffff_0ff1, pushed: FRAME });
  expect(rig.read(PLACE.stack - FRAME, 2)).toEqual([(PLACE.code + 8) & 0xff, PLACE.code >> 8]);
});

test('what MOV SS held back comes behind the next instruction, and behind the entry of another handler', () => {
  expect(outcome(run([...MOV_SS, 0x90, 0x90]))).toEqual({ vector: 1, dr6: 0xffff_0ff1, pushed: FRAME });
  expect(outcome(run([...MOV_SS, 0xcc]))).toEqual({ vector: 1, dr6: 0xffff_0ff1, pushed: 2 * FRAME + 8 });
});
