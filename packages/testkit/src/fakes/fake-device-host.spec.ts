import { expectTypeOf } from 'expect-type';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ByteSinkToken, defineDevice, stateless, token, type Dma, type LevelLine } from '@polyvisor/core';
import type { RecordingSink } from './bytes.ts';
import { anyDeviceHost, fakeDeviceHost } from './fake-device-host.ts';

const plugin = defineDevice({
  kind: 'acme/thing', api: 1, summary: 'A thing.', config: z.strictObject({}), state: stateless,
  resources: () => ({ irq: { line: 'level', tick: 'edge' }, dma: true, services: { out: ByteSinkToken } }),
  create: (_config, host) => ({
    reset() {
      host.irq.line.set(true);
      host.irq.tick.pulse();
      host.services.out.write(65);
    },
  }),
});

describe('fakeDeviceHost', () => {
  test('has what the resources ask for, with their types, and records its use in one trace', () => {
    const fake = fakeDeviceHost(plugin, {});
    const device = plugin.create({}, fake.host, undefined);

    device.reset('warm');

    expectTypeOf(fake.host.irq.line).toEqualTypeOf<LevelLine>();
    expectTypeOf(fake.host.dma).toEqualTypeOf<Dma>();
    expect(fake.trace.entries).toEqual(['level line asserted', 'pulse tick', 'sink out 0x41']);
    expect(fake.levels.get('line')?.asserted).toBe(true);
    expect((fake.services['out'] as RecordingSink).text).toBe('A');
  });

  test('refuses what was not asked for, and says how to ask', () => {
    const greedy = { ...plugin, resources: () => ({}) };
    const { host } = anyDeviceHost(greedy, {});
    expect(() => (host as { dma: unknown }).dma).toThrow(/testkit\/undeclared-access.*dma: true/);
    expect(() => (host as { msi: unknown }).msi).toThrow(/msi: true/);
  });

  test('asks for a fake of a service that core does not know', () => {
    const odd = { ...plugin, resources: () => ({ services: { fan: token('acme/Fan') } }) };
    expect(() => anyDeviceHost(odd, {})).toThrow(/testkit\/no-fake-service.*acme\/Fan/);
    expect(anyDeviceHost(odd, {}, { services: { fan: 7 } }).services['fan']).toBe(7);
  });
});
