import { expect, test } from 'vitest';
import { ByteSinkToken, Scope } from '@polyvisor/core';
import { debugConsole } from '@polyvisor/devices-platform';
import { scriptedCpu } from '@polyvisor/testkit';
import { plainBackend } from '@polyvisor/testkit/fixtures';
import { createMachine } from '@polyvisor/machine';

test('the example of the README prints', () => {
  let output = '';
  const scope = Scope.root().provide(ByteSinkToken, { write: (byte) => { output += String.fromCharCode(byte); } });
  const machine = createMachine(
    {
      memory: '64MiB',
      cpu: { kind: 'testkit/scripted-cpu', config: { program: [{ print: 'hi', port: 0xe9 }] } },
      backend: { kind: 'testkit/plain-backend' },
      devices: { log: { kind: 'platform/debug-console' } },
    },
    { plugins: { devices: [debugConsole], cpus: [scriptedCpu], backends: [plainBackend] }, scope },
  );
  machine.run(100);
  machine.destroy();
  expect(output).toBe('hi');
});
