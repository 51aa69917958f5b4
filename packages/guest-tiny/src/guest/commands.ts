import type { Assembler } from '../assembler/assembler.ts';
import { Register } from '../assembler/operands.ts';
import { memoryMap } from './memory-map.ts';

const { EAX, EBX, ECX, EDX, ESI, EDI } = Register;
const NEWLINE = 10, SPACE = 0x20, POINT = 0x2e, LAST_PRINTABLE = 0x7e;
const PEEKED = 16;

/** PM1a control: SLP_EN and the sleep type 5 of S5 (ACPI 6.4, 4.8.3.2). */
const PM1_CONTROL = 0x604, POWER_OFF = 0x3400;
/** Reset control: a hard reset (Intel ICH9, 13.7.5). */
const RESET_CONTROL = 0xcf9, HARD_RESET = 6;
const BRAND = 0x8000_0002;

const COMMANDS: readonly (readonly [name: string, help: string, code: (a: Assembler) => void])[] = [
  ['help', 'this list', help],
  ['cpuid', 'vendor and name of the processor', cpuid],
  ['memory', 'the memory map of the start info', memoryMap],
  ['uptime', 'seconds since the start', uptime],
  ['peek', 'HEX: 16 bytes of memory from this address on', peek],
  ['poweroff', 'switch the machine off; so does Ctrl-D', powerOff],
  ['reboot', 'reset the machine', reboot],
];

/** `command` does what the line says. */
export function commands(a: Assembler): void {
  a.label('command');
  a.set(ESI, 'line');
  a.set(EDI, 'command.nothing');
  a.call('line.word');
  a.jumpIf('equal', 'command.end');
  for (const [name] of COMMANDS) {
    a.set(EDI, `name.${name}`);
    a.call('line.word');
    a.jumpIf('equal', `command.${name}`);
  }
  a.call('print');
  say(a, ': no such command; "help" lists all\n');
  a.label('command.end');
  a.return();
  for (const [name, , code] of COMMANDS) {
    a.label(`command.${name}`);
    code(a);
    a.return();
  }
  for (const [name] of COMMANDS) a.text(`name.${name}`, name);
  a.text('command.nothing', '');
  // A vendor has 12 characters, a name 48.
  a.space('command.text', 49);
}

/** Prints a text that stands beside the code. */
function say(a: Assembler, text: string): void {
  const label = `text ${text}`;
  a.set(ESI, label);
  a.call('print');
  a.jump(`after ${label}`);
  a.text(label, text);
  a.label(`after ${label}`);
}

function help(a: Assembler): void {
  say(a, COMMANDS.map(([name, what]) => `  ${name.padEnd(10)}${what}\n`).join(''));
}

function cpuid(a: Assembler): void {
  const store = (registers: readonly Register[], from: number): void => {
    registers.forEach((register, i) => {
      a.set(EDI, 'command.text');
      a.store({ base: EDI, offset: from + 4 * i }, register);
    });
  };
  const show = (length: number): void => {
    a.set(EDI, 'command.text');
    a.set(EAX, 0);
    a.storeByte({ base: EDI, offset: length }, EAX);
    a.set(ESI, 'command.text');
    a.call('print');
    a.set(EAX, NEWLINE);
    a.call('putc');
  };
  a.set(EAX, 0);
  a.cpuid();
  store([EBX, EDX, ECX], 0);
  show(12);
  for (let leaf = 0; leaf < 3; leaf++) {
    a.set(EAX, BRAND + leaf);
    a.cpuid();
    store([EAX, EBX, ECX, EDX], 16 * leaf);
  }
  show(48);
}

function uptime(a: Assembler): void {
  a.call('clock.milliseconds');
  a.set(EDX, 0);
  a.set(ECX, 1000);
  a.divide(ECX);
  a.call('decimal');
  a.set(EAX, POINT);
  a.call('putc');
  // The remainder as hundreds.
  a.mov(EAX, EDX);
  a.set(EDX, 0);
  a.set(ECX, 100);
  a.divide(ECX);
  a.call('decimal');
  say(a, ' seconds\n');
}

function peek(a: Assembler): void {
  a.call('parseHex');
  a.do('cmp', ECX, { number: 0 });
  a.jumpIf('notEqual', 'peek.address');
  say(a, 'peek needs an address in hexadecimal, such as: peek 100000\n');
  a.return();
  a.label('peek.address');
  a.mov(EBX, EAX);
  a.call('hex');
  a.set(ECX, PEEKED);
  a.label('peek.byte');
  space(a);
  a.loadByte(EAX, { base: EBX });
  a.call('hexByte');
  a.increment(EBX);
  a.decrement(ECX);
  a.jumpIf('notEqual', 'peek.byte');
  space(a);
  space(a);
  a.do('sub', EBX, { number: PEEKED });
  a.set(ECX, PEEKED);
  a.label('peek.character');
  a.loadByte(EAX, { base: EBX });
  a.do('cmp', EAX, { number: SPACE });
  a.jumpIf('below', 'peek.unprintable');
  a.do('cmp', EAX, { number: LAST_PRINTABLE });
  a.jumpIf('belowOrEqual', 'peek.printable');
  a.label('peek.unprintable');
  a.set(EAX, POINT);
  a.label('peek.printable');
  a.call('putc');
  a.increment(EBX);
  a.decrement(ECX);
  a.jumpIf('notEqual', 'peek.character');
  a.set(EAX, NEWLINE);
  a.call('putc');
}

function space(a: Assembler): void {
  a.set(EAX, SPACE);
  a.call('putc');
}

function powerOff(a: Assembler): void {
  a.outputWord(PM1_CONTROL, POWER_OFF);
  say(a, 'this machine has no power management at port 604\n');
}

function reboot(a: Assembler): void {
  a.output(RESET_CONTROL, HARD_RESET);
  say(a, 'this machine has no reset port\n');
}
