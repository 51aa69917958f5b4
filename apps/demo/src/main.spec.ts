import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('npm start prints what the guest sends through its UART, and ends well', () => {
  const file = fileURLToPath(new URL('main.ts', import.meta.url));
  const run = spawnSync(process.execPath, ['--conditions=@polyvisor/source', file], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(run.stdout).toContain('Hello from a guest of Polyvisor.\r\n');
  expect(run.stdout).toMatch(/The machine is off after 1\d\d instructions\./);
  expect(run.status).toBe(0);
});
