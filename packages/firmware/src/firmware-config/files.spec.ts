import { expect, test } from 'vitest';
import { bootOrderFile, e820File, firmwareFiles, type FirmwareFilesOptions } from './files.ts';

const MIB = 2 ** 20, GIB = 2 ** 30;
const ram = [{ address: 0, size: 0xa0000 }, { address: 0xc0000, size: GIB - 0xc0000 }, { address: 4 * GIB, size: GIB }];
const options: FirmwareFilesOptions = {
  ram,
  acpi: {
    processors: [0, 1], localAddress: 0xfee0_0000, ioApic: { id: 15, address: 0xfec0_0000 }, overrides: [],
    power: { base: 0x600, sci: 9, s5: 5, timerBits: 32, century: 0x32, keyboardController: true, clock: true },
  },
  smbios: { cpus: 2, ram }, bootOrder: ['/pci@i0cf8/scsi@3/disk@0,0', '/rom@genroms/x.bin'], serialConsole: 0x3f8,
};
const file = (name: string, given = options): number[] => Array.from(firmwareFiles(given).find((each) => each.name === name)!.bytes);

test('RAM is told in whole, whether or not it has a hole for video below 1 MiB', () => {
  const ranges = (bytes: Uint8Array): number[][] => Array.from({ length: bytes.length / 20 }, (_, i) => {
    const view = new DataView(bytes.buffer, 20 * i, 20);
    return [Number(view.getBigUint64(0, true)), Number(view.getBigUint64(8, true)), view.getUint32(16, true)];
  });
  const expected = [[0, GIB, 1], [4 * GIB, GIB, 1], [0xfeff_c000, 0x4000, 2]];
  const reserved = [{ address: 0xfeff_c000, size: 0x4000 }];
  expect(ranges(e820File(ram, reserved).bytes)).toEqual(expected);
  expect(ranges(e820File([ram[0]!, { address: MIB, size: GIB - MIB }, ram[2]!], reserved).bytes)).toEqual(expected);
  expect(ranges(e820File([{ address: 0, size: MIB / 2 }]).bytes)).toEqual([[0, MIB / 2, 1]]);
});

test('files have distinct names that fit into the directory', () => {
  const names = firmwareFiles(options).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => name.length > 55)).toEqual([]);
  expect(names).toEqual(expect.arrayContaining(['etc/table-loader', 'etc/acpi/tables', 'etc/acpi/rsdp', 'etc/smbios/smbios-anchor', 'etc/smbios/smbios-tables', 'etc/e820', 'bootorder']));
});

test('numbers have their lowest byte first', () => {
  expect([file('etc/max-cpus'), file('etc/sercon-port'), file('etc/show-boot-menu'), file('etc/irq0-override')]).toEqual([[2, 0], [0xf8, 3], [0, 0], [1]]);
  expect([file('etc/boot-fail-wait'), file('etc/boot-fail-wait', { ...options, bootFailWait: 1000 })]).toEqual([[255, 255, 255, 255], [0xe8, 3, 0, 0]]);
});

test('the boot order is lines with a zero byte behind them', () => {
  expect(String.fromCharCode(...bootOrderFile(['a', 'b']).bytes)).toBe('a\nb\0');
});

test('what is left out has no file', () => {
  expect(firmwareFiles({ ram }).map(({ name }) => name)).toEqual(['etc/e820', 'etc/irq0-override', 'etc/show-boot-menu', 'etc/boot-fail-wait']);
});
