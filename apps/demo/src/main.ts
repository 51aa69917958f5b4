/** `npm start [-- machine.json]`: composes the described machine, runs it, and shows what it prints and how it ended. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ByteSinkToken, ByteSourceToken, InterruptControllerToken, PolyvisorError, Scope } from '@polyvisor/core';
import { debugConsole, debugExit, demoDma, uart16550 } from '@polyvisor/devices-platform';
import { createMachine, type MachineDescription } from '@polyvisor/machine';
import { FakeInterruptController, ScriptedSource, scriptedCpu } from '@polyvisor/testkit';
import { plainBackend } from '@polyvisor/testkit/fixtures';

const file = process.argv[2] ?? fileURLToPath(new URL('machine.json', import.meta.url));

try {
  process.exitCode = await run(readDescription(file));
} catch (error) {
  if (!(error instanceof PolyvisorError)) throw error;
  process.stderr.write(`${file} cannot be run:\n${error.message}\n`);
  process.exitCode = 2;
}

function readDescription(path: string): MachineDescription {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as MachineDescription;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const remedy = 'Give the path of a JSON file that fits packages/machine/machine.schema.json.';
    throw new PolyvisorError([{ code: 'demo/unreadable', thing: path, place: '', message, remedy, cause }]);
  }
}

async function run(description: MachineDescription): Promise<number> {
  const scope = Scope.root()
    .provide(ByteSinkToken, { write: (byte) => process.stdout.write(String.fromCharCode(byte)) })
    .provide(ByteSourceToken, new ScriptedSource())
    .provide(InterruptControllerToken, new FakeInterruptController());
  const devices = [uart16550, debugExit, debugConsole, demoDma];
  const machine = createMachine(description, { plugins: { devices, cpus: [scriptedCpu], backends: [plainBackend] }, scope });
  machine.start();
  const outcome = await machine.finished;
  const instructions = machine.vcpus.reduce((sum, vcpu) => sum + vcpu.instructions, 0);
  machine.destroy();

  const end = outcome.kind === 'faulted' ? `stopped: ${outcome.problem.message}` : outcome.kind;
  process.stdout.write(`\nThe machine is ${end} after ${instructions} instructions. Its description is ${file};\n`);
  process.stdout.write('docs/writing-a-device.md shows how to add a device of your own.\n');
  // The guest writes 0 to the debug exit port, which ends the machine with status (0 << 1) | 1: all is well.
  return outcome.kind === 'off' ? outcome.status >> 1 : 1;
}
