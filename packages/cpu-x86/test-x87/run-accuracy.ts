/** Distances from exact results: `node --conditions=@polyvisor/source run-accuracy.ts [count per operation] [seed]`. */
import { measure } from './accuracy.ts';
import { TRANSCENDENTAL } from './driver.ts';
import { buildHost } from './host.ts';

const [count = '2000', seed = '1', ...only] = process.argv.slice(2);
const host = buildHost();
for (const op of TRANSCENDENTAL.filter((name) => only.length === 0 || only.includes(name))) {
  const a = measure(op, Number(count), Number(seed), typeof host === 'string' ? null : host);
  console.log(`${op}: ours ${a.ours.toFixed(5)} ulp at most, ${a.oursMean.toFixed(5)} mean; host ${a.host.toFixed(5)} and ` +
    `${a.hostMean.toFixed(5)}, differs from ours in ${a.hostDiffers} of ${count}`);
  console.log(`  ${a.where}`);
}
if (typeof host !== 'string') host.dispose();
