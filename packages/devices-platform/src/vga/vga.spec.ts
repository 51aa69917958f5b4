import { describe, expect, test } from 'vitest';
import { openSection, saveSection, type Section } from '@polyvisor/core';
import { fakeDeviceHost } from '@polyvisor/testkit';
import { PciFunctions } from '../pci/bus.ts';
import { Dispi, DispiEnable } from './registers.ts';
import { vga } from './vga.ts';

const SLOT = 2 << 3;
/** Registers of modes as a BIOS sets them: miscellaneous, sequencer, CRTC, graphics, and the attribute mode. */
const MODES = {
  text: {
    misc: 0x67, seq: [3, 0, 3, 0, 2], gfx: [0, 0, 0, 0, 0, 0x10, 0x0e, 0x0f, 0xff], attr: 0x0c,
    crtc: [0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0, 0x4f, 0x0d, 0x0e, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff],
  },
  cga: {
    misc: 0x63, seq: [3, 9, 3, 0, 2], gfx: [0, 0, 0, 0, 0, 0x30, 0x0f, 0x0f, 0xff], attr: 0x01,
    crtc: [0x2d, 0x27, 0x28, 0x90, 0x2b, 0x80, 0xbf, 0x1f, 0, 0xc1, 0, 0, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x14, 0, 0x96, 0xb9, 0xa2, 0xff],
  },
  planes: {
    misc: 0xe3, seq: [3, 1, 15, 0, 6], gfx: [0, 0, 0, 0, 0, 0, 5, 15, 0xff], attr: 0x01,
    crtc: [0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0x0b, 0x3e, 0, 0x40, 0, 0, 0, 0, 0, 0, 0xea, 0x8c, 0xdf, 0x28, 0, 0xe7, 0x04, 0xe3, 0xff],
  },
  chunky: {
    misc: 0x63, seq: [3, 1, 15, 0, 14], gfx: [0, 0, 0, 0, 0, 0x40, 5, 15, 0xff], attr: 0x41,
    crtc: [0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0, 0x41, 0, 0, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x28, 0x40, 0x96, 0xb9, 0xa3, 0xff],
  },
} as const;

function pc(section?: Section) {
  const config = vga.config.parse({ megabytes: 1 });
  const bus = new PciFunctions();
  const fake = fakeDeviceHost(vga, config, { services: { bus } });
  const device = vga.create(config, fake.host, section && openSection('dut', vga.state, section));
  const { ports, mono, dispi, window, registers } = device.regions;
  const { display } = device.provides;
  const out = (port: number, value: number) => { ports.write(port - 0x3c0, 1, value); };
  const indexed = (port: number, index: number, value: number) => { out(port, index); out(port + 1, value); };
  const attribute = (index: number, value: number) => { ports.read(0x1a, 1); out(0x3c0, index); out(0x3c0, value); };
  const setDispi = (index: number, value: number) => { dispi.write(0, 2, index); dispi.write(1, 2, value); };
  const colour = (index: number, rgb: readonly number[]) => { out(0x3c8, index); rgb.forEach((value) => { out(0x3c9, value); }); };
  const mode = (name: keyof typeof MODES) => {
    const { misc, seq, gfx, crtc, attr } = MODES[name];
    out(0x3c2, misc);
    seq.forEach((value, i) => { indexed(0x3c4, i, value); });
    indexed(0x3d4, 0x11, 0);
    crtc.forEach((value, i) => { indexed(0x3d4, i, value); });
    gfx.forEach((value, i) => { indexed(0x3ce, i, value); });
    for (let i = 0; i < 16; i++) attribute(i, i);
    attribute(0x10, attr);
    attribute(0x12, 15);
    ports.read(0x1a, 1);
    out(0x3c0, 0x20);
    for (let i = 0; i < 256; i++) colour(i, [i & 63, 63 - (i & 63), i >> 6]);
  };
  const picture = () => {
    const { width, height } = display.size;
    const bytes = new Uint8ClampedArray(4 * width * height);
    display.render(bytes);
    return (x: number, y: number) => [...bytes.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)];
  };
  const high = (xres: number, yres: number, bpp: number, flags = 0) => {
    setDispi(Dispi.ENABLE, 0);
    setDispi(Dispi.XRES, xres);
    setDispi(Dispi.YRES, yres);
    setDispi(Dispi.BPP, bpp);
    setDispi(Dispi.ENABLE, DispiEnable.ENABLED | DispiEnable.LINEAR | flags);
  };
  return {
    device, fake, bus, ports, mono, dispi, window, registers, display, out, indexed, attribute, setDispi, colour, mode, picture, high,
    vram: fake.memories.get('vram')!, save: () => saveSection('dut', vga.kind, vga.state, () => device.save()),
  };
}
/** What the palette of `mode` makes of a colour. */
const six = (value: number) => (value << 2) | (value >> 4);
const shade = (index: number) => [six(index & 63), six(63 - (index & 63)), six(index >> 6)];

