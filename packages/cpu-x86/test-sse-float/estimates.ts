import type { Driver } from './driver.ts';
import type { Host } from './host.ts';
import { OPERATIONS, type TestOperation } from './operations.ts';
import { B_AT, caseNumber, INPUT, OUTPUT } from './records.ts';

/** Operands whose estimates the manual defines: zeros, denormals, infinities, NaNs, and what is surely tiny or negative. */
const SPECIAL = [
  0, 0x80000000, 1, 0x80000001, 0x7fffff, 0x807fffff, 0x7f800000, 0xff800000, 0x7fc00005, 0xffc00005, 0x7f800001, 0xff800001,
  0x7f000000, 0xff000000, 0x7f7fffff,
];
/** The first results are roots of negative numbers too, but not the tiny reciprocals, where the operation is a root. */
const forRoot = (bits: number): boolean => bits !== 0x7f000000 && bits !== 0x7f7fffff;

const write = (driver: Driver, op: TestOperation, operands: readonly number[]): void => operands.forEach((bits, i) => {
  driver.input.setUint32(i * INPUT, caseNumber(OPERATIONS.indexOf(op), 0), true);
  driver.input.setUint32(i * INPUT + 4, 0x1f80, true);
  for (let k = 0; k < 32; k += 4) driver.input.setUint32(i * INPUT + B_AT + k, bits, true);
});

/** Our results and the host's. */
export function specialEstimates(driver: Driver, host: Host, op: TestOperation): { ours: string[]; theirs: string[] } {
  const operands = op.path[1] === 'reciprocalRoot' ? SPECIAL.filter(forRoot) : SPECIAL;
  write(driver, op, operands);
  driver.run(operands.length, 'func');
  const { input, output } = driver;
  const theirs = host.run(new Uint8Array(input.buffer, input.byteOffset, operands.length * INPUT));
  const show = (view: DataView): string[] => operands.map((bits, i) =>
    `${bits.toString(16)}: ${view.getUint32(i * OUTPUT, true).toString(16)} ${view.getUint32(i * OUTPUT + op.bytes - 4, true).toString(16)}`);
  return { ours: show(output), theirs: show(theirs) };
}
