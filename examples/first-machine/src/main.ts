import { ByteSinkToken, PolyvisorError, Scope } from '@polyvisor/core';
import { debugConsole, debugExit } from '@polyvisor/devices-platform';
import { createMachine } from '@polyvisor/machine';
import { scriptedCpu } from '@polyvisor/testkit';
import { plainBackend } from '@polyvisor/testkit/fixtures';

const console = { write: (byte: number) => process.stdout.write(String.fromCharCode(byte)) };
const program = [{ print: 'Hello from a guest.\n', port: 0xe9 }, { out: [0x501, 1, 3] }];
try {
  const machine = createMachine(
    {
      memory: '16MiB',
      cpu: { kind: 'testkit/scripted-cpu', config: { program } },
      backend: { kind: 'testkit/plain-backend' },
      devices: { log: { kind: 'platform/debug-console' }, exit: { kind: 'platform/debug-exit' } },
    },
    {
      plugins: { devices: [debugConsole, debugExit], cpus: [scriptedCpu], backends: [plainBackend] },
      scope: Scope.root().provide(ByteSinkToken, console),
    },
  );
  machine.start();
  const outcome = await machine.finished;
  process.exitCode = outcome.kind === 'off' ? outcome.status : 1;
} catch (error) {
  // Every problem of the description at once: the thing, the place, the remedy.
  if (!(error instanceof PolyvisorError)) throw error;
  process.stderr.write(`${error.message}\n`);
}
