import fc from 'fast-check';
import { gzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { makeKernelElf, makeMultiboot } from '../../test/images.ts';
import { planBoot, type BootOptions } from '../boot/plan-boot.ts';
import { MemoryType, type BootPlan } from '../boot/plan.ts';
import { pvhEntry, readKernel } from '../linux/kernel.ts';
import { moduleList } from './module-list.ts';

const MIB = 2 ** 20;
const ram = [{ address: 0, size: 0xa0000 }, { address: MIB, size: 63 * MIB }];
const LOAD = 0x10_0000;
const elf = makeKernelElf({ bits: 32, address: LOAD, code: makeMultiboot() });
const boot = (options: Partial<BootOptions> = {}): BootPlan =>
  planBoot({ kernel: readKernel(elf, 'kernel.elf'), commandLine: 'a=1 b', ram, ...options });
/** 32-bit words and texts of the plan's memory. */
const memory = (plan: BootPlan) => {
  const piece = (address: number) => plan.pieces.find((p) => p.address <= address && address < p.address + p.bytes.length)!;
  const word = (address: number): number => {
    const { bytes, address: start } = piece(address);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(address - start, true);
  };
  const text = (address: number): string => {
    const { bytes, address: start } = piece(address);
    return new TextDecoder().decode(bytes.subarray(address - start, bytes.indexOf(0, address - start)));
  };
  return { word, text };
};

test('a 32-bit ELF file with a header is entered where it says, with the magic number and the information', () => {
  const plan = boot();
  expect(plan.entry).toMatchObject({ mode: 32, rip: LOAD, rax: 0x2badb002, rbx: 0x2000, rsi: 0, cr3: 0 });
  expect(plan.pieces.find(({ address }) => address === LOAD)).toMatchObject({ size: 0x1000 });
});

test('the information tells memory, command line and loader', () => {
  const plan = boot();
  const { word, text } = memory(plan);
  const info = plan.entry.rbx;
  expect(word(info)).toBe(0b10_0100_1101);
  expect([word(info + 4), word(info + 8)]).toEqual([639, 63 * 1024]);
  expect([text(word(info + 16)), text(word(info + 64)), word(info + 20)]).toEqual(['kernel.elf a=1 b', 'Polyvisor', 0]);
});

test('the memory map has every range, with its size in front', () => {
  const plan = boot({ ram: [...ram, { address: 2 ** 32, size: 2 ** 30 }] });
  const { word } = memory(plan);
  const [length, start] = [word(plan.entry.rbx + 44), word(plan.entry.rbx + 48)];
  const ranges = [];
  for (let at = start; at < start + length; at += word(at) + 4) {
    ranges.push({ address: word(at + 4) + 2 ** 32 * word(at + 8), size: word(at + 12) + 2 ** 32 * word(at + 16), type: word(at + 20) });
  }
  expect(ranges).toEqual(plan.memoryMap);
  expect(ranges.at(-1)).toEqual({ address: 2 ** 32, size: 2 ** 30, type: MemoryType.usable });
});

test('modules stand on pages and have command lines of their own, the initial RAM disk first', () => {
  const plan = boot({
    initrd: { name: 'disk', bytes: Uint8Array.of(1) },
    modules: [{ name: 'm', bytes: new Uint8Array(5000).fill(2), commandLine: 'm x=ä' }, { name: 'n', bytes: new Uint8Array(4096).fill(3), commandLine: '' }],
  });
  const { word, text } = memory(plan);
  const at = word(plan.entry.rbx + 24);
  const found = Array.from({ length: word(plan.entry.rbx + 20) }, (_, i) => ({
    first: plan.pieces.find(({ address }) => address === word(at + 16 * i))!.bytes[0], aligned: word(at + 16 * i) % 4096,
    size: word(at + 16 * i + 4) - word(at + 16 * i), text: text(word(at + 16 * i + 8)),
  }));
  expect(found).toEqual([
    { first: 1, aligned: 0, size: 1, text: 'disk' }, { first: 2, aligned: 0, size: 5000, text: 'm x=ä' }, { first: 3, aligned: 0, size: 4096, text: '' },
  ]);
});

test('other kernels refuse modules', () => {
  const modules = [{ name: 'm', bytes: Uint8Array.of(1), commandLine: '' }];
  expect(() => boot({ kernel: readKernel(makeKernelElf({ pvh: 1 }), 'vmlinux'), modules })).toThrow(/firmware\/no-entry.*pvh.*no modules/);
});

describe('an image that tells its addresses', () => {
  const image = (addresses: { header: number; load: number; loadEnd: number; bssEnd: number; entry: number }, front = 16): Uint8Array =>
    Uint8Array.of(...Array<number>(front).fill(0x90), ...makeMultiboot({ addresses, code: [1, 2, 3, 4] }));

  test('is loaded from where its header says, with zeroes behind', () => {
    const { elf: loaded, entry } = readKernel(image({ header: LOAD + 8, load: LOAD, loadEnd: LOAD + 20, bssEnd: LOAD + 100, entry: LOAD + 4 }), 'flat');
    expect([entry, loaded!.entry]).toEqual(['multiboot', LOAD + 4]);
    expect(loaded!.segments).toMatchObject([{ address: LOAD, size: 100 }]);
    expect(Array.from(loaded!.segments[0]!.bytes.subarray(0, 12))).toEqual([...Array<number>(8).fill(0x90), 0x02, 0xb0, 0xad, 0x1b]);
  });

  test('is loaded to its end when it tells none', () => {
    const { elf: loaded } = readKernel(image({ header: LOAD, load: LOAD, loadEnd: 0, bssEnd: 0, entry: LOAD + 32 }), 'flat');
    expect(loaded!.segments).toMatchObject([{ address: LOAD, size: 36 }]);
  });

  test.each([
    ['a header that is not where it says', { header: LOAD + 64, load: LOAD, loadEnd: 0, bssEnd: 0, entry: LOAD }, /no-entry.*not where it says/],
    ['more than there is', { header: LOAD, load: LOAD, loadEnd: LOAD + 9999, bssEnd: 0, entry: LOAD }, /truncated.*needs 10015 bytes, and the image has 52/],
    ['an end before the beginning', { header: LOAD, load: LOAD, loadEnd: LOAD - 1, bssEnd: 0, entry: LOAD }, /no-entry.*before it begins/],
  ])('is refused with %s', (_what, addresses, message) => {
    expect(() => readKernel(image(addresses), 'flat')).toThrow(message);
  });
});

describe('a header', () => {
  const at = (offset: number): Uint8Array => Uint8Array.of(...elf.subarray(0, 0x200), ...new Uint8Array(offset - 0x200), ...makeMultiboot(), 0, 0, 0);
  test.each([[8192 - 16, 'multiboot'], [8192, undefined], [0x202, undefined]])('at %i makes the way %s', (offset, entry) => {
    const find = (): string => readKernel(at(offset), 'k').entry;
    if (entry === undefined) expect(find).toThrow(/firmware\/no-entry/);
    else expect(find()).toBe(entry);
  });

  test('that needs what nobody defined is refused', () => {
    expect(() => readKernel(makeKernelElf({ bits: 32, code: makeMultiboot({ flags: 0x8001 }) }), 'k')).toThrow(/no-entry.*0x8000/);
  });

  test('goes before a PVH note, which can be asked for; a 64-bit ELF file needs addresses', () => {
    const both = makeKernelElf({ bits: 32, address: LOAD, code: makeMultiboot(), pvh: LOAD + 12 });
    expect([readKernel(both, 'k').entry, readKernel(both, 'k', 'pvh').entry, pvhEntry(readKernel(both, 'k').elf!)]).toEqual(['multiboot', 'pvh', LOAD + 12]);
    const wide = makeKernelElf({ bits: 64, code: makeMultiboot(), pvh: LOAD });
    expect(readKernel(wide, 'k').entry).toBe('pvh');
    expect(() => readKernel(wide, 'k', 'multiboot')).toThrow(/no-entry.*no 32-bit ELF/);
  });

  test('is found in a kernel that gzip made smaller', () => {
    expect(readKernel(gzipSync(elf), 'k.gz')).toMatchObject({ entry: 'multiboot', elf: { entry: LOAD } });
  });
});

test('whatever a header says, the image is loaded within itself or refused by a coded error', () => {
  const word = fc.oneof(fc.nat(0xffff_ffff), fc.integer({ min: LOAD - 40, max: LOAD + 60 }));
  fc.assert(fc.property(fc.record({ header: word, load: word, loadEnd: word, bssEnd: word, entry: word }), (addresses) => {
    const bytes = makeMultiboot({ addresses });
    try {
      const [segment] = readKernel(bytes, 'k').elf!.segments;
      expect(segment!.bytes.length).toBeLessThanOrEqual(Math.min(bytes.length, segment!.size));
    } catch (error) {
      expect(String(error)).toMatch(/firmware\/(no-entry|truncated)/);
    }
  }), { seed: 5, numRuns: 1000 });
});

test.each([
  ['a', [['a', 'a']]], ['a arg=1,b', [['a', 'a arg=1'], ['b', 'b']]], ['a x,,y', [['a', 'a x,y']]], ['', []],
])('the module list %j', (text, expected) => {
  expect(moduleList(text).map(({ path, commandLine }) => [path, commandLine])).toEqual(expected);
});
