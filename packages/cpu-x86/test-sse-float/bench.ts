/** Nanoseconds per operation, natively and exactly: `node --conditions=@polyvisor/source bench.ts`. */
import { Driver } from './driver.ts';
import { Random } from './generate.ts';
import { OPERATIONS, type TestOperation } from './operations.ts';
import { A_AT, B_AT, C_AT, caseNumber, INPUT } from './records.ts';

const COUNT = 1024;
const ROUNDS = 1500;
const driver = new Driver(COUNT);

/** Ordinary numbers of a format, from 1 to 8. */
const put = (r: Random, at: number, kind: TestOperation['numbers'][number], positive: boolean): void => {
  for (let k = 0; k < 32; k += kind.endsWith('64') ? 8 : 4) {
    const x = (positive || r.below(2) === 0 ? 1 : -1) * (1 + (r.next() / 2 ** 32) * 7);
    if (kind === 'f64') driver.input.setFloat64(at + k, x, true);
    else if (kind === 'f32') driver.input.setFloat32(at + k, x, true);
    else driver.input.setUint32(at + k, r.next(), true);
  }
};

const time = (op: TestOperation, mxcsr: number, form: 'func' | 'emit', imm = op.imms[0] ?? 0): number => {
  const r = new Random(3);
  for (let i = 0; i < COUNT; i++) {
    driver.input.setUint32(i * INPUT, caseNumber(OPERATIONS.indexOf(op), imm), true);
    driver.input.setUint32(i * INPUT + 4, mxcsr, true);
    for (const place of [A_AT, B_AT, C_AT]) put(r, i * INPUT + place, op.numbers[0] ?? 'f64', op.name.endsWith('sqrt'));
  }
  for (let i = 0; i < 300; i++) driver.run(COUNT, form);
  const begin = performance.now();
  for (let i = 0; i < ROUNDS; i++) driver.run(COUNT, form);
  return ((performance.now() - begin) * 1e6) / (ROUNDS * COUNT);
};

const find = (name: string): TestOperation => OPERATIONS.find((op) => op.name === name)!;
const loop = time(find('i32ToF64'), 0x1fa0, 'emit');
console.log(`module: ${driver.bytes} bytes with the cases of the test; a record alone, with CVTSI2SD: ${loop.toFixed(1)} ns, taken off below`);
const names = [
  ...['f64', 'f32', 'f64x2', 'f32x4', 'f64x4', 'f32x8'].flatMap((shape) => ['add', 'mul', 'div', 'sqrt', 'min', 'compare', 'fmadd213'].map((name) => `${shape}.${name}`)),
  'f64.order', 'f64.round', 'f32x4.horizontalAdd', 'f32x4.dot', 'f32ToF64', 'f64ToF32', 'f64ToI32Truncating', 'f64ToI64', 'i64ToF64', 'i32x4ToF32x4',
  'f64x2ToF32x4', 'f32x4ToI32x4', 'f32x4ToF16x8',
];
const rows = names.map((name) => {
  const op = find(name);
  const columns = [time(op, 0x1fa0, 'emit'), time(op, 0x1fa0, 'func'), time(op, 0x1f80, 'func'), time(op, 0x5fa0, 'func')];
  return [name, Object.fromEntries(['emit', 'func', 'func, PE clear', 'func, rounding up'].map((key, i) => [key, Number(((columns[i] ?? 0) - loop).toFixed(1))]))] as const;
});
console.table(Object.fromEntries(rows));