describe('the function', () => {
  test('is QEMU’s standard VGA, and has its memory and its registers where the BARs say', () => {
    const { bus, fake, vram } = pc();
    expect([bus.read(SLOT, 0, 4), bus.read(SLOT, 8, 4)]).toEqual([0x1111_1234, 0x0300_0002]);
    bus.write(SLOT, 0x10, 4, 0xfd00_0000 | 0);
    bus.write(SLOT, 0x18, 4, 0xfebf_0000 | 0);
    bus.write(SLOT, 4, 2, 2);
    expect([vram.base, fake.placements.get('registers')?.base, bus.read(SLOT, 0x10, 4) & 15]).toEqual([0xfd00_0000, 0xfebf_0000, 8]);
  });

  test('has ports, dispi, EDID and its own registers in memory', () => {
    const { registers, out, ports, vram } = pc();
    expect([registers.read(0, 4), registers.read(4, 4) >>> 0, registers.read(0x3ff, 1)]).toEqual([-256, 0x00ff_ffff, 0]);
    let sum = 0;
    for (let i = 0; i < 128; i++) sum += registers.read(i, 1);
    expect(sum & 0xff).toBe(0);
    expect([registers.read(54 + 2, 1), registers.read(54 + 4, 1) >> 4]).toEqual([0, 4]);
    registers.write(0x404, 2, 0x0702);
    expect([ports.read(5, 1), registers.read(0x405, 1)]).toEqual([7, 7]);
    out(0x3c4, 0);
    expect(registers.read(0x500, 2)).toBe(0xb0c5);
    expect(registers.read(0x514, 2)).toBe(vram.bytes.length / 65536);
    registers.write(0x502, 4, 600 * 65536 + 800);
    expect([registers.read(0x502, 2), registers.read(0x504, 2)]).toEqual([800, 600]);
    expect([registers.read(0x600, 4), registers.read(0x604, 4)]).toEqual([8, 0x1e1e_1e1e]);
  });
});

describe('registers', () => {
  test('keep the bits that they have', () => {
    const { ports, indexed, attribute, out } = pc();
    indexed(0x3c4, 4, 0xff);
    indexed(0x3ce, 5, 0xff);
    attribute(0x12, 0xff);
    expect([ports.read(5, 1), ports.read(15, 1)]).toEqual([0x0e, 0x7b]);
    ports.read(0x1a, 1);
    out(0x3c0, 0x12);
    expect(ports.read(1, 1)).toBe(0x3f);
  });

  test('are at 3B4H or at 3D4H, as the miscellaneous register says', () => {
    const { mono, ports, out, indexed } = pc();
    mono.write(4, 1, 0x0f);
    mono.write(5, 1, 0x5a);
    expect([mono.read(5, 1), ports.read(0x15, 1)]).toEqual([0x5a, 0xff]);
    out(0x3c2, 1);
    expect([mono.read(5, 1), ports.read(0x15, 1), ports.read(0x0c, 1)]).toEqual([0xff, 0x5a, 1]);
    indexed(0x3d4, 0x11, 0x80);
    indexed(0x3d4, 1, 0x4f);
    indexed(0x3d4, 7, 0xff);
    out(0x3d4, 1);
    expect(ports.read(0x15, 1)).toBe(0);
    out(0x3d4, 7);
    expect(ports.read(0x15, 1)).toBe(0x10);
  });

  test('let retrace come and go', () => {
    const { ports, out } = pc();
    out(0x3c2, 1);
    expect(new Set([ports.read(0x1a, 1) & 8, ports.read(0x1a, 1) & 8])).toEqual(new Set([0, 8]));
  });

  test('read colours back, and say which way the DAC goes', () => {
    const { ports, out, colour } = pc();
    colour(7, [1, 2, 3]);
    expect([ports.read(8, 1), ports.read(7, 1)]).toEqual([8, 0]);
    out(0x3c7, 7);
    expect([ports.read(9, 1), ports.read(9, 1), ports.read(9, 1), ports.read(7, 1)]).toEqual([1, 2, 3, 3]);
  });
});

