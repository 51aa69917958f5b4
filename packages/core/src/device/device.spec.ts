import { describe, expect, test } from 'vitest';
import { expectTypeOf } from 'expect-type';
import { z } from 'zod';
import { ByteSinkToken, type ByteSink } from '../console/console.ts';
import type { EdgeLine, LevelLine } from '../interrupt/lines.ts';
import type { Dma } from '../memory/dma.ts';
import { stateless, versioned } from '../snapshot/state.ts';
import { defineDevice, type AnyDevicePlugin } from './device.ts';

const config = z.strictObject({ port: z.int() });
const silent = { read: () => 0, write: () => undefined };
const plain = { kind: 'acme/thing', api: 1, summary: 'A thing.', config, state: stateless } as const;

describe('defineDevice', () => {
  test('gives a device exactly what its resources ask for', () => {
    const plugin = defineDevice({
      ...plain,
      resources: (c) => ({
        pio: { regs: { size: 8, prefer: c.port } },
        irq: { line: 'level', tick: { kind: 'edge', prefer: 0 } },
        dma: true,
        services: { out: ByteSinkToken },
      }),
      create(_config, host) {
        expectTypeOf(host.irq.line).toEqualTypeOf<LevelLine>();
        expectTypeOf(host.irq.tick).toEqualTypeOf<EdgeLine>();
        expectTypeOf(host.dma).toEqualTypeOf<Dma>();
        expectTypeOf(host.services.out).toEqualTypeOf<ByteSink>();
        return { regions: { regs: silent }, reset: () => undefined };
      },
    });
    const anonymous: AnyDevicePlugin = plugin;
    expect(anonymous.kind).toBe('acme/thing');
  });

  test('refuses to compile the use of DMA that was not asked for', () => {
    defineDevice({
      ...plain,
      resources: () => ({ mmio: { bar: { size: 4096 } } }),
      create(_config, host) {
        // @ts-expect-error this device did not ask for DMA
        expect(host.dma).toBeUndefined();
        // @ts-expect-error nor for interrupt lines
        expect(host.irq).toBeUndefined();
        // @ts-expect-error nor for timers
        expect(host.timer).toBeUndefined();
        // @ts-expect-error nor for messages
        expect(host.msi).toBeUndefined();
        return { regions: { bar: silent }, reset: () => undefined };
      },
    });
  });

  test('refuses to compile a device without a declared region, or without save', () => {
    defineDevice({
      ...plain,
      resources: () => ({ pio: { regs: { size: 1 } } }),
      // @ts-expect-error the region "regs" is missing
      create: () => ({ regions: {}, reset: () => undefined }),
    });
    defineDevice({
      ...plain,
      state: versioned(1, z.strictObject({ a: z.int() })),
      resources: () => ({}),
      // @ts-expect-error versioned state needs save
      create: () => ({ reset: () => undefined }),
    });
  });

  test('refuses a kind that does not read vendor/model', () => {
    const bad = { ...plain, kind: 'UART', resources: () => ({}), create: () => ({ reset: () => undefined }) };
    expect(() => defineDevice(bad)).toThrow(/core\/invalid-plugin: .*vendor\/model/);
  });
});
