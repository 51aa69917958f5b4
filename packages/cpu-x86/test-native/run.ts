/**
 * The long run: `node --conditions=@polyvisor/source packages/cpu-x86/test-native/run.ts [seed] [cases of each row] [rows]`.
 * The third argument is a pattern of rows' names. Prints the rows that differ, with an example, and counts.
 */
import { makeCases } from './cases.ts';
import { implementedRows } from '../src/uop/handlers.ts';
import { differences, Emulated } from './emulated.ts';
import { lacking } from './host-features.ts';
import { Native, missing } from './native.ts';

const why = missing();
if (why !== undefined) throw new Error(`no oracle: ${why}`);
const [seed = 1, count = 50] = process.argv.slice(2, 4).map(Number), [pattern = ''] = process.argv.slice(4);
const cases = makeCases(seed, count, new RegExp(pattern));
const native = new Native(), emulated = new Emulated();
const started = performance.now();
const expected = native.run(cases);
const middle = performance.now();
const failures = new Map<string, { count: number; example: string }>();
cases.forEach((c, i) => {
  const outcome = expected[i];
  const found = outcome === undefined ? ['no outcome'] : differences(c, outcome, emulated.run(c));
  if (found.length === 0) return;
  const key = `${c.row} ${c.legacy ? 32 : 64}`, known = failures.get(key);
  const hex = [...c.bytes].map((b) => b.toString(16).padStart(2, '0')).join(' ');
  const registers = [...c.registers].map((r) => r.toString(16)).join(',');
  const example = known?.example ?? `${hex} @${c.offset.toString(16)} flags ${c.flags.toString(16)} [${registers}]: ${found.slice(0, 6).join('; ')}`;
  failures.set(key, { count: (known?.count ?? 0) + 1, example });
});
native.dispose();
for (const [key, { count: n, example }] of failures) console.log(`${key}: ${n} times, ${example}`);
for (const row of implementedRows) if (lacking(row).length > 0) console.log(`not here: ${row.id} (needs ${lacking(row).join()})`);
const rows = new Set(cases.map((c) => c.row));
const faults = expected.filter((o) => o.vector >= 0).length;
console.log(`${cases.length} cases of ${rows.size} rows (${faults} fault), ${failures.size} rows differ; native ${Math.round(middle - started)} ms, engine ${Math.round(performance.now() - middle)} ms`);
if (failures.size > 0) process.exitCode = 1;
