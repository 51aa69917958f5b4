import { BootImagesToken } from '@polyvisor/backend-fullvirt';
import { PolyvisorError, PowerControlToken, Scope, type PowerControl } from '@polyvisor/core';
import { WallClockToken } from '@polyvisor/devices-platform';
import { createMachine, namedService, type Machine, type Outcome } from '@polyvisor/machine';
import { createHost } from '@polyvisor/memory';
import { openChannels } from './channels-of.ts';
import { ConsoleKeys, type Command } from './console-keys.ts';
import { POWER, describeMachine, plugins } from './describe.ts';
import { loadImages } from './images.ts';
import type { RunOptions } from './options.ts';
import { costs, statusLine } from './statistics.ts';
import { Terminal } from './terminal.ts';

/** Frames for second-level tables beside the guest's RAM: enough when a guest looks at every GiB of 40 bits. */
const TABLE_BYTES = 8 * 2 ** 20;
/** The Host's tables: a processor's decoded code and TLB, and what all share, shadow pages above all. */
const BYTES_EACH_CPU = 28 * 2 ** 20;
const BYTES_SHARED = 16 * 2 ** 20;
const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
/** Status of a process that a signal ended, as shells tell it. */
const SIGNAL_STATUS = 128;
const HELP = 'Ctrl-A x ends the run, Ctrl-A c shows its state, Ctrl-A Ctrl-A is Ctrl-A';

/** Runs a machine until it is off; the status for the process. Throws a `PolyvisorError`. */
export async function runMachine(options: RunOptions): Promise<number> {
  const description = describeMachine(options);
  const images = showing(`expanding ${options.kernel}`, () => loadImages(options));
  const channels = openChannels(options);
  const scope = Scope.root().provide(BootImagesToken, images).provide(WallClockToken, { now: () => Date.now() });
  const host = createHost({ frames: options.memory + TABLE_BYTES, tables: BYTES_SHARED + options.cpus * BYTES_EACH_CPU });
  try {
    const power: PowerControl = {
      powerOff: (status) => { machine.scope.get(PowerControlToken).powerOff(status); },
      reset: () => {
        const own = machine.scope.get(PowerControlToken);
        if (options.noReboot) own.powerOff(0);
        else own.reset();
      },
    };
    const services = [...channels.services, namedService(POWER, PowerControlToken, power)];
    const machine = createMachine(description, { plugins, scope, services, host });
    const { outcome, cost } = await attended(machine, options, (byte) => channels.input?.push(byte));
    await channels.close();
    if (options.stats) process.stderr.write(`\n${cost}`);
    if (outcome.kind === 'faulted') throw new PolyvisorError([outcome.problem]);
    return outcome.kind === 'off' ? outcome.status : 1;
  } finally {
    host.destroy();
  }
}

/** Runs with the terminal and the signals of this process, and gives both back. */
async function attended(machine: Machine, options: RunOptions, typed: (byte: number) => void): Promise<{ outcome: Outcome; cost: string }> {
  const stop = (status: number): void => {
    if (machine.state === 'running') machine.powerOff(status);
  };
  const commands: Readonly<Record<Command, () => void>> = {
    quit: () => { stop(0); },
    status: () => { say(statusLine(machine)); },
    help: () => { say(HELP); },
  };
  const usesInput = options.serial.some(({ kind }) => kind === 'stdio');
  const keys = new ConsoleKeys(typed, (command) => { commands[command](); });
  // Commands are for people: what comes from a pipe is the guest's, all of it.
  const terminal = usesInput ? new Terminal(process.stdin, (bytes) => {
    if (process.stdin.isTTY) keys.type(bytes);
    else for (const byte of bytes) typed(byte);
  }) : undefined;
  const signals = Object.entries(SIGNALS).map(([name, number]) => [name, () => { stop(SIGNAL_STATUS + number); }] as const);
  for (const [name, listener] of signals) process.on(name, listener);
  const log = machine.events.log.stream.subscribe(({ source, message }) => { say(`${source}: ${message}`); });
  const began = performance.now();
  try {
    machine.start();
    const outcome = await machine.finished;
    return { outcome, cost: costs(machine, began) };
  } finally {
    terminal?.close();
    log.unsubscribe();
    for (const [name, listener] of signals) process.off(name, listener);
    machine.destroy();
  }
}

/** A line for people. A raw terminal needs the carriage return, and the guest's line may not be at its end. */
function say(text: string): void {
  process.stderr.write(process.stdin.isTTY ? `\r\npolyvisor: ${text}\r\n` : `polyvisor: ${text}\n`);
}

/** Shows on a terminal what takes a while. */
function showing<T>(what: string, work: () => T): T {
  if (!process.stderr.isTTY) return work();
  process.stderr.write(`polyvisor: ${what} …`);
  try {
    return work();
  } finally {
    process.stderr.write('\r\x1b[K');
  }
}
