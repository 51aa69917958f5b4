import { FillStatus, MMU_BLOCK_END, RIGHTS_RAM, VcpuState } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { expect, test } from 'vitest';
import { defaultWalkOptions, DirectMmu, WalkMmu } from '../src/index.ts';

test('the example of the README fills and translates', () => {
  const host = createHost({ frames: 16 * 2 ** 20 });
  const space = host.createAddressSpace({ name: 'guest', format: 'npt' });
  space.populate(0, 1024, RIGHTS_RAM);

  const mmu = new WalkMmu({ strategy: 'npt', ...defaultWalkOptions }, { host, space, cpus: 1 });
  const at = host.reserve(MMU_BLOCK_END, 64, 'vCPU 0');
  mmu.attach(0, at);
  const state = new VcpuState(host.memory.buffer, at);
  const { fill } = mmu.imports() as { fill(state: number, low: number, high: number, access: number): number };
  const status = fill(at, 0x1234, 0, 1);
  const where = mmu.translate(state, 0x1234, 1, 0);

  expect(status).toBe(FillStatus.ok);
  expect(where).toEqual({ kind: 'ok', gpa: 4660, pageSize: 4096 });
});

test('the example of the README says what a guest may do with machine frames', () => {
  const host = createHost({ frames: 16 * 2 ** 20 });
  const space = host.createAddressSpace({ name: 'guest', format: 'npt' });
  const [mfn, top, device] = [1, 2, 3];

  const mmu = new DirectMmu(defaultWalkOptions, { host, space, cpus: 1 });
  mmu.frames.grant(mfn, { rights: 7 });
  mmu.frames.grant(top, { rights: 1, table: true });
  mmu.frames.grantMmio(device);
  mmu.frames.revoke(mfn);

  expect([mfn, top, device].map((frame) => mmu.frames.use(frame))).toEqual([undefined, { rights: 1, table: true }, { rights: 0, table: false }]);
});
