/** Lets a malicious driver loose on each device: `node --conditions=@polyvisor/source scripts/fuzz.ts [seed] [operations] [device]`. */
import { TARGETS, fuzz } from '../test/fuzz.ts';

const [seed = '1', operations = '1000000', only] = process.argv.slice(2);
const PIECE = 20_000;

for (const target of TARGETS) {
  if (only !== undefined && only !== target.name) continue;
  const began = performance.now();
  let [done, resets, starts] = [0, 0, 0];
  for (let run = Number(seed); done < Number(operations); run += 1) {
    const count = Math.min(PIECE, Number(operations) - done);
    try {
      const result = await fuzz(target, run, count);
      resets += result.resets;
      starts += result.starts;
    } catch (error) {
      console.error(`${target.name}: seed ${run}, ${count} operations`);
      throw error;
    }
    done += count;
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${target.name}: ${done} operations, ${starts} starts, ${resets} resets needed, ${seconds} s`);
}
