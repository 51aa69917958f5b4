import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { machineDescription, machineJsonSchema } from './schema.ts';

const published = new URL('../../machine.schema.json', import.meta.url);

describe('the machine description', () => {
  test('is published as a JSON Schema that is up to date (UPDATE_SCHEMA=1 writes it)', () => {
    const text = `${JSON.stringify(machineJsonSchema(), undefined, 2)}\n`;
    if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(published, text);
    expect(readFileSync(published, 'utf8')).toBe(text);
  });

  test('reads addresses and sizes as numbers or text, and fills in defaults', () => {
    const parsed = machineDescription.parse({
      memory: '64MiB',
      cpu: { kind: 'a/b' },
      backend: { kind: 'c/d' },
      devices: { com1: { kind: 'e/f', pio: { regs: '0x2f8' } } },
    });
    expect(parsed).toMatchObject({ memory: 2 ** 26, cpu: { count: 1 }, clock: { source: 'host' } });
    expect(parsed.devices['com1']).toMatchObject({ pio: { regs: 0x2f8 }, config: {}, irq: {} });
  });

  test('refuses sizes, addresses and names that are none', () => {
    const base = { memory: 4096, cpu: { kind: 'a/b' }, backend: { kind: 'c/d' } };
    const device = (more: object): object => ({ ...base, devices: { com1: { kind: 'e/f', ...more } } });
    const wrong = [{ ...base, memory: '64 megabytes' }, { ...base, memory: -1 }, device({ pio: { regs: '3f8' } }), device({ irq: { line: 5000 } }), { ...base, devices: { '1com': { kind: 'e/f' } } }];
    for (const description of wrong) expect(machineDescription.safeParse(description).success).toBe(false);
  });
});