describe('the display', () => {
  test('shows text with the guest’s font, as characters and as pixels', () => {
    const { mode, window, display, picture, vram, indexed } = pc();
    mode('text');
    const write = (row: number, value: string) => Array.from(value).forEach((c, i) => { window.write(0x1_8000 + 2 * (80 * row + i), 2, c.charCodeAt(0) | 0x1e00); });
    write(0, 'Polyvisor');
    window.write(0x1_8000 + 160, 2, 0x1ec9);
    expect(display.size).toEqual({ width: 720, height: 400 });
    expect(display.text()?.map((row) => row.replaceAll('\u0000', ' ').trimEnd()).slice(0, 3)).toEqual(['Polyvisor', '╔', '']);
    vram.bytes[4 * (32 * 0x50 + 3) + 2] = 0x81;
    vram.bytes[4 * (32 * 0xc9 + 3) + 2] = 0x01;
    const at = picture();
    expect([at(0, 3), at(1, 3), at(7, 3), at(8, 3), at(9, 3)]).toEqual([shade(14), shade(1), shade(14), shade(1), shade(1)]);
    expect([at(7, 19), at(8, 19)]).toEqual([shade(14), shade(14)]);
    indexed(0x3d4, 0x0f, 1);
    expect([picture()(9, 13), picture()(9, 12)]).toEqual([shade(14), shade(1)]);
    indexed(0x3d4, 0x0a, 0x20);
    expect(picture()(9, 13)).toEqual(shade(1));
  });

  test('scrolls by the start address', () => {
    const { mode, window, display, indexed } = pc();
    mode('text');
    window.write(0x1_8000 + 160, 1, 0x41);
    indexed(0x3d4, 0x0d, 80);
    expect(display.text()?.[0]?.[0]).toBe('A');
  });

  test('is black without a palette', () => {
    const { mode, picture, attribute } = pc();
    mode('chunky');
    expect(picture()(0, 0)).toEqual(shade(0));
    attribute(0, 0);
    expect(picture()(0, 0)).toEqual([0, 0, 0]);
  });

  test('shows 256 colours of 320 by 200 pixels', () => {
    const { mode, window, display, picture, indexed } = pc();
    mode('chunky');
    expect([display.size, display.text()]).toEqual([{ width: 320, height: 200 }, undefined]);
    window.write(320 * 7 + 5, 1, 200);
    expect([picture()(5, 7), picture()(6, 7)]).toEqual([shade(200), shade(0)]);
    // Unchained ("mode X"): the map mask chooses one pixel of four.
    indexed(0x3c4, 4, 6);
    indexed(0x3c4, 2, 4);
    window.write(80 * 9 + 3, 1, 77);
    expect(picture()(14, 9)).toEqual(shade(77));
  });

  test('shows planes, with the palette and without planes that are off, and splits the screen', () => {
    const { mode, window, display, picture, attribute, out, indexed } = pc();
    mode('planes');
    expect(display.size).toEqual({ width: 640, height: 480 });
    indexed(0x3c4, 2, 0x5);
    window.write(80 * 10 + 2, 1, 0x80);
    expect([picture()(16, 10), picture()(17, 10)]).toEqual([shade(5), shade(0)]);
    attribute(0x12, 4);
    out(0x3c0, 0x20);
    expect(picture()(16, 10)).toEqual(shade(4));
    indexed(0x3d4, 0x18, 99);
    indexed(0x3d4, 7, 0x2e);
    indexed(0x3d4, 9, 0);
    expect([picture()(16, 10), picture()(16, 110)]).toEqual([shade(4), shade(4)]);
  });

  test('shows CGA’s four colours from two banks', () => {
    const { mode, window, display, picture } = pc();
    mode('cga');
    expect(display.size).toEqual({ width: 320, height: 200 });
    window.write(0x1_8000 + 80 * 3 + 1, 1, 0x1b);
    window.write(0x1_8000 + 0x2000 + 80 * 3, 1, 0xe4);
    const at = picture();
    expect([4, 5, 6, 7].map((x) => at(x, 6))).toEqual([0, 1, 2, 3].map(shade));
    expect([0, 1, 2, 3].map((x) => at(x, 7))).toEqual([3, 2, 1, 0].map(shade));
  });

  test.each([
    [15, [0x1f, 0x7c], [0xff, 0, 0xff]],
    [16, [0xe0, 0x07], [0, 0xff, 0]],
    [24, [3, 2, 1], [1, 2, 3]],
    [32, [3, 2, 1, 0], [1, 2, 3]],
    [8, [9], shade(9)],
  ] as const)('shows %i bits a pixel by dispi, from the offsets on', (bpp, pixel, rgb) => {
    const { mode, high, setDispi, display, picture, vram } = pc();
    mode('chunky');
    high(320, 100, bpp);
    setDispi(Dispi.VIRT_WIDTH, 400);
    setDispi(Dispi.X_OFFSET, 8);
    setDispi(Dispi.Y_OFFSET, 2);
    const bytes = Math.ceil(bpp / 8);
    vram.bytes.set(pixel, (2 * 400 + 8 + 1) * bytes);
    expect([display.size, display.text(), picture()(1, 0)]).toEqual([{ width: 320, height: 100 }, undefined, rgb]);
  });

  test('shows planes by dispi, and eight bits a colour', () => {
    const { mode, high, picture, window, indexed, colour } = pc();
    mode('planes');
    high(640, 400, 4);
    indexed(0x3c4, 2, 8);
    window.write(80 + 1, 1, 0x01);
    expect(picture()(15, 1)).toEqual(shade(8));
    high(64, 64, 8, DispiEnable.DAC_8);
    colour(0, [200, 100, 50]);
    expect(picture()(0, 0)).toEqual([200, 100, 50]);
  });

  test('says when the picture changes, and its size', () => {
    const { mode, high, display, vram, window } = pc();
    const sizes: unknown[] = [];
    mode('text');
    display.onModeChanged = () => sizes.push({ ...display.size });
    expect([display.changed(), display.changed()]).toEqual([true, false]);
    window.write(0x1_8000, 1, 1);
    expect([display.changed(), display.changed()]).toEqual([true, false]);
    vram.guestWrites(4096, Uint8Array.of(1));
    expect([display.changed(), display.changed()]).toEqual([true, false]);
    high(800, 256, 32);
    expect([sizes, display.changed()]).toEqual([[{ width: 800, height: 256 }], true]);
    expect(() => { display.render(new Uint8ClampedArray(16)); }).toThrow(RangeError);
  });
});

