import type { Assembler } from '../assembler/assembler.ts';
import { Register } from '../assembler/operands.ts';

const { EAX, EBX, ECX, EDX, ESI, EDI } = Register;
/** Offsets in the start info and in an entry of its memory map (Xen, public/arch-x86/hvm/start_info.h). */
const MAP = 40, ENTRIES = 48;
const ENTRY_SIZE = 24;
const HIGH = 4, LENGTH = 8, TYPE = 16;
/** The types of ACPI 6.4, table 15.374; what is above has the last name. */
const TYPES = [' ?\n', ' RAM\n', ' reserved\n', ' ACPI tables\n', ' ACPI storage\n', ' unusable\n'] as const;
const OTHER = TYPES.length - 1;

/** A line for each range: first and last address, size, type. */
export function memoryMap(a: Assembler): void {
  a.load(EBX, { offset: 'startInfo' });
  a.load(ECX, { base: EBX, offset: ENTRIES });
  a.load(EBX, { base: EBX, offset: MAP });
  a.label('memory.next');
  a.do('cmp', ECX, { number: 0 });
  a.jumpIf('equal', 'memory.end');
  wide(a, () => {
    a.load(EDX, { base: EBX, offset: HIGH });
    a.load(EAX, { base: EBX });
  });
  a.set(ESI, 'memory.to');
  a.call('print');
  wide(a, () => {
    a.load(EAX, { base: EBX });
    a.load(EDX, { base: EBX, offset: HIGH });
    a.doWith('add', EAX, { base: EBX, offset: LENGTH });
    a.doWith('adc', EDX, { base: EBX, offset: LENGTH + HIGH });
    a.do('sub', EAX, { number: 1 });
    a.do('sbb', EDX, { number: 0 });
  });
  a.set(ESI, 'memory.size');
  a.call('print');
  // KiB, which have 32 bits up to 4 TiB.
  a.load(EAX, { base: EBX, offset: LENGTH });
  a.load(EDX, { base: EBX, offset: LENGTH + HIGH });
  a.shiftPair(EAX, EDX, 10);
  a.call('decimal');
  a.set(ESI, 'memory.unit');
  a.call('print');
  type(a);
  a.do('add', EBX, { number: ENTRY_SIZE });
  a.decrement(ECX);
  a.jump('memory.next');
  a.text('memory.to', ' to ');
  a.text('memory.size', ', ');
  a.text('memory.unit', ' KiB');
  TYPES.forEach((name, i) => { a.text(`memory.type${i}`, name); });
  a.label('memory.types');
  for (const i of TYPES.keys()) a.word(`memory.type${i}`);
  a.label('memory.end');
}

/** Prints EDX:EAX in hexadecimal. */
function wide(a: Assembler, load: () => void): void {
  load();
  a.push(EAX);
  a.mov(EAX, EDX);
  a.call('hex');
  a.pop(EAX);
  a.call('hex');
}

function type(a: Assembler): void {
  a.load(EDI, { base: EBX, offset: TYPE });
  a.do('cmp', EDI, { number: OTHER });
  a.jumpIf('belowOrEqual', 'memory.known');
  a.set(EDI, OTHER);
  a.label('memory.known');
  a.shift('left', EDI, 2);
  a.load(ESI, { base: EDI, offset: 'memory.types' });
  a.call('print');
}
