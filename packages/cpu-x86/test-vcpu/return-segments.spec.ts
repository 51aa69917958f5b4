import { expect, test } from 'vitest';
import { PLACE, Rig, type Mode } from './rig.ts';

const IRET = { protected32: [0xcf], long: [0x48, 0xcf] }, RETF = { protected32: [0xcb], long: [0x48, 0xcb] };
const USER = { cs: 51, ss: 59 }, KERNEL = { cs: 8, ss: 16 };

/** Returns from CPL 0 to an endless loop, with null selectors 1, 2, 3 and a base in GS. */
function returned(mode: Mode & ('protected32' | 'long'), code: readonly number[], flags: boolean, to: typeof USER): Rig {
  const rig = new Rig(), size = mode === 'long' ? 8 : 4;
  rig.enter(mode, [...code, 0xf4]);
  const frame = [PLACE.code + 0x40, to.cs, ...(flags ? [2] : []), PLACE.stack - 0x800, to.ss];
  rig.write(PLACE.stack, frame.flatMap((word) => Array.from({ length: size }, (_, i) => (i < 4 ? (word >> (8 * i)) & 0xff : 0))));
  const { state } = rig.vcpu;
  const none = { rights: 0x1_0000, limit: 0, base: 0n };
  state.setSegment('es', { ...none, selector: 1 });
  state.setSegment('fs', { ...none, selector: 2 });
  state.setSegment('gs', { ...none, selector: 3, base: 0x1234_5000n });
  rig.write(PLACE.code + 0x40, [0xeb, 0xfe]);
  rig.run(10);
  expect(state.segment('cs').selector).toBe(to.cs);
  return rig;
}

test.each(['protected32', 'long'] as const)('a return to an outer level makes null selectors 0, keeps bases and drops inner segments (%s)', (mode) => {
  for (const [code, flags] of [[IRET[mode], true], [RETF[mode], false]] as const) {
    const { state } = returned(mode, code, flags, USER).vcpu;
    expect((['es', 'fs', 'gs', 'ds'] as const).map((name) => state.segment(name).selector)).toEqual([0, 0, 0, 0]);
    expect(state.segment('gs').base).toBe(0x1234_5000n);
    expect(state.segment('ds').rights & 0x1_0000).not.toBe(0);
  }
});

test('a return to the same level leaves them', () => {
  const { state } = returned('long', IRET.long, true, KERNEL).vcpu;
  expect((['es', 'fs', 'gs', 'ds'] as const).map((name) => state.segment(name).selector)).toEqual([1, 2, 3, 16]);
});
