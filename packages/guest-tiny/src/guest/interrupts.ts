import type { Assembler } from '../assembler/assembler.ts';
import { Register } from '../assembler/operands.ts';

const { EAX, ECX, EDX, EDI } = Register;

/** The 8259 pair: its command ports; data is one above. */
const MASTER = 0x20, SLAVE = 0xa0;
const FIRST_VECTOR = 0x20;
const LINES = 8;
const COM1_ONLY = 0xff & ~(1 << 4);
const END_OF_INTERRUPT = 0x20;
/** A present 32-bit interrupt gate of ring 0, and the code segment before it (SDM volume 3, 6.11). */
const GATE = 0x8e00, CODE = 0x08;
const GATE_SIZE = 8;

/** Interrupts do nothing but end HLT: whoever waits looks at the device. */
export function interrupts(a: Assembler): void {
  a.label('interrupts.begin');
  a.set(EDI, 'idt');
  a.do('add', EDI, { number: FIRST_VECTOR * GATE_SIZE });
  a.set(ECX, LINES);
  a.label('interrupts.gate');
  a.set(EAX, 'interrupt');
  a.mov(EDX, EAX);
  a.do('and', EAX, { number: 0xffff });
  a.do('or', EAX, { number: CODE << 16 });
  a.store({ base: EDI }, EAX);
  a.do('and', EDX, { number: 0xffff_0000 });
  a.do('or', EDX, { number: GATE });
  a.store({ base: EDI, offset: 4 }, EDX);
  a.do('add', EDI, { number: GATE_SIZE });
  a.decrement(ECX);
  a.jumpIf('notEqual', 'interrupts.gate');
  a.loadTable('idt', { offset: 'idtr' });
  // ICW1 to ICW4, then the mask (Intel 8259A data sheet): vectors from 20H, a cascade on line 2, 8086 mode.
  for (const [port, vectors, cascade, mask] of [[MASTER, FIRST_VECTOR, 1 << 2, COM1_ONLY], [SLAVE, FIRST_VECTOR + LINES, 2, 0xff]] as const) {
    a.output(port, 0x11);
    for (const value of [vectors, cascade, 1, mask]) a.output(port + 1, value);
  }
  a.return();

  a.label('interrupt');
  a.push(EAX, EDX);
  a.output(MASTER, END_OF_INTERRUPT);
  a.pop(EAX, EDX);
  a.returnFromInterrupt();

  a.label('idtr');
  const size = (FIRST_VECTOR + LINES) * GATE_SIZE;
  a.bytes((size - 1) & 0xff, (size - 1) >> 8);
  a.word('idt');
  a.space('idt', size);
}
