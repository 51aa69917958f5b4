/** Frames, address spaces and DMA. */
import { RIGHTS_RAM } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { nanoseconds, report } from './measure.ts';

const MIB = 2 ** 20;
const PAGES = 100_000;
const host = createHost({ frames: 1536 * MIB });
const { frames } = host;

const held = new Int32Array(PAGES);
const allocate = nanoseconds(PAGES, (n) => {
  for (let i = 0; i < n; i++) held[i] = frames.allocate();
  for (let i = 0; i < n; i++) frames.release(held[i]!);
});
const zeros = new Uint8Array(4096);
const zeroing = nanoseconds(PAGES, (n) => {
  for (let i = 0; i < n; i++) host.bytes.set(zeros, 64 * MIB + (i & 1023) * 4096);
});
console.log('memory');
report('  frame allocated (zeroed) and released', allocate, 'ns');
report('    of which zeroing 4 KiB', zeroing, 'ns');

const space = host.createAddressSpace({ name: 'bench' });
for (let i = 0; i < PAGES; i++) held[i] = frames.allocate();
const mapped = nanoseconds(
  PAGES,
  (n) => {
    for (let i = 0; i < n; i++) {
      frames.retain(held[i]!);
      space.map(2 * i, held[i]!, 1, RIGHTS_RAM);
    }
    for (let i = 0; i < n; i++) space.unmap(2 * i, 1);
  },
  5,
);
report('  page mapped and unmapped, one by one', mapped, 'ns');
for (let i = 0; i < PAGES; i++) frames.release(held[i]!);

const GUEST = (512 * MIB) / 4096;
const bulk = nanoseconds(
  GUEST,
  () => {
    space.populate(0, GUEST, RIGHTS_RAM);
    space.unmap(0, GUEST);
  },
  5,
);
report('  page of a 512 MiB guest populated (zeroed) and unmapped', bulk, 'ns');

space.populate(0, GUEST, RIGHTS_RAM);
const dma = space.dma();
const buffer = new Uint8Array(4096);
const copy = nanoseconds(100_000, (n) => {
  for (let i = 0; i < n; i++) dma.write((i & 0xfff) * 4096, buffer, 0, 4096);
});
const plain = nanoseconds(100_000, (n) => {
  for (let i = 0; i < n; i++) host.bytes.set(buffer, 64 * MIB + (i & 0xfff) * 4096);
});
const load = nanoseconds(1_000_000, (n) => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum = (sum + dma.load((i & 0xffff) * 64, 4)) | 0;
  buffer[0] = sum;
});
report('  DMA write of 4 KiB through the address space', copy, 'ns');
report('    a plain copy of 4 KiB', plain, 'ns');
report('  DMA load of 4 bytes', load, 'ns');

const clone = nanoseconds(1, () => space.clone('copy').destroy(), 7) / 1e6;
report('  copy-on-write clone of 512 MiB, made and destroyed', clone, 'ms', 5);
const bitmap = new Int32Array(GUEST / 32);
const times: number[] = [];
for (let round = 0; round < 9; round++) {
  for (let gfn = 0; gfn < GUEST; gfn++) space.translate(gfn * 4096, 2);
  const start = process.hrtime.bigint();
  space.harvestDirty(0, GUEST, bitmap);
  times.push(Number(process.hrtime.bigint() - start) / 1e6);
}
report('  dirty-log harvest of 512 MiB, every page dirty, by pages', times.sort((a, b) => a - b)[4]!, 'ms', 2);
report('    the first one, which also splits the 2 MiB entries', Math.max(...times), 'ms');
host.destroy();
