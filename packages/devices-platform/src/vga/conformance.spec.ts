import { fakeDeviceHost, type AccessPoint, type DeviceDriver } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PciFunctions } from '../pci/bus.ts';
import { DispiEnable } from './registers.ts';
import { vga } from './vga.ts';

/** Sets a mode by dispi, or some registers of the VGA, and writes to memory. */
function exercise({ write, read, random }: DeviceDriver): void {
  if (random.below(3) === 0) {
    for (const [i, value] of [[1, 640], [2, 100], [3, random.pick([4, 8, 15, 16, 24, 32])], [4, DispiEnable.ENABLED]] as const) {
      write('dispi', 0, 2, i);
      write('dispi', 1, 2, value);
    }
  }
  write('ports', 2, 1, 1);
  for (const port of [0x04, 0x0e, 0x14]) {
    write('ports', port, 1, random.below(25));
    write('ports', port + 1, 1, random.value());
  }
  for (let i = 0; i < 8; i++) write('window', random.below(0x2_0000), 1, random.value());
  for (let i = 0; i < 8; i++) read('window', random.below(0x2_0000), 1);
}

/** Switching a mode on and off is rare, and clears memory. */
const cold = ({ direction, region, offset }: AccessPoint): boolean =>
  direction === 'write' && (region === 'dispi' || (region === 'registers' && offset >= 0x500));

describeDevice(vga, { configs: [{ megabytes: 1 }, { slot: 5, megabytes: 2, xres: 640, yres: 480 }], services: () => ({ bus: new PciFunctions() }), exercise, allocation: { cold } });

test('no guest makes it throw, whatever it writes, and whatever it wrote can be drawn', () => {
  const access = fc.tuple(
    fc.constantFrom('ports', 'mono', 'dispi', 'registers', 'window'), fc.oneof(fc.nat(32), fc.nat(0x1_ffff), fc.nat(0x20).map((i) => 0x500 + i)),
    fc.constantFrom(1, 2, 4), fc.oneof(fc.integer(), fc.nat(0x1f)), fc.boolean());
  const config = vga.config.parse({ megabytes: 1 });
  const { pio, mmio } = vga.resources(config);
  const sizes: Readonly<Record<string, { readonly size: number; readonly width: number }>> = { ...pio, ...mmio };
  fc.assert(fc.property(fc.array(access, { maxLength: 150 }), (accesses) => {
    const fake = fakeDeviceHost(vga, config, { services: { bus: new PciFunctions() } });
    const { regions, provides: { display }, save } = vga.create(config, fake.host, undefined);
    for (const [name, at, size, value, reads] of accesses) {
      const limit = sizes[name]!;
      const offset = at % limit.size;
      if (offset + size > limit.size || size > limit.width) continue;
      if (reads) regions[name].read(offset, size);
      else regions[name].write(offset, size, value);
    }
    const { width, height } = display.size;
    expect(width * height).toBeLessThanOrEqual(16_000 * 12_000);
    if (width * height <= 2 ** 20) display.render(new Uint8ClampedArray(4 * width * height));
    display.text();
    expect(vga.state.kind === 'versioned' && vga.state.schema.safeParse(save()).success).toBe(true);
  }), { numRuns: 100 });
});
