import { Assembler } from '../assembler/assembler.ts';
import { Register } from '../assembler/operands.ts';
import { commands } from './commands.ts';
import { pvhElf } from './elf.ts';
import { interrupts } from './interrupts.ts';
import { line } from './line.ts';
import { numbers } from './numbers.ts';
import { serial } from './serial.ts';
import { clock } from './clock.ts';

/** What the guest prints when it waits for a command. */
export const TINY_PROMPT = 'tiny> ';

const ADDRESS = 0x10_0000;
const STACK = 4096;
const CODE = 0x08, DATA = 0x10;
const { EAX, EBX, ESP } = Register;

const BANNER = `
This is the tiny guest of Polyvisor: a kernel of three kilobytes.
Type "help" for what it knows.
`;

/**
 * The tiny guest as an ELF file: a 32-bit kernel that PVH enters (Xen, docs/misc/pvh.pandoc: flat segments, EBX has the address of the
 * start info). It has the console on COM1, and sleeps while nothing is typed. Always the same bytes.
 */
export function tinyGuest(): Uint8Array {
  const a = new Assembler(ADDRESS);
  a.forbidInterrupts();
  a.forward();
  a.set(ESP, 'stack');
  a.do('add', ESP, { number: STACK });
  a.store({ offset: 'startInfo' }, EBX);
  segments(a);
  for (const part of ['serial.begin', 'interrupts.begin', 'clock.begin']) a.call(part);
  a.set(Register.ESI, 'banner');
  a.call('print');
  a.label('main');
  a.set(Register.ESI, 'prompt');
  a.call('print');
  a.call('line.read');
  a.call('command');
  a.jump('main');

  for (const part of [serial, interrupts, clock, numbers, line, commands]) part(a);
  a.text('banner', BANNER);
  a.text('prompt', TINY_PROMPT);
  a.space('stack', STACK);
  a.space('startInfo', 4);
  const { bytes, size } = a.finish();
  return pvhElf(ADDRESS, bytes, size);
}

/** A GDT of the guest's own: interrupts load CS from it, and what PVH began with may be gone. */
function segments(a: Assembler): void {
  a.loadTable('gdt', { offset: 'gdtr' });
  a.farJump(CODE, 'flat');
  a.label('gdtr');
  a.bytes(23, 0);
  a.word('gdt');
  a.label('gdt');
  // Nothing; code and data of 4 GiB from 0 (SDM volume 3, 3.4.5).
  a.bytes(0, 0, 0, 0, 0, 0, 0, 0);
  a.bytes(0xff, 0xff, 0, 0, 0, 0x9b, 0xcf, 0);
  a.bytes(0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0);
  a.label('flat');
  a.set(EAX, DATA);
  // MOV to ES, SS, DS: 8E.
  for (const segment of [0, 2, 3]) a.bytes(0x8e, 0xc0 | (segment << 3));
}
