import type { Assembler } from '../assembler/assembler.ts';
import { Register } from '../assembler/operands.ts';

const { EAX, ECX, ESI, EDI } = Register;

/** Characters of a line; what is typed beyond them is not taken. */
const MOST = 127;
const BACKSPACE = 8, NEWLINE = 10, RETURN = 13, SPACE = 0x20, DELETE = 0x7f, END_OF_INPUT = 4;

/** `line.read` reads a line with echo and backspace; `line.word` compares its first word. */
export function line(a: Assembler): void {
  a.label('line.read');
  a.push(EAX, ECX, ESI, EDI);
  a.set(EDI, 'line');
  a.set(ECX, 0);
  a.label('line.next');
  a.call('getc');
  for (const [key, label] of [[RETURN, 'line.end'], [NEWLINE, 'line.end'], [BACKSPACE, 'line.back'], [DELETE, 'line.back'], [END_OF_INPUT, 'line.over']] as const) {
    a.do('cmp', EAX, { number: key });
    a.jumpIf('equal', label);
  }
  a.do('cmp', EAX, { number: SPACE });
  a.jumpIf('below', 'line.next');
  a.do('cmp', ECX, { number: MOST });
  a.jumpIf('equal', 'line.next');
  a.storeByte({ base: EDI }, EAX);
  a.call('putc');
  a.increment(EDI);
  a.increment(ECX);
  a.jump('line.next');

  a.label('line.back');
  a.do('cmp', ECX, { number: 0 });
  a.jumpIf('equal', 'line.next');
  a.decrement(ECX);
  a.decrement(EDI);
  a.set(ESI, 'line.rubOut');
  a.call('print');
  a.jump('line.next');

  // The end of the input, Ctrl-D, ends the machine as it ends a shell, if nothing else is on the line.
  a.label('line.over');
  a.do('cmp', ECX, { number: 0 });
  a.jumpIf('notEqual', 'line.next');
  a.set(EAX, NEWLINE);
  a.call('putc');
  a.jump('command.poweroff');

  a.label('line.end');
  a.set(EAX, 0);
  a.storeByte({ base: EDI }, EAX);
  a.set(EAX, NEWLINE);
  a.call('putc');
  a.pop(EAX, ECX, ESI, EDI);
  a.return();

  a.text('line.rubOut', '\b \b');
  a.space('line', MOST + 1);
  word(a);
}

/** Sets ZF if the line at ESI begins with the word at EDI; then ESI is behind the word and its spaces. */
function word(a: Assembler): void {
  a.label('line.word');
  a.push(EAX, ECX, EDI, ESI);
  a.label('line.compare');
  a.loadByte(EAX, { base: ESI });
  a.loadByte(ECX, { base: EDI });
  a.do('cmp', ECX, { number: 0 });
  a.jumpIf('equal', 'line.wordEnds');
  a.increment(ESI);
  a.increment(EDI);
  a.do('cmp', EAX, ECX);
  a.jumpIf('equal', 'line.compare');
  a.label('line.differs');
  a.pop(EAX, ECX, EDI, ESI);
  a.return();

  a.label('line.wordEnds');
  a.do('cmp', EAX, { number: 0 });
  a.jumpIf('equal', 'line.same');
  a.do('cmp', EAX, { number: SPACE });
  a.jumpIf('notEqual', 'line.differs');
  a.label('line.spaces');
  a.loadByte(EAX, { base: ESI });
  a.do('cmp', EAX, { number: SPACE });
  a.jumpIf('notEqual', 'line.same');
  a.increment(ESI);
  a.jump('line.spaces');
  a.label('line.same');
  // The pushed ESI is dropped.
  a.pop(EAX);
  a.pop(EAX, ECX, EDI);
  a.do('cmp', EAX, EAX);
  a.return();
}
