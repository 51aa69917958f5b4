/** Integer programs on tier 0. Run with `node --conditions=@polyvisor/source packages/cpu-x86/bench/mips.ts`. */
import { compareWithNative } from './beside-native.ts';

compareWithNative({
  names: ['sieve', 'crc32', 'quicksort', 'matrix', 'string copy'], source: 'programs.c', rounds: 10,
  options: ['-mgeneral-regs-only', '-fno-tree-loop-distribute-patterns'], guestOptions: ['-mgeneral-regs-only'],
});
