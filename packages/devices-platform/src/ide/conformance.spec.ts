import { FakeBlock, fakeDeviceHost, type AccessPoint, type DeviceDriver } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PciFunctions } from '../pci/bus.ts';
import { ide } from './ide.ts';

const SLOT = (1 << 3) | 1;
const SIZES = { command0: 8, command1: 8, control0: 1, busMaster: 16 } as const;
type Name = keyof typeof SIZES;

/** Commands are rare against the words of data: a command, and a byte that ends one, may allocate. */
function cold({ direction, region, offset, size }: AccessPoint): boolean {
  if (direction === 'read') return false;
  if (region === 'busMaster') return true;
  return region.startsWith('control') || (offset + size > 7 && offset !== 0);
}

/** Writes a PRD table with one region, and does what a driver does. */
function exercise({ write, read, memory, random, config, service }: DeviceDriver): void {
  const { drives } = config as { readonly drives: readonly { readonly kind: string }[] };
  if (drives.length === 0) return;
  (service('bus') as PciFunctions).write(SLOT, 4, 2, 5);
  const view = new DataView(memory.bytes.buffer);
  view.setUint32(0x1000, 0x4000, true);
  view.setUint32(0x1004, 0x8000_1000, true);
  const drive = random.below(2);
  const lba = random.below(60);
  const set = (values: readonly number[]) => values.forEach((value, i) => { write('command0', i + 1, 1, value); });
  set([random.below(2), 1 + random.below(3), lba, 0, 8, 0xe0 | (drive << 4)]);
  const code = random.pick([0x20, 0x30, 0xc8, 0xca, 0xec, 0xa1, 0xa0, 0xe7, 0xc6, 0x24, 0x35]);
  write('command0', 7, 1, code);
  write('busMaster', 4, 4, 0x1000);
  write('busMaster', 0, 1, random.pick([1, 9]));
  if (code === 0xa0) for (const word of [random.pick([0x28, 0x12, 0x43, 0x46]), 0, 0, 0x300, 0x1000, 0]) write('command0', 0, 2, word);
  if (code === 0x30) for (let i = 0; i < 256; i++) write('command0', 0, 2, random.value());
  for (let i = 0; i < 64; i++) read('command0', 0, 2);
  read('command0', 7, 1);
}

describeDevice(ide, {
  configs: [
    {},
    { drives: [{ kind: 'disk' }, { kind: 'cdrom' }] },
    { drives: [{ kind: 'cdrom' }, { kind: 'disk', unit: 3, readOnly: true }], device: 7, fn: 0 },
  ],
  services: () => ({ bus: new PciFunctions() }),
  exercise,
  allocation: { cold },
});

test('no driver makes it throw, hang or reach outside of its memory', async () => {
  const access = fc.tuple(
    fc.constantFrom<Name>('command0', 'control0', 'busMaster', 'command1'), fc.nat(15), fc.constantFrom(1, 2, 4),
    fc.oneof(fc.integer(), fc.constantFrom(0x20, 0x24, 0x30, 0xa0, 0xc8, 0xca, 0xec, 0xa1, 0xef, 0xe7, 0x08, 0x90, 9, 1, 0xe0, 0xf0, 0xa0, 0)),
    fc.boolean());
  await fc.assert(fc.asyncProperty(fc.array(access, { maxLength: 200 }), async (accesses) => {
    const config = ide.config.parse({ drives: [{ kind: 'disk' }, { kind: 'cdrom' }] });
    const bus = new PciFunctions();
    const disks = [new FakeBlock(), new FakeBlock()];
    const fake = fakeDeviceHost(ide, config, { services: { bus, drive0: disks[0], drive1: disks[1] } });
    const device = ide.create(config, fake.host, undefined);
    const { command0, control0, busMaster, command1 } = device.regions;
    const regions = { command0, control0, busMaster, command1 };
    bus.write(SLOT, 4, 2, 5);
    for (const [name, at, size, value, reads] of accesses) {
      const region = regions[name];
      const limit = SIZES[name];
      const offset = at % limit;
      if (offset + size > limit) continue;
      if (reads) region.read(offset, size);
      else region.write(offset, size, value);
      if (at === 15) await Promise.resolve();
    }
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect(ide.state.kind === 'versioned' && ide.state.schema.safeParse(device.save()).success).toBe(true);
  }), { numRuns: 150 });
});
