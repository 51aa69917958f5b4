/** The rules of the register stack, on any host (Intel SDM vol. 1, 8.1, 8.5, 8.6). */
import { describe, expect, test } from 'vitest';
import { CODE, type StateOutcome } from './native.ts';
import { knownArea, little, PLACE, run, words } from './one-instruction.ts';

const view = (area: Uint8Array): DataView => new DataView(area.buffer);
const control = (o: StateOutcome): number => view(o.area).getUint16(0, true);
const status = (o: StateOutcome): number => view(o.area).getUint16(2, true);
const top = (o: StateOutcome): number => (status(o) >> 11) & 7;
const register = (o: StateOutcome, i: number): string =>
  `${view(o.area).getUint16(40 + i * 16, true).toString(16)}:${view(o.area).getBigUint64(32 + i * 16, true).toString(16)}`;
/** As `knownArea`, with another control word and tags. */
const area = (word: number, tags = 3): Uint8Array => {
  const changed = knownArea();
  view(changed).setUint16(0, word, true);
  changed[4] = tags;
  return changed;
};
const INDEFINITE = 'ffff:c000000000000000';
const [FLD1, FADD, FDIV, WAIT, FNSTSW, FNOP] = [[0xd9, 0xe8], [0xd8, 0xc1], [0xd8, 0xf1], [0x9b], [0xdf, 0xe0], [0xd9, 0xd0]];

describe('stack faults', () => {
  test('a push onto a full stack gives the default NaN, with SF and C1', () => {
    const done = run(FLD1, { area: area(0x37f, 0xff) });
    expect([top(done), register(done, 0), (status(done) & 0x241).toString(16)]).toEqual([7, INDEFINITE, '241']);
  });
  test('not masked it leaves the stack alone', () => {
    const done = run(FLD1, { area: area(0x37e, 0xff) });
    expect([done.vector, top(done), register(done, 0), (status(done) & 0x82c1).toString(16)]).toEqual([-1, 0, '3fff:8000000000000000', '82c1']);
  });
  test('an operand that is empty gives the default NaN, with SF and without C1', () => {
    const done = run(FADD, { area: area(0x37f, 1) });
    expect([register(done, 0), (status(done) & 0x241).toString(16)]).toEqual([INDEFINITE, '41']);
  });
});

describe('an exception that is not masked', () => {
  test('waits for the next waiting instruction, which raises #MF at itself', () => {
    const done = run([...FDIV, ...FNSTSW, ...WAIT], { area: area(0x37b), count: 3 });
    expect([done.vector, done.rip - CODE]).toEqual([16, 0x404]);
    expect([register(done, 0), Number(done.registers[0]! & 0xffffn).toString(16)]).toEqual(['3fff:8000000000000000', 'c084']);
  });
  test('is told where it happened', () => {
    const { area: saved } = run([...FDIV, ...FNOP], { area: area(0x37b), count: 2 });
    expect([view(saved).getUint16(6, true), Number(view(saved).getBigUint64(8, true)) - CODE]).toEqual([0xf1, 0x400]);
  });
  test('begins when FLDCW takes the mask away', () => {
    const flagged = area(0x37f);
    view(flagged).setUint16(2, 4, true);
    const memory = new Uint8Array(1792);
    const done = run([0xd9, 0x2c, 0x25, ...little(PLACE)], { area: flagged, memory });
    expect([control(done), status(done).toString(16)]).toEqual([0x40, '8084']);
  });
  test('is masked by FNSTENV, which stores the old words', () => {
    const flagged = area(0x37b);
    view(flagged).setUint16(2, 4, true);
    const done = run([0xd9, 0x34, 0x25, ...little(PLACE)], { area: flagged });
    expect([words(done.memory, 3), control(done), status(done)]).toEqual([['37b', 'ffff', '8084'], 0x37f, 4]);
  });
});
