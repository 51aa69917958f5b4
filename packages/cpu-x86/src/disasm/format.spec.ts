import { describe, expect, test } from 'vitest';
import { MODE } from '../decode/codes.ts';
import { Decoded } from '../decode/decoded.ts';
import { Decoder } from '../decode/decoder.ts';
import { formatInstruction, type FormatOptions, type Syntax } from './format.ts';

const decoder = new Decoder();

function text(hex: string, mode: number = MODE.BITS64, syntax: Syntax = 'intel', options: FormatOptions = {}): string {
  const bytes = Uint8Array.from((hex.replaceAll(' ', '').match(/../g) ?? []).map((pair) => parseInt(pair, 16)));
  const d = new Decoded();
  decoder.decode(d, bytes, 0, bytes.length, mode);
  return formatInstruction(d, syntax, options);
}

describe('the disassembler', () => {
  test.each([
    ['8b 44 8b f0', 'mov eax, dword ptr [rbx+rcx*4-0x10]', 'mov -0x10(%rbx,%rcx,4), %eax'],
    ['64 48 8b 04 25 28 00 00 00', 'mov rax, qword ptr fs:[0x28]', 'mov %fs:0x28, %rax'],
    ['c6 00 05', 'mov byte ptr [rax], 0x5', 'movb $0x5, (%rax)'],
    ['48 83 c4 f8', 'add rsp, 0xfffffffffffffff8', 'add $0xfffffffffffffff8, %rsp'],
    ['f0 0f b1 0f', 'lock cmpxchg dword ptr [rdi], ecx', 'lock cmpxchg %ecx, (%rdi)'],
    ['f3 48 a5', 'rep movsq', 'rep movsq (%rsi), %es:(%rdi)'],
    ['64 67 a4', 'a32 fs movsb', 'movsb %fs:(%esi), %es:(%edi)'],
    ['0f b6 00', 'movzx eax, byte ptr [rax]', 'movzbl (%rax), %eax'],
    ['48 63 c1', 'movsxd rax, ecx', 'movslq %ecx, %rax'],
    ['48 98', 'cdqe', 'cltq'],
    ['ff 20', 'jmp qword ptr [rax]', 'jmpq *(%rax)'],
    ['66 6a 05', 'o16 push 0x5', 'pushw $0x5'],
    ['dc e1', 'fsubr st(1), st', 'fsub %st, %st(1)'],
    ['c4 e3 4d 4a c8 50', 'vblendvps ymm1, ymm6, ymm0, ymm5', 'vblendvps %ymm5, %ymm0, %ymm6, %ymm1'],
    ['c4 e2 69 92 04 88', 'vgatherdps xmm0, dword ptr [rax+xmm1*4], xmm2', 'vgatherdps %xmm2, (%rax,%xmm1,4), %xmm0'],
    ['f3 0f 1e fa', 'endbr64', 'endbr64'],
    ['40 88 f4', 'mov spl, sil', 'mov %sil, %spl'],
    ['88 f4', 'mov ah, dh', 'mov %dh, %ah'],
  ])('writes %s as %s and %s', (hex, intel, att) => {
    expect(text(hex)).toBe(intel);
    expect(text(hex, MODE.BITS64, 'att')).toBe(att);
  });

  test('shows where branches and RIP-relative operands lead, with symbols', () => {
    const options: FormatOptions = { address: 0x1000, symbol: (a) => (a === 0x1007 ? 'next' : undefined) };
    expect(text('e8 02 00 00 00', MODE.BITS64, 'intel', options)).toBe('call 0x1007 <next>');
    expect(text('8b 05 01 00 00 00', MODE.BITS64, 'intel', options)).toBe('mov eax, dword ptr [rel 0x1007 <next>]');
    expect(text('8b 05 01 00 00 00', MODE.BITS64, 'att', options)).toBe('mov next(%rip), %eax');
    expect(text('eb fe', MODE.BITS64, 'intel', { address: -0x8000_0000 })).toBe('jmp 0xffffffff80000000');
  });

  test('follows the mode', () => {
    expect(text('8b 42 fe', MODE.BITS16)).toBe('mov ax, word ptr [bp+si-0x2]');
    expect(text('66 ea 78 56 34 12 cd ab', MODE.BITS16)).toBe('jmp far ptr 0xabcd:0x12345678');
    expect(text('60', MODE.BITS32)).toBe('pushad');
    expect(text('60', MODE.BITS32, 'att')).toBe('pusha');
    expect(text('2e 8b 00', MODE.BITS32)).toBe('mov eax, dword ptr cs:[eax]');
    expect(text('2e 8b 00')).toBe('mov eax, dword ptr [rax]');
  });

  test('says what is wrong with what does not decode', () => {
    expect(text('0f 04')).toBe('(bad: opcode)');
    expect(text('f0 90')).toBe('(bad: lock)');
    expect(text('0f')).toBe('(truncated)');
    expect(text('66'.repeat(16))).toBe('(too long)');
  });
});
