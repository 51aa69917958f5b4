import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inFolder, missingProgram } from '../../test/tools.ts';
import type { SmbiosOptions } from './structures.ts';
import { smbiosFiles, smbiosTables } from './tables.ts';

const missing = missingProgram(['dmidecode']);
const why = missing === undefined ? '' : ` (skipped: ${missing} is not installed)`;
const MIB = 2 ** 20, GIB = 2 ** 30;
const uuid = '00112233-4455-6677-8899-aabbccddeeff';
const options: SmbiosOptions = {
  cpus: 2, uuid, product: 'Board', serial: 'S-1',
  ram: [{ address: 0, size: 0xa0000 }, { address: MIB, size: 2 * GIB - MIB }, { address: 4 * GIB, size: 20 * GIB }],
};
const sum = (bytes: Uint8Array): number => bytes.reduce((a, b) => a + b, 0) & 0xff;

/** Type and handle of each structure, by walking over them as a guest does. */
function walk(tables: Uint8Array): [type: number, handle: number][] {
  const found: [number, number][] = [];
  for (let at = 0; at < tables.length;) {
    found.push([tables[at]!, tables[at + 2]! + 256 * tables[at + 3]!]);
    at += tables[at + 1]!;
    while (tables[at] !== 0 || tables[at + 1] !== 0) at++;
    at += 2;
  }
  return found;
}

test.each([32, 64] as const)('the anchor with %i bits leads to a table that ends with its last structure', (entryPoint) => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 255 }), fc.string({ maxLength: 40 }), (cpus, serial) => {
    const [anchor, tables] = smbiosTables({ ...options, cpus, serial, entryPoint });
    const view = new DataView(anchor!.bytes.buffer);
    expect([anchor!.address % 16, sum(anchor!.bytes)]).toEqual([0, 0]);
    if (entryPoint === 32) expect(sum(anchor!.bytes.subarray(16))).toBe(0);
    const [length, address] = entryPoint === 32 ? [view.getUint16(22, true), view.getUint32(24, true)] : [view.getUint32(12, true), Number(view.getBigUint64(16, true))];
    expect([length, address]).toEqual([tables!.bytes.length, tables!.address]);
    const found = walk(tables!.bytes);
    if (entryPoint === 32) expect(view.getUint16(28, true)).toBe(found.length);
    expect(new Set(found.map(([, handle]) => handle)).size).toBe(found.length);
    expect(found.map(([type]) => type)).toEqual([0, 1, 3, ...Array<number>(cpus).fill(4), 16, 17, 17, 19, 19, 32, 127]);
  }), { seed: 1, numRuns: 20 });
});

test('firmware gets the same table, and an anchor that leads nowhere yet', () => {
  const [anchor, tables] = smbiosFiles(options);
  expect([anchor!.name, tables!.name]).toEqual(['etc/smbios/smbios-anchor', 'etc/smbios/smbios-tables']);
  expect(tables!.bytes).toEqual(smbiosTables(options)[1]!.bytes);
  expect(new DataView(anchor!.bytes.buffer).getUint32(24, true)).toBe(0);
});

test.each([['a UUID that is none', { ...options, uuid: 'x' }], ['more processors than there is room for', { ...options, cpus: 3000 }]])('%s is refused', (_what, given) => {
  expect(() => smbiosTables(given)).toThrow(RangeError);
});

describe.skipIf(missing !== undefined)(`dmidecode${why}`, () => {
  test.each([32, 64] as const)('reads everything behind an anchor of %i bits', (entryPoint) => {
    const [anchor, tables] = smbiosTables({ ...options, entryPoint }, { anchor: 0, tables: 32 });
    const dump = new Uint8Array(32 + tables!.bytes.length);
    dump.set(anchor!.bytes);
    dump.set(tables!.bytes, 32);
    const text = inFolder((folder) => {
      folder.write('dump', dump);
      return folder.run('dmidecode', '--from-dump', 'dump').replaceAll(/\s+/g, ' ');
    });
    for (const part of [
      entryPoint === 32 ? 'SMBIOS 2.8 present' : 'SMBIOS 3.0.0 present', 'Vendor: Polyvisor', 'System is a virtual machine', 'Product Name: Board', 'Serial Number: S-1',
      `UUID: ${uuid}`, 'Wake-up Type: Power Switch', 'Socket Designation: CPU 0', 'Socket Designation: CPU 1', 'Status: Populated, Enabled', 'Core Count: 1', '64-bit capable',
      'Maximum Capacity: 22 GB', 'Number Of Devices: 2', 'Size: 16 GB', 'Size: 6 GB', 'Locator: DIMM 1', 'Starting Address: 0x00000000000 Ending Address: 0x0007FFFFFFF Range Size: 2 GB',
      'Starting Address: 0x00100000000 Ending Address: 0x005FFFFFFFF Range Size: 20 GB', 'Status: No errors detected', 'End Of Table',
    ]) expect(text).toContain(part);
    expect(text).not.toMatch(/BAD|OUT OF SPEC|TRUNCATED|broken|wrong|invalid/i);
  });
});