describe('dispi', () => {
  test('keeps modes within memory', () => {
    const { high, dispi, setDispi } = pc();
    const get = (index: number) => {
      dispi.write(0, 2, index);
      return dispi.read(1, 2);
    };
    high(1001, 9999, 99);
    expect([get(Dispi.XRES), get(Dispi.YRES), get(Dispi.BPP), get(Dispi.VIRT_HEIGHT)]).toEqual([1000, 1048, 8, 1048]);
    setDispi(Dispi.VIRT_WIDTH, 60_000);
    expect([get(Dispi.VIRT_WIDTH), get(Dispi.YRES)]).toEqual([16_000, 65]);
    setDispi(Dispi.BANK, 9999);
    expect(get(Dispi.BANK)).toBe(15);
    setDispi(Dispi.ENABLE, DispiEnable.GET_CAPS);
    expect([get(Dispi.XRES), get(Dispi.BPP), get(99), dispi.read(0, 1)]).toEqual([16_000, 32, 0, -1]);
  });

  test('clears memory unless it is told not to, and moves the window by banks', () => {
    const { high, setDispi, window, vram } = pc();
    high(640, 400, 8);
    setDispi(Dispi.BANK, 2);
    window.write(3, 1, 0x77);
    expect([vram.bytes[0x2_0003], window.read(3, 1), window.read(0x1_0000, 1)]).toEqual([0x77, 0x77, 0xff]);
    high(640, 400, 8, DispiEnable.KEEP);
    expect(vram.bytes[0x2_0003]).toBe(0x77);
    high(640, 400, 8);
    expect(vram.bytes[0x2_0003]).toBe(0);
  });
});

test('a restored display shows what the saved one did', () => {
  const before = pc();
  before.mode('planes');
  before.indexed(0x3c4, 2, 0xf);
  before.window.write(0, 1, 0xff);
  before.window.read(0, 1);
  const after = pc(before.save());
  after.vram.bytes.set(before.vram.bytes);
  expect(after.display.changed()).toBe(true);
  expect([after.display.size, after.picture()(0, 0)]).toEqual([{ width: 640, height: 480 }, shade(15)]);
  after.indexed(0x3ce, 5, 1);
  after.window.write(1, 1, 0);
  expect(after.picture()(8, 0)).toEqual(shade(15));
});
