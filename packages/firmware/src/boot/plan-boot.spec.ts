import { describe, expect, test } from 'vitest';
import { makeBzImage, makeKernelElf } from '../../test/images.ts';
import type { AcpiOptions } from '../acpi/describe.ts';
import { readKernel, type KernelEntry } from '../linux/kernel.ts';
import { planBoot } from './plan-boot.ts';
import { MemoryType, type BootPlan } from './plan.ts';

const MB = 2 ** 20;
const ram = [{ address: 0, size: 0xa0000 }, { address: MB, size: 63 * MB }];
/** The machine has memory there too, for what a BIOS leaves. */
const bios = { address: 0xe0000, size: 0x20000 };
const acpi: AcpiOptions = {
  processors: [0, 1], localAddress: 0xfee0_0000, ioApic: { id: 15, address: 0xfec0_0000 }, overrides: [{ isa: 0, gsi: 2, level: false }],
  power: { base: 0x600, sci: 9, s5: 5, timerBits: 32, century: 0x32, keyboardController: true, clock: true },
};
const kernel = (entry: KernelEntry = 'auto') => readKernel(makeBzImage(), 'vmlinuz', entry);
const initrd = { name: 'initrd.img', bytes: new Uint8Array(3 * MB + 5).fill(0x77) };
const pieceOf = (plan: BootPlan, what: string) => plan.pieces.find((p) => p.what === what)!;
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

describe.each(['pvh', 'linux64', 'bzimage64', 'bzimage32'] as const)('a boot by %s', (entry) => {
  const plan = planBoot({ kernel: kernel(entry), initrd, commandLine: 'console=ttyS0', ram, acpi });

  test('has every piece in RAM, and none over another', () => {
    const sorted = plan.pieces.toSorted((a, b) => a.address - b.address);
    sorted.forEach((piece, i) => {
      const next = sorted[i + 1];
      if (next) expect(piece.address + piece.size, `${piece.what} runs into ${next.what}`).toBeLessThanOrEqual(next.address);
      expect([...ram, bios].some((r) => r.address <= piece.address && piece.address + piece.size <= r.address + r.size), piece.what).toBe(true);
      expect(piece.bytes.length).toBeLessThanOrEqual(piece.size);
    });
  });

  test('keeps nothing the kernel must not overwrite in usable memory but what it is told of', () => {
    const hidden = plan.pieces.filter(({ what }) => ['FADT', 'MADT', 'XSDT', 'DSDT', 'FACS', 'RSDP'].includes(what));
    expect(hidden).toHaveLength(6);
    for (const { address, size } of hidden) {
      expect(plan.memoryMap.some((r) => r.type !== MemoryType.usable && r.address <= address && address + size <= r.address + r.size)).toBe(true);
    }
  });

  test('has the initial RAM disk as high as there is room, on a page', () => {
    const disk = pieceOf(plan, 'the initial RAM disk');
    expect([disk.address % 4096, disk.address > 59 * MB, disk.size]).toEqual([0, true, 3 * MB + 5]);
  });
});

test('PVH finds the disk, the command line, the tables and the memory map in its start info', () => {
  const plan = planBoot({ kernel: kernel('pvh'), initrd, commandLine: 'quiet', ram, acpi });
  const { address, bytes } = pieceOf(plan, 'the PVH start info');
  const view = viewOf(bytes);
  const u64 = (at: number): number => Number(view.getBigUint64(at, true));
  expect(plan.entry).toMatchObject({ mode: 32, rip: 0x100_0000, rbx: address });
  expect([view.getUint32(0, true), view.getUint32(4, true), view.getUint32(12, true)]).toEqual([0x336ec578, 1, 1]);
  expect(u64(u64(16) - address)).toBe(pieceOf(plan, 'the initial RAM disk').address);
  expect(u64(24)).toBe(pieceOf(plan, 'the command line').address);
  expect(u64(32)).toBe(pieceOf(plan, 'RSDP').address);
  const ranges = Array.from({ length: view.getUint32(48, true) }, (_, i) => {
    const at = u64(40) - address + 24 * i;
    return { address: u64(at), size: u64(at + 8), type: view.getUint32(at + 16, true) };
  });
  expect(ranges).toEqual(plan.memoryMap);
});

test('the Linux protocol finds the same in the boot parameters, behind the header of the bzImage', () => {
  const plan = planBoot({ kernel: kernel('bzimage64'), initrd, commandLine: 'quiet', ram, acpi });
  const { address, bytes } = pieceOf(plan, 'the boot parameters');
  const view = viewOf(bytes);
  expect(plan.entry).toMatchObject({ mode: 64, rip: 0x100_0200, rsi: address });
  expect([view.getUint32(0x202, true), bytes[0x210], bytes[0x211]! & 1]).toEqual([0x53726448, 0xff, 1]);
  expect(view.getUint32(0x218, true)).toBe(pieceOf(plan, 'the initial RAM disk').address);
  expect(view.getUint32(0x21c, true)).toBe(initrd.bytes.length);
  expect(view.getUint32(0x228, true)).toBe(pieceOf(plan, 'the command line').address);
  expect(view.getUint32(0x70, true)).toBe(pieceOf(plan, 'RSDP').address);
  expect(bytes[0x1e8]).toBe(plan.memoryMap.length);
  expect(view.getUint32(0x2d0 + 16, true)).toBe(MemoryType.usable);
  expect(pieceOf(plan, 'the kernel').size).toBe(0x10_0000);
});

