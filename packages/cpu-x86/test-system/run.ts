/** Runs guests by hand: `run.ts [--engine | --qemu | --bochs | --all] guest ...`; without a name, all guests. */
import { runEngine } from './engine.ts';
import { runOracle } from './oracles.ts';
import { compare, describeDifference } from './compare.ts';
import { bochsOnly } from './known-differences.ts';
import { assemble, guests } from './rom.ts';

const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith('--'));
for (const name of names.length === 0 ? guests : names) {
  const rom = assemble(name);
  if (args.includes('--qemu')) console.log(runOracle('qemu', rom).join('\n'));
  else if (args.includes('--bochs')) console.log(runOracle('bochs', rom).join('\n'));
  else if (args.includes('--engine')) console.log(runEngine(rom).join('\n'));
  else {
    const result = compare(name, bochsOnly.includes(name) ? undefined : runOracle('qemu', rom), runOracle('bochs', rom), args.includes('--all') ? runEngine(rom) : undefined);
    for (const difference of result.differences) console.log(describeDifference(name, difference));
    console.log(`${name}: ${result.lines} lines, ${result.explained} known differences, ${result.differences.length} unexplained`);
  }
}
