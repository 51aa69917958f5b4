import { Access } from '@polyvisor/core';
import type { Check, Outcome } from '../../report.ts';
import { Expectations } from '../expectations.ts';
import type { MmuSubject } from '../options.ts';
import { FRAME, LARGE, page, WINDOW, withGuest, type SoundGuest } from '../sound-guest.ts';

const { data } = FRAME;
const { read, write, execute } = Access;

/** Three pages and a piece of a large page lead to frames that the address space then changes, after all have been used. */
function nested(subject: MmuSubject, test: (g: SoundGuest, e: Expectations) => void): Outcome {
  return withGuest(subject, 1, (g) => {
    if (!g.rig.nested) return { skipped: 'the strategy does not look at the address space' };
    for (let n = 0; n < 3; n++) g.map(n, data + n);
    for (const access of [read, write, execute]) for (let n = 0; n < 3; n++) g.reach(page(n), access);
    g.reach(LARGE + BigInt(data * 4096), write);
    const e = new Expectations();
    test(g, e);
    return e.findings;
  });
}

export const spaceUnmap: Check<MmuSubject> = {
  name: 'space-unmap',
  summary: 'a frame that is unmapped is not reached any more, also as a page table, and is again once it is mapped',
  run: (subject) => nested(subject, (g, e) => {
    const { space } = g.rig;
    space.unmap(data, 1);
    e.equal('a read of an unmapped frame', g.reach(page(0), read), 'nested-fault');
    e.equal('a read of it through a large page', g.reach(LARGE + BigInt(data * 4096), read), 'nested-fault');
    e.equal('its neighbour reaches', g.reach(page(1), write), `frame ${data + 1}`);
    const mfn = g.rig.host.frames.allocate();
    space.map(data, mfn, 1, 7);
    const now = g.place(page(0), write);
    e.equal('after mapping another frame the page leads to it', now, g.rig.host.frames.offset(mfn));
    space.unmap(FRAME.pages, 1);
    g.cpu.forget();
    e.equal('a read whose page table was unmapped', g.reach(page(1), read), 'nested-fault');
  }),
};

export const spaceRemap: Check<MmuSubject> = {
  name: 'space-remap',
  summary: 'a frame that is exchanged for another is reached in its new place, also as a page table',
  run: (subject) => nested(subject, (g, e) => {
    const { space, host } = g.rig;
    const exchange = (gfn: number): number => {
      const mfn = host.frames.allocate();
      const from = host.frames.offset(space.lookup(gfn).mfn), to = host.frames.offset(mfn);
      host.bytes.copyWithin(to, from, from + 4096);
      space.unmap(gfn, 1);
      space.map(gfn, mfn, 1, 7);
      return to;
    };
    const moved = exchange(data);
    e.equal('the page leads to', g.place(page(0), read), moved);
    const table = exchange(FRAME.pages);
    // The table in its new place says something else.
    host.view.setBigUint64(table + 8, g.address(data + 9) | 7n, true);
    g.cpu.forget();
    e.equal('through the exchanged table the page reaches', g.reach(page(1), read), `frame ${data + 9}`);
    e.none(g.store(FRAME.pages, 2, g.address(data + 10) | 7n));
    g.cpu.invalidatePage(page(2));
    e.equal('what the guest writes to it counts: the page reaches', g.reach(page(2), read), `frame ${data + 10}`);
  }),
};

