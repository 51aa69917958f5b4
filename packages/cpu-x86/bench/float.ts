/** Doubles and vectors of singles on tier 0. Run with `node --conditions=@polyvisor/source packages/cpu-x86/bench/float.ts`. */
import { compareWithNative } from './beside-native.ts';

compareWithNative({ names: ['n-body', 'saxpy', 'matrix of doubles'], source: 'float.c', rounds: 40, options: ['-fno-math-errno'] });
