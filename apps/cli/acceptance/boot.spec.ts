/** A kernel for i386, and four processors; the script beside it boots every kernel in every way. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { bootOnce } from './lib/boots.ts';
import { linux, writeInitrd, type Flavour } from './lib/linux.ts';

const folder = mkdtempSync(join(tmpdir(), 'polyvisor-boot-'));
const TIMEOUT = 600_000;

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('boots to a shell that answers, and powers off:', () => {
  for (const [flavour, cpus] of [['686', 1], ['cloud-amd64', 4]] as const satisfies readonly (readonly [Flavour, number])[]) {
    const system = linux(flavour);
    const name = `Debian's ${flavour} kernel on ${cpus} ${cpus === 1 ? 'processor' : 'processors'}`;
    if ('reason' in system) {
      test.skip(`${name}: ${system.reason}`, () => undefined);
      continue;
    }
    test(name, async () => {
      const initrd = writeInitrd(join(folder, flavour), system, { modules: [] });
      const { wrong, instructions } = await bootOnce({ system, initrd, cpus }, 500);
      expect(wrong).toEqual([]);
      expect(instructions).toBeGreaterThan(500);
    }, TIMEOUT);
  }
});
