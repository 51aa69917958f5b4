import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../bin/polyvisor.js', import.meta.url));
const run = (...args: string[]) => spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8' });

test('help fits a screen', () => {
  for (const args of [['--help'], ['exec', '--help']]) {
    const { status, stdout, stderr } = run(...args);
    expect([status, stderr, stdout.split('\n').length < 24, stdout.split('\n').every((line) => line.length <= 80)]).toEqual([0, '', true, true]);
  }
});

test.each([
  [[], 2, /^Usage: polyvisor COMMAND/],
  [['exce', 'x'], 2, /^polyvisor: cli\/unknown-command: there is no command "exce".*Give one of: exec/],
  [['exec', '--memroy', '1G', 'x'], 2, /^polyvisor: cli\/bad-option: Unknown option '--memroy'/],
  [['exec', '/no/such/program'], 127, /^polyvisor: backend-os\/no-program: .*no such file.*\/no\/such\/program/],
  [['exec', '/etc/passwd'], 126, /^polyvisor: backend-os\/not-executable: .*chmod \+x/],
  [['exec', '/usr/bin'], 126, /^polyvisor: backend-os\/bad-program: .*it is a directory/],
  [['exec', '--cpu', 'i8080', '/bin/true'], 125, /^polyvisor: machine\/invalid-value: .*cpu\.config\.model/],
])('polyvisor %j says what is wrong', (args, status, message) => {
  const { status: found, stdout, stderr } = run(...args);
  expect([found, stdout]).toEqual([status, '']);
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain('    at ');
});

test('the version is that of the package', () => {
  expect(run('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
