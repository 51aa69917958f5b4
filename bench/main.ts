/**
 * `npm run bench`: measures built code, not sources, so it builds first. `npm run bench -- dispatch` runs one.
 * Each file is a process of its own, so that one benchmark's types do not slow the next one down.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const all = ['dispatch', 'memory', 'footprint', 'cpu', 'startup', 'mmu', 'boot', 'guest-io'];
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`No benchmark is called ${unknown.join(', ')}; there are: ${all.join(', ')}.`);
  process.exit(2);
}
const build = spawnSync('npm', ['run', 'build'], { encoding: 'utf8' });
if (build.status !== 0) {
  console.error(`The build failed:\n${build.stdout}${build.stderr}`);
  process.exit(1);
}
console.log(`Node ${process.version}, ${process.platform} ${process.arch}`);
for (const name of chosen.length > 0 ? chosen : all) {
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const { status } = spawnSync(process.execPath, ['--expose-gc', file], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
