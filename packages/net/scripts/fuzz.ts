/** Millions of hostile frames: `node --conditions=@polyvisor/source packages/net/scripts/fuzz.ts [millions] [first seed]`. */
import { storm } from '../test/storm.ts';

const rounds = 10 * Number(process.argv[2] ?? 2);
const first = Number(process.argv[3] ?? 1000);
for (let i = 0; i < rounds; i += 1) {
  const { alive, statistics } = await storm(first + i, 100_000);
  const heap = Math.round(process.memoryUsage().heapUsed / 2 ** 20);
  console.log(`seed ${first + i}: ${alive ? 'alive' : 'DEAD'}, ${statistics.connections} connections, ${statistics.flows} flows, heap ${heap} MiB`);
  if (!alive) process.exitCode = 1;
}
