import { PolyvisorError } from '@polyvisor/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sample } from '../../test/sample.ts';
import { makeBzImage, makeKernelElf } from '../../test/images.ts';
import { pvhEntry, readKernel } from './kernel.ts';
import { readSetupHeader } from './setup-header.ts';

const withSize = (bytes: Uint8Array, size: number): Uint8Array =>
  Uint8Array.of(...bytes, size & 0xff, (size >> 8) & 0xff, (size >> 16) & 0xff, size >>> 24);

describe('the way to enter a kernel', () => {
  test.each([
    ['a bzImage with a PVH note', makeBzImage(), 'pvh'],
    ['an ELF file with a PVH note', makeKernelElf({ pvh: 1 }), 'pvh'],
    ['an ELF file for i386 with a PVH note', makeKernelElf({ bits: 32, pvh: 1 }), 'pvh'],
    ['an ELF file without', makeKernelElf(), 'linux64'],
    ['a bzImage in a format nobody knows', makeBzImage({ payload: Uint8Array.from([0x42, 0x5a, 0x68, 0x39, 0, 0, 0, 0, 0, 0]) }), 'bzimage64'],
    ['the same without a 64-bit entry', makeBzImage({ payload: Uint8Array.from([0x42, 0x5a, 0x68, 0x39, 0, 0, 0, 0, 0, 0]), flags: 0 }), 'bzimage32'],
    ['a bzImage before payloads', makeBzImage({ version: 0x207 }), 'bzimage32'],
  ])('of %s is %s', (_what, bytes, entry) => {
    expect(readKernel(bytes, 'vmlinuz').entry).toBe(entry);
  });

  test.each(['pvh', 'linux64', 'bzimage64', 'bzimage32'] as const)('can be %s when it is asked for', (entry) => {
    const kernel = readKernel(makeBzImage(), 'vmlinuz', entry);
    expect([kernel.entry, kernel.elf !== undefined]).toEqual([entry, !entry.startsWith('bz')]);
  });

  test('is read from the note', () => {
    expect(pvhEntry(readKernel(makeBzImage(), 'vmlinuz').elf!)).toBe(0x100_0000);
  });
});

describe('what cannot be booted', () => {
  test.each([
    ['nothing', new Uint8Array(), 'auto', /firmware\/truncated: a kernel needs 1024 bytes, and the image has 0 \(vmlinuz at offset 0\)\. Fetch/],
    ['text', new Uint8Array(2000).fill(0x41), 'auto', /firmware\/not-a-kernel: .*begins with 41 41.*Give the vmlinuz/],
    ['half a bzImage', makeBzImage().subarray(0, 1200), 'auto', /firmware\/truncated: the compressed kernel needs .*\(vmlinuz at offset 0x800\)/],
    ['half an ELF file', makeKernelElf().subarray(0, 100), 'auto', /firmware\/truncated: the table of program headers needs 120 bytes.*0x40/],
    ['an unknown compression, if it has to be expanded', makeBzImage({ payload: new Uint8Array(100).fill(7) }), 'pvh', /firmware\/unknown-compression.*offset 0x800/],
    ['a damaged payload', makeBzImage({ payload: withSize(sample('xz').subarray(0, -100), 18544) }), 'auto', /firmware\/corrupt-data: the xz data is damaged/],
    ['a payload that is no kernel', makeBzImage({ payload: withSize(sample('zstd'), 18544) }), 'auto', /firmware\/not-a-kernel/],
    ['a kernel without PVH, by PVH', makeKernelElf(), 'pvh', /firmware\/no-entry: it cannot be started by pvh: it has no PVH note/],
    ['an ELF file as a bzImage', makeKernelElf({ pvh: 1 }), 'bzimage64', /firmware\/no-entry.*no bzImage/],
    ['an ELF file for i386 by the 64-bit protocol', makeKernelElf({ bits: 32, pvh: 1 }), 'linux64', /firmware\/no-entry.*i386/],
    ['a bzImage for i386 by its 64-bit entry', makeBzImage({ flags: 0 }), 'bzimage64', /firmware\/no-entry.*offset 0x236/],
    ['a kernel of the last century', makeBzImage({ version: 0x201 }), 'bzimage32', /firmware\/old-protocol.*0x202.*0x201/],
    ['an ELF file for i386 without any protocol', makeKernelElf({ bits: 32 }), 'auto', /firmware\/no-entry.*neither a multiboot header in its first 8 KiB nor a PVH note/],
    ['a kernel without a multiboot header, by multiboot', makeKernelElf({ pvh: 1 }), 'multiboot', /firmware\/no-entry.*no multiboot header/],
    ['a bzImage by multiboot', makeBzImage(), 'multiboot', /firmware\/no-entry.*it is a bzImage/],
    ['a damaged gzip file', Uint8Array.from([0x1f, 0x8b, 8, ...Array<number>(40).fill(0)]), 'auto', /firmware\/corrupt-data: the gzip/],
    ['a gzip file that expands to more than it can', Uint8Array.from([0x1f, 0x8b, 8, ...Array<number>(40).fill(255)]), 'auto', /firmware\/corrupt-data.*cannot expand to 4294967295 bytes/],
    ['an ELF file for another processor', (() => { const elf = makeKernelElf(); elf[18] = 183; return elf; })(), 'auto', /firmware\/bad-elf.*another processor.*0x12/],
    ['an object file', (() => { const elf = makeKernelElf(); elf[16] = 1; return elf; })(), 'auto', /firmware\/bad-elf.*no executable/],
  ] as const)('%s', (_what, bytes, entry, message) => {
    expect(() => readKernel(bytes, 'vmlinuz', entry)).toThrow(message);
  });

  test.each([makeBzImage(), makeKernelElf({ pvh: 1 }), makeKernelElf({ bits: 32, pvh: 1 })])('whatever its bytes are, is refused by a coded error', (image) => {
    const change = fc.tuple(fc.nat(0x280), fc.nat(255));
    fc.assert(fc.property(fc.array(change, { maxLength: 6 }), fc.nat(image.length), (changes, length) => {
      const bytes = image.slice(0, length);
      for (const [at, value] of changes) if (at < length) bytes[at] = value;
      try {
        readKernel(bytes, 'vmlinuz');
      } catch (error) {
        expect(error).toBeInstanceOf(PolyvisorError);
      }
    }), { numRuns: 500, seed: 3 });
  });
});

test('the setup header of a bzImage says where its parts are', () => {
  const header = readSetupHeader(makeBzImage(), 'vmlinuz');
  expect(header).toMatchObject({
    version: 0x20f, has64BitEntry: true, relocatable: true, preferredAddress: 0x100_0000, initSize: 0x10_0000, initrdMax: 0x7fff_ffff,
    commandLineSize: 2047, payloadAt: 0x800,
  });
  expect(header.bytes).toHaveLength(0x202 + 0x6a - 0x1f1);
});
