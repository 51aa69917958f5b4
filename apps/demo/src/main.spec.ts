import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const start = (...args: string[]) => spawnSync(process.execPath, ['--conditions=@polyvisor/source', main, ...args], { encoding: 'utf8' });

test('npm start prints what the guest sends through its UART, and ends well', () => {
  const run = start();
  expect(run.stderr).toBe('');
  expect(run.stdout).toContain('Hello from a guest of Polyvisor.\r\n');
  expect(run.stdout).toMatch(/The machine is off after 1\d\d instructions\./);
  expect(run.status).toBe(0);
});

test('a description with mistakes is answered with all of them, and no stack trace', () => {
  const folder = mkdtempSync(join(tmpdir(), 'polyvisor-demo-'));
  const file = join(folder, 'machine.json');
  const devices = { com1: { kind: 'platform/uart16550', config: { prot: 1016 } }, com2: { kind: 'platform/uart16551' } };
  const cpu = { kind: 'testkit/scripted-cpu', config: { program: [] } };
  writeFileSync(file, JSON.stringify({ memory: '1MiB', cpu, backend: { kind: 'testkit/plain-backend' }, devices }));
  const run = start(file);
  rmSync(folder, { recursive: true });
  expect(run.stderr.split('\n')).toEqual([
    `${file} cannot be run:`,
    'machine/unknown-key: platform/uart16550 has no setting "prot" (prot at devices.com1.config.prot). Remove it, or correct its spelling.',
    expect.stringMatching(/^machine\/unknown-plugin: no device plugin "platform\/uart16551" is registered; known: .*platform\/uart16550/),
    '',
  ]);
  expect(run.status).toBe(2);
});

test('a file that is not there is named', () => {
  const run = start('/no/such/machine.json');
  expect(run.stderr).toMatch(/demo\/unreadable: .*\/no\/such\/machine\.json.*Give the path of a JSON file/);
  expect(run.status).toBe(2);
});
