import { ByteSinkToken, ByteSourceToken, CpuPinsToken, InterruptControllerToken, Scope, type Snapshot } from '@polyvisor/core';
import { uart16550 } from '@polyvisor/devices-platform';
import { createMachine, restoreMachine, type Machine, type MachineDescription, type MachineOptions } from '@polyvisor/machine';
import { FakeInterruptController, RecordingSink, ScriptedSource, scriptedCpu, type Step } from '@polyvisor/testkit';
import { acmeBackend } from './acme-backend.ts';
import { Offset, acmeCounter } from './acme-counter.ts';

const COM1 = 0x3f8;
const LINE_CONTROL = 3;
const COUNTER = 0x600;

/** Sets the serial port to 8 data bits, greets, counts three ticks by interrupts, and powers off with status 7. */
const program: readonly Step[] = [
  { out: [COM1 + LINE_CONTROL, 1, 3] },
  { print: 'hello from a stranger\n', port: COM1 },
  { out: [COUNTER + Offset.PERIOD, 4, 50_000] },
  { loop: 3, body: [{ halt: true }] },
  { print: 'done\n', port: COM1 },
  { set: ['rax', 0] },
  { set: ['rbx', 7] },
  { exit: { kind: 'hypercall', instruction: 'vmcall', vector: 0, length: 3 } },
];
const onInterrupt: readonly Step[] = [{ in: [COUNTER + Offset.TICKS, 4] }, { print: 'tick\n', port: COM1 }];

const description: MachineDescription = {
  name: 'stranger',
  memory: '1MiB',
  clock: { source: 'instructions' },
  cpu: { kind: scriptedCpu.kind, config: { program, onInterrupt, interrupts: true } },
  backend: { kind: acmeBackend.kind },
  devices: { com1: { kind: uart16550.kind }, counter: { kind: acmeCounter.kind, pio: { regs: COUNTER } } },
};

export interface Composition {
  readonly machine: Machine;
  /** What the guest wrote to its serial port. */
  readonly text: () => string;
}

/** A machine of parts by three parties, or the same one continued from a snapshot. */
export function compose(snapshot?: Snapshot): Composition {
  const controller = new FakeInterruptController();
  const sink = new RecordingSink();
  const scope = Scope.root()
    .provide(InterruptControllerToken, controller)
    .provide(ByteSinkToken, sink)
    .provide(ByteSourceToken, new ScriptedSource());
  const plugins = { devices: [uart16550, acmeCounter], cpus: [scriptedCpu], backends: [acmeBackend] };
  const options: MachineOptions = { plugins, scope };
  const machine = snapshot ? restoreMachine(snapshot, options) : createMachine(description, options);
  const pins = machine.scope.get(CpuPinsToken);
  controller.onPending = (pending) => {
    pins.setIntr(0, pending);
  };
  return { machine, text: () => sink.text };
}
