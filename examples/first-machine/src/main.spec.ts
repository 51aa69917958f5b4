import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('the example of the README prints and exits with the status the guest gave', () => {
  const file = fileURLToPath(new URL('main.ts', import.meta.url));
  const run = spawnSync(process.execPath, ['--conditions=@polyvisor/source', file], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(run.stdout).toBe('Hello from a guest.\n');
  // The debug exit port ends a machine with (value << 1) | 1.
  expect(run.status).toBe(7);
});
