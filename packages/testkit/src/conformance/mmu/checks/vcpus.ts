import { Access } from '@polyvisor/core';
import type { Check } from '../../report.ts';
import { Expectations } from '../expectations.ts';
import type { MmuSubject } from '../options.ts';
import { FRAME, page, withGuest } from '../sound-guest.ts';
import { randomWorld } from '../world.ts';
import { compareAccess, roundRandom, watched } from '../compare.ts';

const { data } = FRAME;
const { read, write } = Access;

export const severalVcpus: Check<MmuSubject> = {
  name: 'several-vcpus',
  summary: 'vCPUs in different modes do not disturb each other, and what is flushed for all is flushed for each',
  run: (subject) => withGuest(subject, 3, (g) => {
    const e = new Expectations();
    const { rig } = g;
    const [a, b, c] = rig.cpus as [typeof g.cpu, typeof g.cpu, typeof g.cpu];
    g.map(0, data);
    b.load({ ...g.registers, cpl: 3 });
    c.load({ ...g.registers, cr0: 1n });
    for (const cpu of [a, b]) e.equal('the page reaches', g.reach(page(0), write, cpu), `frame ${data}`);
    e.equal('without paging an address reaches', g.reach(g.address(data + 3), read, c), `frame ${data + 3}`);
    // The same linear address, with and without paging.
    const low = g.address(data + 3);
    g.write(FRAME.third, 0, g.address(13) | 7n);
    g.write(13, Number((low >> 21n) & 511n), g.address(14) | 7n);
    g.write(14, Number((low >> 12n) & 511n), g.address(data + 20) | 7n);
    for (const [cpu, frame] of [[a, data + 20], [c, data + 3], [a, data + 20], [c, data + 3]] as const) {
      e.equal('an address that two vCPUs translate in their own way reaches', g.reach(low, read, cpu), `frame ${frame}`);
    }
    // One vCPU changes the table; each sees it after a flush of its own.
    e.none(g.store(FRAME.pages, 0, g.address(data + 1) | 7n, a));
    a.invalidatePage(page(0));
    e.equal('after INVLPG the page reaches on the same vCPU', g.reach(page(0), read, a), `frame ${data + 1}`);
    b.forget();
    e.equal('after its own load of CR3 the page reaches on another vCPU', g.reach(page(0), read, b), `frame ${data + 1}`);
    e.equal('the third vCPU still reaches', g.reach(g.address(data + 3), read, c), `frame ${data + 3}`);
    for (const round of [1, 2]) {
      e.none(g.store(FRAME.pages, 0, g.address(data + 1 + round) | 7n, b));
      b.invalidatePage(page(0));
      a.forget();
      for (const cpu of [a, b]) e.equal(`round ${round}: the page reaches`, g.reach(page(0), write, cpu), `frame ${data + 1 + round}`);
    }
    if (rig.nested) {
      // All three have used this frame now.
      rig.space.unmap(data + 3, 1);
      for (const cpu of [a, b, c]) e.equal('after an unmap', g.reach(cpu === c ? g.address(data + 3) : page(0), read, cpu), 'nested-fault');
    }
    return [...e.findings, ...interleaved(subject)];
  }),
};

/** Two vCPUs with random tables in one memory, in turns. */
function interleaved(subject: MmuSubject) {
  return withGuest(subject, 2, (g) => {
    const e = new Expectations();
    const { rig } = g;
    for (let round = 0; round < 20 && e.findings.length < 3; round++) {
      const random = roundRandom(subject, 9, round);
      const world = randomWorld(rig, random);
      const user = { ...world.registers, cpl: 3 };
      rig.cpus[0]!.load({ ...world.registers, cpl: 0 });
      rig.cpus[1]!.load(user);
      const words = Int32Array.from(watched(rig));
      for (let i = 0; i < 12; i++) {
        const cpu = rig.cpus[i & 1]!;
        const access = random.pick([1, 2, 4]);
        for (const message of compareAccess(rig, cpu, random.pick(world.addresses), access, words, new Set(['outcome', 'rights']))) {
          e.none(`vCPU ${i & 1}: ${message} (seed ${subject.seed}, round ${round})`);
        }
      }
    }
    return e.findings;
  });
}
