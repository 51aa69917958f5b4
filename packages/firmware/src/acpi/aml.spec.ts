import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inFolder, missingProgram } from '../../test/tools.ts';
import {
  and, arg, buffer, byteFields, device, dwordField, eisaId, equal, integer, less, local, method, name, or, otherwise, packageLength,
  packageOf, path, region, returns, scope, Space, store, when, type Aml,
} from './aml.ts';
import { busNumbers, dma, io, ioWindow, irq, memory32, memoryWindow, memoryWindow64, resources, sharedLevels } from './resources.ts';
import { acpiTable } from './table.ts';

const missing = missingProgram(['iasl', 'acpiexec']);
const why = missing === undefined ? '' : ` (skipped: ${missing} is not installed)`;
const table = (terms: readonly Aml[]): Uint8Array => acpiTable('DSDT', 2, Uint8Array.from(terms.flat()));

test.each([
  [0, [0]], [1, [1]], [2, [10, 2]], [255, [10, 255]], [256, [11, 0, 1]], [0x1_0000, [12, 0, 0, 1, 0]],
  [0xffff_ffff, [12, 255, 255, 255, 255]], [2 ** 32, [14, 0, 0, 0, 0, 1, 0, 0, 0]], [2n ** 64n - 1n, [14, ...Array<number>(8).fill(255)]],
] as const)('%s is the shortest integer', (value, bytes) => {
  expect(integer(value)).toEqual(bytes);
});

test.each([[-1], [2n ** 64n]])('%s is refused', (value) => {
  expect(() => integer(value)).toThrow(RangeError);
});

test.each([
  ['A', 'A___'], ['\\', '\\\0'], ['\\_SB', '\\_SB_'], ['^^P.Q', '^^\x2eP___Q___'], ['\\_SB.PCI0.ISA', '\\\x2f\x03_SB_PCI0ISA_'], ['', '\0'],
])('the name %j is %j', (of, bytes) => {
  expect(String.fromCharCode(...path(of))).toBe(bytes);
});

test.each(['lower', 'FIVES', 'A..B', '1ST'])('the name %j is refused', (of) => {
  expect(() => path(of)).toThrow(RangeError);
});

test.each([
  ['a window that ends before it begins', () => memoryWindow({ start: 2, end: 1 })], ['a window beyond its size', () => ioWindow({ start: 0, end: 0x1_0000 })],
  ['memory beyond 4 GiB', () => memory32(0xffff_f000, 0x2000)], ['an EISA id of other letters', () => eisaId('pnp0a03')],
  ['a package of too many elements', () => packageOf(...Array<number>(256).fill(0))],
])('%s is refused', (_what, make) => {
  expect(make).toThrow(RangeError);
});

test('an EISA id is three letters and four digits in 32 bits', () => {
  expect([eisaId('PNP0A03'), eisaId('PNP0C0F')]).toEqual([[12, 0x41, 0xd0, 0x0a, 0x03], [12, 0x41, 0xd0, 0x0c, 0x0f]]);
});

test('a length counts itself and what follows, in the fewest bytes', () => {
  fc.assert(fc.property(fc.oneof(fc.nat(5000), fc.nat(2 ** 28 - 5)), (body) => {
    const bytes = packageLength(body);
    const [first = 0, ...more] = bytes;
    const length = more.length === 0 ? first : (first & 15) + more.reduce((sum, byte, i) => sum + byte * 2 ** (4 + 8 * i), 0);
    expect([first >> 6, length]).toEqual([more.length, body + bytes.length]);
    const room = [63, 2 ** 12 - 1, 2 ** 20 - 1][more.length - 1];
    if (room !== undefined) expect(body + more.length).toBeGreaterThan(room);
  }), { seed: 1 });
  expect(() => packageLength(2 ** 28)).toThrow(RangeError);
});

