/** Nanoseconds per operation over numbers of like size: `node --conditions=@polyvisor/source bench.ts`. */
import { inDomain } from './accuracy.ts';
import { Driver, TRANSCENDENTAL } from './driver.ts';
import { Random } from './generate.ts';
import { type Operation, RECORD, writeCase } from './records.ts';

const COUNT = 8192;
const ROUNDS = 40;
const driver = new Driver(COUNT);
const random = new Random(5);

const time = (op: Operation): number => {
  for (let i = 0; i < COUNT; i++) {
    const usual = { op, cw: 0x37f, a: random.bits64() | (1n << 63n), ase: 0x3ff8 + random.below(16), b: random.bits64() | (1n << 63n), bse: 0x3ff8 + random.below(16) };
    const transcendental = TRANSCENDENTAL.find((name) => name === op);
    writeCase(driver.input, i * RECORD, transcendental === undefined ? usual : { ...inDomain(random, transcendental) });
  }
  for (let i = 0; i < 5; i++) driver.run(COUNT);
  const begin = performance.now();
  for (let i = 0; i < ROUNDS; i++) driver.run(COUNT);
  return ((performance.now() - begin) * 1e6) / (ROUNDS * COUNT);
};

const empty = time('examine');
console.log(`a record alone, with FXAM: ${empty.toFixed(1)} ns, contained in the others`);
for (const op of ['add', 'sub', 'mul', 'div', 'sqrt', 'compareOrdered', 'remainder', 'toF64', 'fromF64', 'toI32', ...TRANSCENDENTAL, 'fsincos'] as const) {
  console.log(`${op}: ${time(op).toFixed(1)} ns`);
}
