import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ELF_BASE, ELF_DATA, makeElf } from '../../test/elf.ts';
import { parseElf } from './header.ts';

const parse = (bytes: Uint8Array) => parseElf((offset, length) => bytes.subarray(offset, offset + length));

test.each([32, 64] as const)('reads the segments of a %i-bit program', (bits) => {
  const image = parse(makeElf({ bits, bss: 5000 }));
  expect(image).toMatchObject({ bits, relocatable: false, entry: ELF_BASE + 4096, interpreter: undefined, executableStack: false });
  expect(typeof image === 'object' && image.segments).toMatchObject([
    { address: ELF_BASE, offset: 0, prot: 5 },
    { address: ELF_DATA, fileSize: 19, memorySize: 5019, prot: 3 },
  ]);
});

test('finds the dynamic loader', () => {
  expect(parse(makeElf({ relocatable: true, interpreter: '/lib/ld.so' }))).toMatchObject({ relocatable: true, interpreter: '/lib/ld.so' });
});

test.each<[string, (view: DataView) => void, RegExp]>([
  ['no ELF file', (v) => { v.setUint8(0, 0x7e); }, /no ELF file/],
  ['for another machine', (v) => { v.setUint16(18, 183, true); }, /another machine \(ELF machine 183\)/],
  ['big-endian', (v) => { v.setUint8(5, 2); }, /another machine/],
  ['an object file', (v) => { v.setUint16(16, 1, true); }, /no program/],
  ['without headers', (v) => { v.setUint16(56, 0, true); }, /0 program headers/],
  ['with headers behind its end', (v) => { v.setUint32(32, 0x7fffffff, true); }, /cut off/],
  ['with more of a segment in the file than in memory', (v) => { v.setUint32(64 + 40, 1, true); }, /more bytes in the file/],
  ['with segments in disorder', (v) => { v.setUint32(64 + 56 + 16, 0x1000, true); v.setUint32(64 + 56 + 20, 0, true); }, /order|otherwise/],
])('refuses a file that is %s', (_what, damage, message) => {
  const bytes = makeElf();
  damage(new DataView(bytes.buffer));
  expect(parse(bytes)).toMatch(message);
});

test('answers any damage with an image or a reason, and never throws', () => {
  const good = makeElf({ relocatable: true, interpreter: '/lib/ld.so', bss: 100 });
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 6 }), fc.nat(good.length), (changes, length) => {
    const bytes = good.slice(0, length);
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
    expect(['string', 'object']).toContain(typeof parse(bytes));
  }));
});
