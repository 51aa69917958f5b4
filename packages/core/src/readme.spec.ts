import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineDevice, versioned } from './index.ts';

test('the example of the README is a device that restores what it saved', () => {
  const plugin = defineDevice({
    kind: 'acme/latch',
    api: 1,
    summary: 'Keeps one byte.',
    config: z.strictObject({ port: z.int().default(0x10) }),
    state: versioned(1, z.strictObject({ value: z.int() })),
    resources: (c) => ({ pio: { regs: { size: 1, prefer: c.port } } }),
    create(_config, _host, saved) {
      let value = saved?.value ?? 0;
      return {
        regions: { regs: { read: () => value, write: (_offset, _size, v) => { value = v; } } },
        reset: () => { value = 0; },
        save: () => ({ value }),
      };
    },
  });

  const host = { id: 'latch', clock: { source: 'host' as const, now: () => 0 }, log: { info() {}, warn() {}, guestError() {} } };
  const device = plugin.create({ port: 0x10 }, host, undefined);
  device.regions.regs.write(0, 1, 42);
  expect(plugin.create({ port: 0x10 }, host, device.save()).regions.regs.read(0, 1)).toBe(42);
});
