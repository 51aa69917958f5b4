/**
 * Proves that the packages are really separate: packs all of them, installs the archives into a project outside of the
 * workspace, and does there what a third party does: writes a device and a backend, composes and runs a machine, runs the
 * conformance suite and the lint, and generates packages of its own. `--keep` keeps the project. Needs the registry of
 * npm for everything that is not ours.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { entriesOf, writeProject, type Archive } from './stranger-project.ts';
import { run, type Ran } from './stranger-shell.ts';
import { publishable } from './workspaces.ts';

type Command = readonly [string, ...string[]];

interface Packed {
  readonly name: string;
  readonly filename: string;
}

const EXPECTED = 'hello from a stranger\ntick\ntick\ntick\ndone\n{"kind":"off","status":7}\n';
const INSTALL: Command = ['npm', 'install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
// The real path: macOS has its temporary folder behind a link, and tools compare paths.
const home = realpathSync(mkdtempSync(join(tmpdir(), 'polyvisor-stranger-')));
const project = join(home, 'project');
mkdirSync(project);

class Failed extends Error {}

const itFailed = ({ ok }: Ran): string | undefined => (ok ? undefined : 'it failed');

/**
 * Runs a step and says how long it took. `wrong` says what is not as it should be; then all that was printed is shown and
 * the check ends.
 */
async function step(title: string, cwd: string, command: Command, wrong = itFailed): Promise<Ran> {
  const start = performance.now();
  const ran = await run(command, cwd);
  const reason = wrong(ran);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${reason === undefined ? '✓' : '✗'} ${title} (${seconds} s)`);
  if (reason !== undefined) throw new Failed(`${command.join(' ')}: ${reason}\n${ran.output}`);
  return ran;
}

async function pack(folders: readonly string[]): Promise<Archive[]> {
  const { stdout } = await step('pack', '.', [
    'npm', 'pack', ...folders.map((folder) => `./${folder}`), '--json', '--silent', '--pack-destination', home,
  ]);
  const packed = JSON.parse(stdout) as readonly Packed[];
  return packed.map(({ name, filename }, i) => {
    const manifest = JSON.parse(readFileSync(join(folders[i]!, 'package.json'), 'utf8')) as { exports: Record<string, unknown> };
    return { name, file: join(home, filename), entries: entriesOf(name, manifest.exports) };
  });
}

/** Vitest's entry can be loaded by vitest alone. */
function importsOf(archives: readonly Archive[]): string {
  const names = archives.flatMap(({ entries }) => entries).filter((entry) => !entry.endsWith('/vitest'));
  return `for (const name of ${JSON.stringify(names)}) {
    const entry = await import(name);
    if (Object.keys(entry).length === 0) throw new Error(name + ' exports nothing');
  }`;
}

/** It succeeds, and prints what it should. */
const printing = (expected: RegExp) => (ran: Ran) =>
  itFailed(ran) ?? (expected.test(ran.output) ? undefined : `it should print ${String(expected)}`);
const exactly = (expected: string) => (ran: Ran) =>
  itFailed(ran) ?? (ran.stdout === expected ? undefined : `it should print\n${expected}`);
const TESTS_PASSED = /Tests .*\d+ passed/;

/** A device that a clean lint would have let through, if it linted nothing. */
const IMPURE = 'export const started = (): number => Date.now();\n';
const refusing = (rule: string) => ({ ok, output }: Ran) =>
  !ok && output.includes(rule) ? undefined : `it should fail with ${rule}`;

async function main(): Promise<void> {
  const inside: Command = [join('node_modules', '.bin', 'nx'), 'g', '@polyvisor/tools:device', 'probe-device', '--dry-run'];
  await step('generate a device inside the workspace, from source', '.', inside, printing(/CREATE packages\/probe-device\/src\/plugin\.ts/));
  const folders = publishable();
  if (folders.some((folder) => !existsSync(join(folder, 'dist/index.js')))) await step('build', '.', ['npm', 'run', 'build']);
  const archives = await pack(folders);
  writeProject('tools/check/stranger', project, archives);
  const bin = (name: string): string => join(project, 'node_modules', '.bin', name);

  await step(`install ${archives.length} packages`, project, INSTALL);
  await step('import every entry', project, [process.execPath, '--input-type=module', '--eval', importsOf(archives)]);
  await step('tsc', project, [bin('tsc'), '-p', '.']);
  await step('run the machine', project, [process.execPath, 'dist/main.js'], exactly(EXPECTED));
  await step('vitest', project, [bin('vitest'), 'run', '--dir', 'src'], printing(TESTS_PASSED));

  await step('generate a device', project, [bin('nx'), 'g', '@polyvisor/tools:device', 'acme-pulse', '--vendor', 'acme']);
  await step('generate a device at ports', project, [bin('nx'), 'g', '@polyvisor/tools:device', 'acme-port', '--bus', 'pio', '--scope', '@acme']);
  await step('generate a backend', project, [bin('nx'), 'g', '@polyvisor/tools:backend', 'acme-policy', '--vendor', 'acme']);
  await step('install the generated packages', project, INSTALL);
  await step('build them', project, ['npm', 'run', 'build', '--workspaces']);
  await step('typecheck them with their specs', project, ['npm', 'run', 'typecheck', '--workspaces']);
  await step('test them', project, ['npm', 'test', '--workspaces'], printing(TESTS_PASSED));
  await step('lint', project, [bin('eslint'), '.', '--max-warnings', '0']);
  writeFileSync(join(project, 'src/acme-impure.ts'), IMPURE);
  await step('lint a device that reads the host\'s clock', project, [bin('eslint'), '.'], refusing('@polyvisor/device-purity'));
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Failed)) throw error;
  console.log(error.message);
  process.exitCode = 1;
} finally {
  if (values.keep) console.log(`kept: ${project}`);
  else rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}
