import { FillStatus, MMU_BLOCK_END, RIGHTS_RAM, VcpuState } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { expect, test } from 'vitest';
import { defaultWalkOptions, WalkMmu } from '../src/index.ts';

test('the example of the README fills and translates', () => {
  const host = createHost({ frames: 16 * 2 ** 20 });
  const space = host.createAddressSpace({ name: 'guest', format: 'npt' });
  space.populate(0, 1024, RIGHTS_RAM);

  const mmu = new WalkMmu({ strategy: 'npt', ...defaultWalkOptions }, { host, space, cpus: 1 });
  const at = host.reserve(MMU_BLOCK_END, 64, 'vCPU 0');
  mmu.attach(0, at);
  const state = new VcpuState(host.memory.buffer, at);
  const { fill } = mmu.imports() as { fill(state: number, low: number, high: number, access: number): number };

  expect(fill(at, 0x1234, 0, 1)).toBe(FillStatus.ok);
  expect(mmu.translate(state, 0x1234, 1, 0)).toEqual({ kind: 'ok', gpa: 4660, pageSize: 4096 });
});
