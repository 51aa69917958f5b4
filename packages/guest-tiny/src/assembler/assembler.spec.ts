import { Decoder, Formatter, FormatterSyntax } from 'iced-x86';
import { expect, test } from 'vitest';
import { Assembler } from './assembler.ts';
import { Register } from './operands.ts';

const { EAX, EBX, ECX, EDX, ESI, EDI, EBP, ESP } = Register;
const ORIGIN = 0x1000;

function disassemble(write: (a: Assembler) => void): string[] {
  const a = new Assembler(ORIGIN);
  write(a);
  const decoder = new Decoder(32, a.finish().bytes, 0);
  decoder.ip = BigInt(ORIGIN);
  const formatter = new Formatter(FormatterSyntax.Intel);
  const lines: string[] = [];
  while (decoder.canDecode) lines.push(formatter.format(decoder.decode()));
  return lines;
}

test.each<[string, (a: Assembler) => void]>([
  ['mov edi,12345678h', (a) => { a.set(EDI, 0x1234_5678); }],
  ['mov ecx,esp', (a) => { a.mov(ECX, ESP); }],
  ['mov ebx,[esi+28h]', (a) => { a.load(EBX, { base: ESI, offset: 40 }); }],
  ['mov [ebp],edx', (a) => { a.store({ base: EBP }, EDX); }],
  ['mov [2000h],eax', (a) => { a.store({ offset: 0x2000 }, EAX); }],
  ['movzx eax,byte ptr [esi]', (a) => { a.loadByte(EAX, { base: ESI }); }],
  ['mov [edi+7],bl', (a) => { a.storeByte({ base: EDI, offset: 7 }, EBX); }],
  ['sub edx,ecx', (a) => { a.do('sub', EDX, ECX); }],
  ['cmp esi,0FFFFFFF0h', (a) => { a.do('cmp', ESI, { number: 0xffff_fff0 }); }],
  ['adc edx,[ebx+0Ch]', (a) => { a.doWith('adc', EDX, { base: EBX, offset: 12 }); }],
  ['shr eax,1Ch', (a) => { a.shift('right', EAX, 28); }],
  ['shl edi,2', (a) => { a.shift('left', EDI, 2); }],
  ['shrd eax,edx,0Ah', (a) => { a.shiftPair(EAX, EDX, 10); }],
  ['div ecx', (a) => { a.divide(ECX); }],
  ['lidt [1234h]', (a) => { a.loadTable('idt', { offset: 0x1234 }); }],
  ['lgdt [1234h]', (a) => { a.loadTable('gdt', { offset: 0x1234 }); }],
  ['mov edx,604h; mov eax,3400h; out dx,ax', (a) => { a.outputWord(0x604, 0x3400); }],
  ['mov edx,3F8h; mov al,41h; out dx,al', (a) => { a.output(0x3f8, 0x41); }],
  ['mov edx,3FDh; in al,dx; test al,20h', (a) => { a.input(0x3fd); a.testByte(0x20); }],
  ['push eax; push esi; pop esi; pop eax', (a) => { a.push(EAX, ESI); a.pop(EAX, ESI); }],
  ['inc ecx; dec edi', (a) => { a.increment(ECX); a.decrement(EDI); }],
  ['cpuid; rdtsc; hlt; sti; cli; cld; ret; iretd', (a) => {
    for (const write of [a.cpuid, a.readTimeStamp, a.halt, a.allowInterrupts, a.forbidInterrupts, a.forward, a.return, a.returnFromInterrupt]) write();
  }],
  ['jmp 100Ah; call 100Ah; ret', (a) => { a.jump('x'); a.call('x'); a.label('x'); a.return(); }],
  ['jne 1000h; jbe 1000h', (a) => { a.label('x'); a.jumpIf('notEqual', 'x'); a.jumpIf('belowOrEqual', 'x'); }],
  ['jmp far 1007h,8; ret', (a) => { a.farJump(8, 'x'); a.label('x'); a.return(); }],
])('writes %s', (expected, write) => {
  const plain = (text: string): string => text.replaceAll(/near ptr |\b0+(?=[0-9A-F]+h)/g, '');
  expect(plain(disassemble(write).join('; '))).toBe(plain(expected));
});

test('places spaces behind the code, at multiples of 16', () => {
  const a = new Assembler(ORIGIN);
  a.space('first', 1);
  a.space('second', 20);
  a.word('first');
  a.word('second');
  a.text('text', 'ok');
  const { bytes, size } = a.finish();
  expect([[...new Uint32Array(bytes.slice(0, 8).buffer)], [...bytes.subarray(8)], size]).toEqual([[0x1010, 0x1020], [0x6f, 0x6b, 0], 0x40]);
});

test('refuses labels that are not there, or twice, and ESP as a base', () => {
  const a = new Assembler(ORIGIN);
  a.label('x');
  expect(() => { a.label('x'); }).toThrow(/"x" is there twice/);
  expect(() => { a.load(EAX, { base: ESP }); }).toThrow(/ESP/);
  a.jump('nowhere');
  expect(() => a.finish()).toThrow(/no label "nowhere"/);
});
