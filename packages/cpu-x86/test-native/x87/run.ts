/**
 * The long run: `node --conditions=@polyvisor/source packages/cpu-x86/test-native/x87/run.ts [seed] [cases of each row] [rounds]`.
 * Prints what differs by row, with an example, and counts.
 */
import { missing } from '../native.ts';
import { makeStateCases } from './cases.ts';
import { StateEmulated } from './emulated.ts';
import { type StateCase, StateNative } from './native.ts';
import { compareTasks } from './oracle.ts';

const why = missing();
if (why !== undefined) throw new Error(`no oracle: ${why}`);
const [seed = 1, count = 20, rounds = 1] = process.argv.slice(2).map(Number);
const native = new StateNative(), emulated = new StateEmulated();
const failing = new Map<string, { count: number; example: string }>();
let total = 0, faults = 0, pending = 0;

/** What a case finds, as far as it mostly matters. */
function describe(c: StateCase): string {
  const v = new DataView(c.area.buffer), hex = [...c.bytes].map((b) => b.toString(16).padStart(2, '0')).join(' ');
  const words = ([['fcw', 0], ['fsw', 2], ['ftw', 4], ['present', 512]] as const).map(([name, at]) => `${name} ${v.getUint16(at, true).toString(16)}`);
  const numbers = [0, 1, 2].map((n) => `${v.getUint16(40 + n * 16, true).toString(16)}:${v.getBigUint64(32 + n * 16, true).toString(16)}`);
  return `${c.rows.join()} [${hex}] ${words.join(' ')} st ${numbers.join(' ')}`;
}

for (let round = 0; round < rounds; round++) {
  const { failures, outcomes } = compareTasks(makeStateCases(seed + round, count), native, emulated);
  total += outcomes.length;
  faults += outcomes.filter(({ vector }) => vector >= 0).length;
  pending += outcomes.filter(({ vector }) => vector === 16).length;
  for (const { task: { c }, found } of failures) {
    const key = `${c.rows.length > 2 ? 'sequence' : c.rows[0]!} ${c.legacy ? 32 : 64}`, known = failing.get(key);
    failing.set(key, { count: (known?.count ?? 0) + 1, example: known?.example ?? `${describe(c)}: ${found.slice(0, 6).join('; ')}` });
  }
}
native.dispose();
for (const [key, { count: n, example }] of failing) console.log(`${key}: ${n} times, ${example}`);
console.log(`${total} cases (${faults} fault, ${pending} of them #MF), ${failing.size} kinds differ`);
if (failing.size > 0) process.exitCode = 1;
