/** `long double` on tier 0: x87. Run with `node --conditions=@polyvisor/source packages/cpu-x86/bench/long-double.ts`. */
import { compareWithNative } from './beside-native.ts';

compareWithNative({
  names: ['dot product', 'mandelbrot', 'norm of doubles'], source: 'long-double.c', rounds: 40,
  options: ['-fno-math-errno', '-mno-sse', '-mfpmath=387'], guestOptions: ['-mno-sse'],
});
