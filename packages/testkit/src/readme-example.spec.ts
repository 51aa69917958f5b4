import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ByteSinkToken, defineDevice, versioned } from '@polyvisor/core';
import { fakeDeviceHost, type RecordingSink } from './index.ts';
import { describeDevice } from './vitest/index.ts';

// README example: begin
const beeper = defineDevice({
  kind: 'acme/beeper', api: 1, summary: 'Sends a byte whenever it is written.',
  config: z.strictObject({ tone: z.int().min(0).max(255) }),
  state: versioned(1, z.strictObject({ last: z.int() })),
  resources: () => ({ pio: { register: { size: 1 } }, services: { out: ByteSinkToken } }),
  create(config, host, saved) {
    let last = saved?.last ?? 0;
    return {
      regions: {
        register: {
          read: () => last,
          write: (_offset, _size, value) => {
            last = value & 0xff;
            host.services.out.write(config.tone);
          },
        },
      },
      reset: () => { last = 0; },
      save: () => ({ last }),
    };
  },
});

describeDevice(beeper, { configs: [{ tone: 7 }] });

test('sends its tone when it is written', () => {
  const { host, services } = fakeDeviceHost(beeper, { tone: 7 });
  const device = beeper.create({ tone: 7 }, host, undefined);

  device.regions.register.write(0, 1, 99);

  expect((services['out'] as RecordingSink).bytes).toEqual([7]);
});
// README example: end

test('the README shows this very example', () => {
  const here = readFileSync(new URL('readme-example.spec.ts', import.meta.url), 'utf8');
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = here.split('// README example: begin\n')[1]?.split('// README example: end')[0]?.trim() ?? '';
  expect(example).not.toBe('');
  expect(readme).toContain(example);
});