test('a screen with text is in the boot parameters and in the BIOS data area', () => {
  const of = (textScreen: boolean) => {
    const plan = planBoot({ kernel: kernel('bzimage64'), commandLine: '', ram, textScreen });
    return { screen: Array.from(pieceOf(plan, 'the boot parameters').bytes.subarray(0, 0x12)), video: plan.pieces.find(({ what }) => what === 'the video data') };
  };
  const { screen, video } = of(true);
  expect(screen).toEqual([0, 0, 0, 0, 0, 0, 3, 80, 0, 0, 0, 0, 0, 0, 25, 1, 16, 0]);
  // Mode, columns, bytes of a page; the CRT controller's port.
  expect([video?.address, video?.bytes.subarray(0, 5), video?.bytes.subarray(26)]).toEqual([0x449, Uint8Array.of(3, 80, 0, 0, 0x10), Uint8Array.of(0xd4, 3)]);
  expect(of(false)).toEqual({ screen: Array(18).fill(0), video: undefined });
});

test('64-bit entries have tables that map 4 GiB to themselves', () => {
  const plan = planBoot({ kernel: kernel('linux64'), commandLine: '', ram });
  const { address, bytes } = pieceOf(plan, 'the page tables');
  const view = viewOf(bytes);
  const entry = (table: number, i: number): number => Number(view.getBigUint64(table - address + 8 * i, true));
  const linear = 0xfee0_1234;
  const directory = entry(entry(plan.entry.cr3, 0) & ~0xfff, linear >>> 30) & ~0xfff;
  expect(entry(directory, (linear >>> 21) & 511)).toBe(((linear & ~0x1f_ffff) >>> 0) + 0x83);
});

test('F000:FFF0, where guests jump for a restart, writes to the reset register', () => {
  const plan = planBoot({ kernel: kernel(), commandLine: '', ram, acpi: { ...acpi, power: { ...acpi.power, reset: { port: 0xcf9, value: 6 } } } });
  const { address, bytes } = pieceOf(plan, 'the restart code');
  expect([address, Array.from(bytes.subarray(0, 7))]).toEqual([0xf_fff0, [0xb0, 6, 0xba, 0xf9, 0x0c, 0xee, 0xf4]]);
  expect(planBoot({ kernel: kernel(), commandLine: '', ram, acpi }).pieces.some(({ what }) => what === 'the restart code')).toBe(false);
});

test('memory above 4 GiB is usable, too', () => {
  const plan = planBoot({ kernel: kernel(), commandLine: '', ram: [...ram, { address: 2 ** 32, size: 2 ** 30 }], acpi });
  expect(plan.memoryMap.at(-1)).toEqual({ address: 2 ** 32, size: 2 ** 30, type: MemoryType.usable });
  expect(plan.memoryMap.at(-2)!.type).toBe(MemoryType.acpi);
});

test('SMBIOS stands at F0000H, where the map has no usable memory', () => {
  const plan = planBoot({ kernel: kernel(), commandLine: '', ram, smbios: { cpus: 2, ram } });
  const anchor = pieceOf(plan, 'the SMBIOS anchor'), tables = pieceOf(plan, 'the SMBIOS table');
  expect([anchor.address, viewOf(anchor.bytes).getUint32(24, true)]).toEqual([0xf0000, tables.address]);
  expect(plan.memoryMap.find(({ address, size }) => address <= 0xf0000 && address + size > tables.address + tables.size)!.type).toBe(MemoryType.reserved);
});

describe('what does not fit', () => {
  const small = [{ address: 0, size: 0xa0000 }, { address: MB, size: 16 * MB }];
  test.each([
    ['a kernel', { kernel: readKernel(makeKernelElf({ size: 2 * MB, pvh: 1 }), 'vmlinux'), commandLine: '', ram: small },
      /firmware\/does-not-fit: segment 0 of the kernel needs 2097152 bytes \(2 MiB\) at 0x1000000.*\(vmlinux at.*more memory/],
    ['a kernel that would overwrite what stands there', { kernel: readKernel(makeKernelElf({ address: 0x1000, pvh: 1 }), 'vmlinux'), commandLine: '', ram },
      /firmware\/does-not-fit: segment 0/],
    ['an initial RAM disk', { kernel: kernel(), initrd: { name: 'initrd.img', bytes: new Uint8Array(48 * MB) }, commandLine: '', ram },
      /firmware\/no-room: there is no free RAM for the initial RAM disk of 50331648 bytes \(48 MiB\) below 0x80000000 \(initrd\.img/],
    ['a command line', { kernel: kernel(), commandLine: 'x'.repeat(2048), ram }, /firmware\/long-command-line: it has 2048 bytes.*takes 2047/],
  ])('%s', (_what, options, message) => {
    expect(() => planBoot(options)).toThrow(message);
  });
});
