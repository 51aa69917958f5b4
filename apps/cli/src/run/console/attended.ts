import { closeSync, openSync, writeSync } from 'node:fs';
import { PolyvisorError } from '@polyvisor/core';
import type { Machine, Outcome } from '@polyvisor/machine';
import { runErrors } from '../errors.ts';
import { LineReader } from '../monitor/line.ts';
import { answer, type Subject } from '../monitor/monitor.ts';
import { standardChannels } from '../options/channels.ts';
import type { RunOptions } from '../options/types.ts';
import { costs } from '../statistics.ts';
import { traceInstructions } from '../trace/trace.ts';
import { ConsoleKeys, type Command } from './console-keys.ts';
import { withoutRepeats } from './repeated.ts';
import { say } from './say.ts';
import { Terminal } from './terminal.ts';

const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
/** Status of a process that a signal ended, as shells tell it. */
const SIGNAL_STATUS = 128;
const HELP = 'Ctrl-A x ends the run, Ctrl-A c enters and leaves the monitor, Ctrl-A Ctrl-A is Ctrl-A';
const PROMPT = '(polyvisor) ';

/** Runs with the terminal and the signals of this process, and gives both back. */
export async function attended(
  subject: Subject, options: RunOptions, typed: (byte: number) => void,
): Promise<{ outcome: Outcome; cost: string }> {
  const { machine } = subject;
  const stop = (status: number): void => {
    if (machine.state === 'running' || machine.state === 'paused') machine.powerOff(status);
  };
  const console = standardChannels(options)[0]?.channel;
  const type = withMonitor(subject, typed, () => { stop(0); });
  // Commands are for people: what comes from a pipe is the guest's, unless the monitor was asked for.
  const keyed = process.stdin.isTTY || (console?.monitor === true);
  const terminal = console ? new Terminal(process.stdin, (bytes) => {
    if (keyed) type(bytes);
    else for (const byte of bytes) typed(byte);
  }) : undefined;
  const signals = Object.entries(SIGNALS).map(([name, number]) => [name, () => { stop(SIGNAL_STATUS + number); }] as const);
  for (const [name, listener] of signals) process.on(name, listener);
  const report = withoutRepeats(say);
  const log = machine.events.log.stream.subscribe(({ source, message }) => { report(`${source}: ${message}`); });
  const trace = openTrace(machine, options.trace);
  const began = performance.now();
  // A guest that sleeps for ever is no reason to end, and nothing else may be awaited.
  const alive = setInterval(() => undefined, 2 ** 31 - 1);
  try {
    if (machine.state === 'paused') machine.resume();
    else machine.start();
    const outcome = await machine.finished;
    return { outcome, cost: costs(machine, began) };
  } finally {
    clearInterval(alive);
    trace();
    terminal?.close();
    log.unsubscribe();
    for (const [name, listener] of signals) process.off(name, listener);
    machine.destroy();
  }
}

/** Keys behind the escape key, and lines for the monitor while it has the console. */
function withMonitor(subject: Subject, guest: (byte: number) => void, quit: () => void): (bytes: Uint8Array) => void {
  let inMonitor = false;
  const write = (text: string): void => { process.stdout.write(text); };
  const lines = new LineReader(write, (line) => {
    const text = answer(subject, line);
    if (text !== '') write(`${text.replaceAll('\n', '\r\n')}\r\n`);
    if (subject.machine.state !== 'off') write(PROMPT);
  });
  const commands: Readonly<Record<Command, () => void>> = {
    quit,
    help: () => { say(HELP); },
    monitor() {
      inMonitor = !inMonitor;
      write(inMonitor ? `\r\n${PROMPT}` : '\r\n');
    },
  };
  const keys = new ConsoleKeys((byte) => {
    if (inMonitor) lines.type(byte);
    else guest(byte);
  }, (command) => { commands[command](); });
  return (bytes) => { keys.type(bytes); };
}

function openTrace(machine: Machine, path: string | undefined): () => void {
  if (path === undefined) return () => undefined;
  let fd: number;
  try {
    fd = path === '-' ? process.stderr.fd : openSync(path, 'w');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PolyvisorError([runErrors['unwritable-file']('', { option: '--trace', path, why }, cause)]);
  }
  const lines: string[] = [];
  const flush = (): void => { writeSync(fd, lines.splice(0).join('')); };
  const end = traceInstructions(machine, (line) => {
    if (lines.push(line) === LINES) flush();
  });
  return () => {
    end();
    flush();
    if (path !== '-') closeSync(fd);
  };
}

/** Lines of a trace that are written together. */
const LINES = 1024;
