import { fakeDeviceHost } from '@polyvisor/testkit';
import { describeDevice } from '@polyvisor/testkit/vitest';
import { describe, expect, test } from 'vitest';
import { fwCfg } from './fw-cfg.ts';

const blob = Uint8Array.from({ length: 5000 }, (_, i) => i & 0xff);

function powerOn() {
  const config = fwCfg.config.parse({ cpus: 3, service: true, files: [{ name: 'opt/org.acme/greeting', text: 'héllo' }] });
  const fake = fakeDeviceHost(fwCfg, config, { services: { files: { files: [{ name: 'etc/blob', bytes: blob }] } } });
  const { regs, dma } = fwCfg.create(config, fake.host, undefined).regions;
  const { bytes } = fake.memory;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return {
    dma, bytes, view,
    take: (key: number, length: number) => {
      regs.write(0, 2, key);
      return Array.from({ length }, () => regs.read(1, 1));
    },
    /** Runs a control structure at 0x100 and gives its first word afterwards. */
    run: (control: number, length: number, target: number) => {
      view.setUint32(0x100, control);
      view.setUint32(0x104, length);
      view.setUint32(0x108, 0);
      view.setUint32(0x10c, target);
      dma.write(0, 4, 0);
      dma.write(4, 4, 0x0001_0000);
      return view.getUint32(0x100);
    },
  };
}

describe('fw_cfg', () => {
  test('shows its signature, its interfaces and the processors', () => {
    const chip = powerOn();
    expect([String.fromCharCode(...chip.take(0, 4)), chip.take(1, 4), chip.take(5, 3), chip.take(0x77, 2)]).toEqual(['QEMU', [3, 0, 0, 0], [3, 0, 0], [0, 0]]);
    expect([chip.dma.read(0, 4), chip.dma.read(4, 4), chip.dma.read(3, 1)]).toEqual([0x554d4551, 0x47464320, 0x55]);
  });

  test('lists files by name, and gives their bytes', () => {
    const chip = powerOn();
    const directory = chip.take(0x19, 4 + 2 * 64);
    expect(directory.slice(0, 12)).toEqual([0, 0, 0, 2, 0, 0, 0x13, 0x88, 0, 0x20, 0, 0]);
    expect(String.fromCharCode(...directory.slice(12, 21))).toBe('etc/blob\0');
    expect(new TextDecoder().decode(Uint8Array.from(chip.take(0x21, 6)))).toBe('héllo');
  });

  test('copies by DMA, in parts, with zeros behind the end', () => {
    const chip = powerOn();
    chip.bytes.fill(0xaa, 0x2000, 0x4000);
    expect([chip.run((0x20 << 16) | 0x0a, 1000, 0x2000), chip.run(4, 2000, 0), chip.run(2, 2100, 0x2000 + 1000)]).toEqual([0, 0, 0]);
    expect([...chip.bytes.subarray(0x2000, 0x2000 + 3100)]).toEqual([...blob.subarray(0, 1000), ...blob.subarray(3000), ...Array<number>(100).fill(0)]);
    expect(chip.bytes[0x2000 + 3100]).toBe(0xaa);
  });

  test('reports what it cannot do', () => {
    const chip = powerOn();
    const select = (0x20 << 16) | 0x08;
    expect([chip.run(select | 2, 100, 0xffff_f000), chip.run(select | 16, 1, 0), chip.run(select | 2, 0xffff_ffff, 0x2000)]).toEqual([1, 1, 1]);
  });

  test('gives a file that says where power management is as firmware has placed it when it is selected', () => {
    const config = fwCfg.config.parse({ service: true, followPower: true });
    const power: { base: number | undefined; onMove: undefined } = { base: undefined, onMove: undefined };
    const placed = (base: number): Uint8Array => Uint8Array.of(base & 0xff, base >> 8);
    const files = { files: [{ name: 'etc/tables', bytes: Uint8Array.of(0, 6), placed }] };
    const { host } = fakeDeviceHost(fwCfg, config, { services: { files, power } });
    const { regions: { regs }, save } = fwCfg.create(config, host, undefined);
    const rest = (from = regs): number[] => [from.read(1, 1), from.read(1, 1), from.read(1, 1)];
    const take = (): number[] => {
      regs.write(0, 2, 0x20);
      return rest();
    };
    const before = take();
    power.base = 0xb000;
    const after = take();
    regs.write(0, 2, 0x20);
    const restored = fwCfg.create(config, host, save()).regions.regs;
    expect([before, after, rest(restored)]).toEqual([[0, 6, 0], [0, 0xb0, 0], [0, 0xb0, 0]]);
  });

  test('refuses two files of one name', () => {
    const file = { name: 'a', text: '' };
    expect(fwCfg.config.safeParse({ files: [file, file] }).success).toBe(false);
  });
});

describeDevice(fwCfg, {
  configs: [{ files: [{ name: 'etc/a', text: 'abc' }] }, { service: true, port: 0x710 }],
  services: () => ({ files: { files: [{ name: 'etc/blob', bytes: Uint8Array.from({ length: 300 }, (_, i) => i) }] } }),
  // The low half of the DMA address starts a transfer: once for each file, with addresses beyond 32 bits.
  allocation: { cold: ({ region, direction, offset }) => region === 'dma' && direction === 'write' && offset === 4 },
  exercise(driver) {
    const { random, memory } = driver;
    driver.write('regs', 0, 2, random.pick([0, 1, 0x19, 0x20]));
    driver.read('regs', 1, 1);
    const view = new DataView(memory.bytes.buffer, memory.bytes.byteOffset);
    view.setUint32(0x100, (0x20 << 16) | random.below(32));
    view.setUint32(0x104, random.below(400));
    view.setUint32(0x10c, random.pick([0x2000, 0x8_0000]));
    driver.write('dma', 4, 4, 0x0001_0000);
  },
});
