import type { Assembler } from '../assembler/assembler.ts';
import { Register } from '../assembler/operands.ts';

const { EAX, ECX, EDX, ESI } = Register;
const ZERO = 0x30, NINE = 0x39, LETTERS = 0x41 - 10;
const LOWER_CASE = 0x20;

/** `decimal` and `hex` print EAX, `hexByte` AL; `parseHex` reads a number at ESI. */
export function numbers(a: Assembler): void {
  a.label('decimal');
  a.push(EAX, ECX, EDX);
  a.set(ECX, 10);
  a.set(EDX, 0);
  a.divide(ECX);
  a.do('cmp', EAX, { number: 0 });
  a.jumpIf('equal', 'decimal.last');
  a.call('decimal');
  a.label('decimal.last');
  a.mov(EAX, EDX);
  a.do('add', EAX, { number: ZERO });
  a.call('putc');
  a.pop(EAX, ECX, EDX);
  a.return();

  for (const [name, digits] of [['hex', 8], ['hexByte', 2]] as const) {
    a.label(name);
    a.push(EAX, ECX);
    a.mov(ECX, EAX);
    for (let i = digits - 1; i >= 0; i--) {
      a.mov(EAX, ECX);
      if (i > 0) a.shift('right', EAX, 4 * i);
      a.call('digit');
    }
    a.pop(EAX, ECX);
    a.return();
  }

  a.label('digit');
  a.do('and', EAX, { number: 15 });
  a.do('add', EAX, { number: ZERO });
  a.do('cmp', EAX, { number: NINE });
  a.jumpIf('belowOrEqual', 'putc');
  a.do('add', EAX, { number: LETTERS - ZERO });
  a.jump('putc');

  parseHex(a);
}

/** The number at ESI in EAX, ESI at the first character that is no digit, and in ECX how many were. The last eight count. */
function parseHex(a: Assembler): void {
  a.label('parseHex');
  a.push(EDX);
  a.set(EDX, 0);
  a.set(ECX, 0);
  a.label('parseHex.next');
  a.loadByte(EAX, { base: ESI });
  a.do('sub', EAX, { number: ZERO });
  a.do('cmp', EAX, { number: 10 });
  a.jumpIf('below', 'parseHex.digit');
  a.do('add', EAX, { number: ZERO });
  a.do('or', EAX, { number: LOWER_CASE });
  a.do('sub', EAX, { number: LETTERS + LOWER_CASE });
  a.do('cmp', EAX, { number: 10 });
  a.jumpIf('below', 'parseHex.end');
  a.do('cmp', EAX, { number: 16 });
  a.jumpIf('aboveOrEqual', 'parseHex.end');
  a.label('parseHex.digit');
  a.shift('left', EDX, 4);
  a.do('or', EDX, EAX);
  a.increment(ECX);
  a.increment(ESI);
  a.jump('parseHex.next');
  a.label('parseHex.end');
  a.mov(EAX, EDX);
  a.pop(EDX);
  a.return();
}
