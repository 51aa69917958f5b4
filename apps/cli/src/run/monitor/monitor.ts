import { writeFileSync } from 'node:fs';
import { encodeSnapshot, PolyvisorError, type Vcpu } from '@polyvisor/core';
import { resize } from './block-resize.ts';
import { DisplayToken, PowerButtonToken } from '@polyvisor/devices-platform';
import type { Machine, NamedService } from '@polyvisor/machine';
import type { SpaceBalloon } from '../host/balloon.ts';
import { statusLine } from '../statistics.ts';
import { sendKeys } from './keys.ts';

/** What the monitor is asked about. */
export interface Subject {
  readonly machine: Machine;
  readonly balloon: SpaceBalloon;
  /** What devices are connected to outside: drives among them. */
  readonly services?: readonly NamedService[];
}

interface Command {
  readonly usage: string;
  readonly summary: string;
  run(machine: Machine, argument: string, subject: Subject): string;
}

const REGISTERS = [
  'rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'rip', 'rflags',
  'cr0', 'cr2', 'cr3', 'cr4', 'efer',
] as const;
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'] as const;

const INFO: Readonly<Record<string, (machine: Machine, subject: Subject) => string>> = {
  status: statusLine,
  cpus: ({ vcpus }) => vcpus.map((vcpu) => `cpu ${vcpu.index}: ${vcpu.runnable ? 'running' : 'asleep'}, RIP 0x${vcpu.state.get('rip').toString(16)}`).join('\n'),
  registers: ({ vcpus }) => vcpus.map(registers).join('\n'),
  balloon: ({ space, host }, { balloon }) => [
    `the guest gave ${balloon.actual / 256} of ${balloon.target / 256} MiB; it has ${(space.mapped / 256).toFixed(1)} MiB, and ${(host.frames.free / 256).toFixed(1)} MiB are free`,
    ...Object.entries(balloon.statistics).map(([name, value]) => `${name} ${value}`),
  ].join('\n'),
  screen: ({ scope }) => scope.find(DisplayToken)?.text()?.join('\n') ?? 'there is no screen with text',
  memory: ({ space }) =>
    space.ranges().map(({ gfn, count, rights }) => `${page(gfn)} to ${page(gfn + count)}: ${rights & 2 ? 'RAM' : 'ROM'}, ${count * 4} KiB`).join('\n'),
};

const COMMANDS: Readonly<Record<string, Command>> = {
  info: {
    usage: `info ${Object.keys(INFO).join('|')}`,
    summary: 'shows a part of the machine',
    run: (machine, what, subject) => INFO[what]?.(machine, subject) ?? `there is nothing to show of "${what}": info ${Object.keys(INFO).join('|')}`,
  },
  stop: { usage: 'stop', summary: 'pauses the machine', run: (machine) => (machine.state === 'running' ? (machine.pause(), 'paused') : `it is ${machine.state}`) },
  cont: { usage: 'cont', summary: 'goes on', run: (machine) => (machine.state === 'paused' ? (machine.resume(), 'running') : `it is ${machine.state}`) },
  savevm: { usage: 'savevm FILE', summary: 'saves the machine; --restore FILE goes on from there', run: save },
  balloon: { usage: 'balloon MIB', summary: 'asks the guest to make do with so much memory', run: inflate },
  screendump: { usage: 'screendump FILE', summary: 'writes the screen as a picture (PPM)', run: screendump },
  block_resize: { usage: 'block_resize DRIVE SIZE', summary: 'gives a drive another size: in MiB, or with B, K, M, G or T behind it', run: resize },
  sendkey: { usage: 'sendkey KEYS', summary: 'presses keys, such as ret, esc or ctrl-alt-delete', run: sendKeys },
  system_reset: { usage: 'system_reset', summary: 'presses the reset button', run: (machine) => (machine.reset(), '') },
  system_powerdown: {
    usage: 'system_powerdown',
    summary: 'presses the power button',
    run: (machine) => (machine.scope.get(PowerButtonToken).press(), ''),
  },
  quit: { usage: 'quit', summary: 'ends the run', run: (machine) => (machine.powerOff(0), '') },
  help: {
    usage: 'help',
    summary: 'shows this',
    run: () => Object.values(COMMANDS).map(({ usage, summary }) => `${usage.padEnd(40)}${summary}`).join('\n'),
  },
};

/** Answers a line that was typed into the monitor. */
export function answer(subject: Subject, line: string): string {
  const [, name = '', argument = ''] = /^\s*(\S*)\s*(.*?)\s*$/.exec(line) ?? [];
  if (name === '') return '';
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) return `there is no command "${name}"; help lists them`;
  try {
    return command.run(subject.machine, argument, subject);
  } catch (error) {
    if (error instanceof PolyvisorError) return error.message;
    throw error;
  }
}

function inflate(machine: Machine, text: string, { balloon }: Subject): string {
  const mib = Number(text);
  if (!/^\d+$/.test(text) || mib === 0) return 'balloon needs a number of MiB';
  // What the guest gave stays its memory; device memory and ROMs are no part of it.
  const all = machine.space.mapped * 4096 + balloon.actual * 4096;
  balloon.keep(mib * 2 ** 20, all);
  return '';
}

/** The screen as a portable pixmap, which QEMU writes too. */
function screendump(machine: Machine, path: string): string {
  const display = machine.scope.find(DisplayToken);
  if (!display) return 'the machine has no video card; -vga std gives it one';
  if (path === '') return 'screendump needs the name of a file';
  const { width, height } = display.size;
  const pixels = new Uint8ClampedArray(4 * width * height);
  display.render(pixels);
  const header = Buffer.from(`P6\n${width} ${height}\n255\n`);
  const colours = Buffer.alloc(3 * width * height);
  for (let i = 0; i < width * height; i++) colours.set(pixels.subarray(4 * i, 4 * i + 3), 3 * i);
  return write(path, Buffer.concat([header, colours])) ?? `${width} by ${height} in ${path}`;
}

function write(path: string, bytes: Uint8Array): string | undefined {
  try {
    writeFileSync(path, bytes);
    return undefined;
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return `${path} cannot be written: ${error.message}`;
    throw error;
  }
}

function save(machine: Machine, path: string): string {
  if (path === '') return 'savevm needs the name of a file';
  const runs = machine.state === 'running';
  if (runs) machine.pause();
  try {
    const bytes = encodeSnapshot(machine.save());
    return write(path, bytes) ?? `saved ${(bytes.length / 2 ** 20).toFixed(1)} MiB in ${path}`;
  } finally {
    if (runs) machine.resume();
  }
}

function registers({ index, state }: Vcpu): string {
  const quads = REGISTERS.map((name) => `${name.padStart(6)} ${state.get(name).toString(16).padStart(16, '0')}`);
  const lines = Array.from({ length: Math.ceil(quads.length / 4) }, (_, i) => quads.slice(4 * i, 4 * i + 4).join(' '));
  const segments = SEGMENTS.map((name) => {
    const { selector, base, limit, rights } = state.segment(name);
    return `${name.padStart(6)} ${selector.toString(16).padStart(4, '0')} base ${base.toString(16).padStart(16, '0')} limit ${limit.toString(16).padStart(8, '0')} rights ${rights.toString(16)}`;
  });
  return [`cpu ${index}`, ...lines, ...segments].join('\n');
}

function page(frame: number): string {
  return `0x${(frame * 4096).toString(16)}`;
}
