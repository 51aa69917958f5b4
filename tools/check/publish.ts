/**
 * Packs every publishable package as npm would and judges the archives: publint (what package.json promises is there)
 * and attw (types resolve as the code does). Needs a build.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './run-step.ts';
import { publishable } from './workspaces.ts';

/** What never belongs into an archive. */
const unwanted = /\.spec\.|tsbuildinfo|^(check|bench|oracle|test)\/|^(src|dist)\/testing\//;

interface Packed {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

const archives = mkdtempSync(join(tmpdir(), 'polyvisor-pack-'));
const problems: string[] = [];
const fail = (name: string, message: string): number => problems.push(`${name}: ${message}`);

for (const folder of publishable()) {
  const pack = await runCommand(['npm', 'pack', `./${folder}`, '--json', '--silent', '--pack-destination', archives]);
  if (!pack.ok) {
    fail(folder, pack.output);
    continue;
  }
  const { name, filename, files } = (JSON.parse(pack.output) as Packed[])[0]!;
  const archive = join(archives, filename);
  for (const { path } of files) if (unwanted.test(path)) fail(name, `${path} must not be published`);
  if (!files.some(({ path }) => path === 'README.md')) fail(name, 'README.md is missing');
  const types = ['attw', archive, '--profile', 'esm-only', '--no-emoji', '--no-color'];
  for (const judge of [['publint', 'run', archive, '--strict'], types]) {
    const { ok, output } = await runCommand(judge);
    if (!ok) fail(name, `${judge[0]!}\n${output}`);
  }
}
rmSync(archives, { recursive: true, force: true });
console.log(problems.join('\n'));
process.exitCode = problems.length > 0 ? 1 : 0;