describe.skipIf(missing !== undefined)(`the ACPI compiler${why}`, () => {
  const everything: readonly Aml[] = [
    name('BIG', 2 ** 40), name('STR', 'text'), name('PKG', packageOf(0, 1, 2, 0x1234, 'x', packageOf(), eisaId('PNP0A03'), path('\\STR'))),
    scope('\\_SB', device('DEV',
      name('_HID', eisaId('PNP0C02')), name('_UID', 'seven'),
      region('REG', Space.io, 0x60, 4), byteFields('REG', ['PRQA', 'B']),
      method('TEST', 2, { serialized: true },
        name('TMP', resources(sharedLevels(0))), dwordField(path('TMP'), 5, 'VAL'),
        when(equal(arg(0), 7), store(or(arg(1), 0x80), path('VAL'))), otherwise(store(and(arg(1), 15), path('VAL'))),
        when(less(arg(1), 3), and(arg(1), 1, local(0)), returns(local(0))),
        returns(path('VAL')))),
    ),
    device('\\_SB.RES', name('_HID', 'ABCD0001'), name('_CRS', resources(
      busNumbers({ start: 0, end: 255 }), io(0xcf8, 8), ioWindow({ start: 0, end: 0xcf7 }), memoryWindow({ start: 0xa0000, end: 0xbffff }),
      memoryWindow64({ start: 2 ** 33, end: 2 ** 34 - 1 }), memory32(0xfed0_0000, 0x400), irq(1, 12), dma(4), sharedLevels(16, 17),
    ))),
  ];
  const round = (bytes: Uint8Array): string => inFolder((folder) => {
    folder.write('t.aml', bytes);
    folder.run('iasl', '-d', 't.aml');
    expect(folder.run('iasl', '-p', 'again', 't.dsl')).toMatch(/ 0 Errors/);
    return folder.read('t.dsl');
  });

  test('reads back every term', () => {
    const source = round(table(everything)).replaceAll(/\s+/g, ' ');
    const parts = [
      'Name (BIG, 0x0000010000000000)', 'Name (STR, "text")', 'Device (DEV)', 'OperationRegion (REG, SystemIO, 0x60, 0x04)',
      'Field (REG, ByteAcc, NoLock, Preserve)', 'PRQA, 8', 'Method (TEST, 2, Serialized)', 'CreateDWordField (TMP, \\_SB.DEV.TEST._Y00._INT, VAL)',
      'If ((Arg0 == 0x07))', 'Else', 'VAL = (Arg1 & 0x0F)', 'VAL = (Arg1 | 0x80)', 'If ((Arg1 < 0x03))', 'Return (Local0)', 'EisaId ("PNP0C02")',
      'WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode', 'WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange',
      'DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite', 'QWordMemory (ResourceProducer',
      'Memory32Fixed (ReadWrite', 'IRQNoFlags ()', '{1,12}', 'DMA (Compatibility, NotBusMaster, Transfer8_16, )',
      'Interrupt (ResourceConsumer, Level, ActiveHigh, Shared, ,, )', '0x00000010', '0x00000011',
    ];
    expect(parts.filter((part) => !source.includes(part)), source).toEqual([]);
  });

  test('reads buffers and packages of every length', () => {
    const lengths = [0, 40, 57, 58, 59, 60, 61, 62, 63, 64, 255, 256, 4087, 4088, 4089, 4090, 4091, 4092, 4093, 5000];
    const source = round(table(lengths.map((length, i) => name(`B${i}`, buffer(Array<number>(length).fill(i))))));
    for (const [i] of lengths.entries()) expect(source).toContain(`Name (B${i}`);
  });

  test('has methods that give what they say', () => {
    const runs = [[7, 5, '85'], [1, 0x35, '05'], [1, 2, '00'], [1, 1, '01']] as const;
    inFolder((folder) => {
      folder.write('t.aml', table(everything));
      const said = folder.run('acpiexec', '-b', runs.map(([a, b]) => `evaluate \\_SB.DEV.TEST ${a} 0x${b.toString(16)}`).join(';'), 't.aml');
      expect(Array.from(said.matchAll(/Integer\] = 0*([0-9A-F]{2})\b/g), ([, value]) => value)).toEqual(runs.map(([, , value]) => value));
    });
  });
});