export const spaceProtect: Check<MmuSubject> = {
  name: 'space-protect',
  summary: 'rights that are taken from a frame are gone at once, and those given back can be used',
  run: (subject) => nested(subject, (g, e) => {
    const { space } = g.rig;
    space.protect(data, 1, read);
    e.equal('a write to a read-only frame', g.reach(page(0), write), 'nested-fault');
    e.equal('a fetch from it', g.reach(page(0), execute), 'nested-fault');
    e.equal('a read of it', g.reach(page(0), read), `frame ${data}`);
    e.equal('a write to it through a large page', g.reach(LARGE + BigInt(data * 4096), write), 'nested-fault');
    space.protect(data, 1, 7);
    e.equal('a write after rights were given back', g.reach(page(0), write), `frame ${data}`);
    space.protect(0, 500, read | write);
    e.equal('a fetch after a large range was protected', g.reach(page(1), execute), 'nested-fault');
    if (space.format !== 'ept') return;
    g.reach(page(1), read);
    space.protect(FRAME.pages, 1, execute);
    g.cpu.forget();
    e.equal('a read whose page table cannot be read', g.reach(page(1), read), 'nested-fault');
  }),
};

export const spaceCopyOnWrite: Check<MmuSubject> = {
  name: 'space-copy-on-write',
  summary: 'after a clone no write reaches a shared frame, and each side goes on with its own copy',
  run: (subject) => nested(subject, (g, e) => {
    const { space, host } = g.rig;
    const shared = host.frames.offset(space.lookup(data).mfn);
    host.view.setBigUint64(shared, 1n, true);
    const copy = space.clone('copy');
    // The guest's tables are shared too; whatever the walk needs is made its own first.
    let to = g.cpu.reach(page(0), write);
    for (let tries = 0; typeof to !== 'number' && tries < 16; tries++) {
      if (to.kind !== 'nested-fault') break;
      space.translate(Number(to.gpa), write);
      to = g.cpu.reach(page(0), write);
    }
    e.equal('the page leads to the guest\'s own copy', typeof to === 'number' && to !== shared, true);
    if (typeof to === 'number') host.view.setBigUint64(to, 2n, true);
    const other = host.frames.offset(copy.lookup(data).mfn);
    e.equal('the clone sees', Number(host.view.getBigUint64(other, true)), 1);
    e.equal('a read after the copy leads to', g.place(page(0), read), typeof to === 'number' ? to : to.kind);
    // Its tables are its own too: what the guest writes to them counts.
    const word = WINDOW + BigInt(FRAME.pages * 4096 + 8);
    let table = g.cpu.reach(word, write);
    for (let tries = 0; typeof table !== 'number' && table.kind === 'nested-fault' && tries < 16; tries++) {
      space.translate(Number(table.gpa), write);
      table = g.cpu.reach(word, write);
    }
    for (const frame of [data + 9, data + 10, data + 11]) {
      table = g.cpu.reach(word, write);
      if (typeof table === 'number') host.view.setBigUint64(table, g.address(frame) | 0x67n, true);
      g.cpu.forget();
      e.equal('after a write to a table that was shared a page reaches', g.reach(page(1), read), `frame ${frame}`);
    }
    copy.destroy();
  }),
};

export const spaceDirtyLog: Check<MmuSubject> = {
  name: 'space-dirty-log',
  summary: 'each harvest of the dirty log has the frames that were written since the last one, marks in guest tables included',
  run: (subject) => nested(subject, (g, e) => {
    const { space } = g.rig;
    const bitmap = new Int32Array(16);
    const dirty = (frame: number): boolean => (bitmap[frame >> 5]! & (1 << (frame & 31))) !== 0;
    // The first harvest may count by 2 MiB.
    space.harvestDirty(0, 512, bitmap);
    for (let round = 0; round < 4; round++) {
      g.reach(page(round % 3), read);
      g.reach(page(round % 3), write);
      g.reach(page((round + 1) % 3), read);
      space.harvestDirty(0, 512, bitmap);
      e.equal(`round ${round}: the written frame is in the log`, dirty(data + (round % 3)), true);
      e.equal(`round ${round}: the frame that was only read is in the log`, dirty(data + ((round + 1) % 3)), false);
    }
    g.map(7, data + 7);
    space.harvestDirty(0, 512, bitmap);
    g.reach(page(7), write);
    space.harvestDirty(0, 512, bitmap);
    e.equal('the table whose entry was marked is in the log', dirty(FRAME.pages), true);
  }),
};
