/** `npm start`: composes the machine of machine.json, runs it, and shows what it prints and how it ended. */
import { readFileSync } from 'node:fs';
import { ByteSinkToken, ByteSourceToken, InterruptControllerToken, Scope } from '@polyvisor/core';
import { debugExit, uart16550 } from '@polyvisor/devices-platform';
import { createMachine, type MachineDescription } from '@polyvisor/machine';
import { FakeInterruptController, ScriptedSource, scriptedCpu } from '@polyvisor/testkit';
import { plainBackend } from '@polyvisor/testkit/fixtures';

const description = JSON.parse(readFileSync(new URL('machine.json', import.meta.url), 'utf8')) as MachineDescription;
const scope = Scope.root()
  .provide(ByteSinkToken, { write: (byte) => process.stdout.write(String.fromCharCode(byte)) })
  .provide(ByteSourceToken, new ScriptedSource())
  .provide(InterruptControllerToken, new FakeInterruptController());

const plugins = { devices: [uart16550, debugExit], cpus: [scriptedCpu], backends: [plainBackend] };
const machine = createMachine(description, { plugins, scope });
machine.start();
const outcome = await machine.finished;
const instructions = machine.vcpus.reduce((sum, vcpu) => sum + vcpu.instructions, 0);
machine.destroy();

// The guest writes 0 to the debug exit port, which ends the machine with status (0 << 1) | 1.
const expected = outcome.kind === 'off' && outcome.status === 1;
const end = outcome.kind === 'faulted' ? outcome.problem.message : outcome.kind;
console.log(`\nThe machine is ${end} after ${instructions} instructions.`);
console.log('Its description is apps/demo/src/machine.json; docs/writing-a-device.md shows how to add a device of your own.');
process.exitCode = expected ? 0 : 1;
