import { Access } from '@polyvisor/core';
import type { Check } from '../../report.ts';
import { Expectations } from '../expectations.ts';
import type { MmuSubject } from '../options.ts';
import { FRAME, LARGE, LINEAR, page, withGuest, type SoundGuest } from '../sound-guest.ts';

const { data } = FRAME;

export const dirtyFirstWrite: Check<MmuSubject> = {
  name: 'dirty-first-write',
  summary: 'the first write to a clean page is seen, and the first use of tables and pages, also after the guest has cleared their bits',
  run: (subject) => withGuest(subject, 1, (g) => {
    const e = new Expectations();
    const dirty = (): boolean => (g.read(FRAME.pages, 0) & 0x40n) !== 0n;
    g.map(0, data);
    g.reach(page(0), Access.read);
    e.equal('the page is dirty after a read', dirty(), false);
    for (const round of ['first', 'second', 'third']) {
      e.equal('a write reaches', g.reach(page(0) + 8n, Access.write), `frame ${data}`);
      e.equal(`the page is dirty after the ${round} write to a clean page`, dirty(), true);
      e.none(g.store(FRAME.pages, 0, g.read(FRAME.pages, 0) & ~0x40n));
      g.cpu.invalidatePage(page(0));
      g.reach(page(0), Access.read);
    }
    // Accessed bits on each level, and of a large page.
    const path = [[FRAME.top, 0], [FRAME.third, 256], [FRAME.second, 0], [FRAME.pages, 0], [FRAME.second, 2]] as const;
    const use = (): void => {
      for (const linear of [page(0), LARGE + 0x3_0000n]) g.reach(linear, Access.read);
    };
    for (const [table, index] of path) {
      use();
      e.none(g.store(table, index, g.read(table, index) & ~0x20n));
      g.cpu.forget();
      use();
      e.equal(`entry ${index} of table ${table} is accessed`, (g.read(table, index) & 0x20n) !== 0n, true);
    }
    // A large page's dirty bit likewise, two pieces of it.
    const large = (): boolean => (g.read(FRAME.second, 2) & 0x40n) !== 0n;
    for (const round of ['first', 'second', 'third']) {
      for (const piece of [0x3_0000n, 0x4_0000n]) {
        e.none(g.store(FRAME.second, 2, g.read(FRAME.second, 2) & ~0x40n));
        g.cpu.invalidatePage(LARGE);
        g.reach(LARGE + piece, Access.read);
        e.equal('a large page is dirty after a read', large(), false);
        g.reach(LARGE + piece, Access.write);
        e.equal(`a large page is dirty after the ${round} write to it`, large(), true);
      }
    }
    return e.findings;
  }),
};

/** Three pages to change: one by its own entry, one through the directory, one that was large. */
function changed(g: SoundGuest, e: Expectations, flags: bigint): void {
  g.map(0, data, flags);
  g.map(1, data + 1, flags);
  for (const linear of [page(0), page(1), LARGE + 0x3000n, LARGE + 0x7000n]) g.reach(linear, Access.read);
  e.equal('the large page is there', g.reach(LARGE + 0x7000n, Access.read), 'frame 7');
  e.none(g.store(FRAME.pages, 0, g.address(data + 2) | flags));
  for (const [n, frame] of [[3, data + 3], [7, data + 4]] as const) e.none(g.store(FRAME.spare, n, g.address(frame) | flags));
  e.none(g.store(FRAME.second, 2, g.address(FRAME.spare) | 7n));
}

function expectChanged(g: SoundGuest, e: Expectations, flush: string): void {
  e.equal(`after ${flush} the page reaches`, g.reach(page(0), Access.read), `frame ${data + 2}`);
  e.equal(`after ${flush} another page reaches`, g.reach(page(1), Access.read), `frame ${data + 1}`);
  e.equal(`after ${flush} what was a large page reaches`, g.reach(LARGE + 0x3000n, Access.read), `frame ${data + 3}`);
  e.equal(`after ${flush} another piece of what was a large page reaches`, g.reach(LARGE + 0x7000n, Access.read), `frame ${data + 4}`);
}

export const flushPage: Check<MmuSubject> = {
  name: 'flush-page',
  summary: 'INVLPG makes changed entries of a page count, those of upper tables and all of a large page included',
  run(subject) {
    const e = new Expectations();
    for (const way of ['import', 'flush'] as const) {
      withGuest(subject, 1, (g) => {
        changed(g, e, 7n);
        for (const linear of [page(0), LARGE + 0x5000n]) {
          if (way === 'import') g.cpu.invalidatePage(linear);
          else g.rig.mmu.flush({ what: 'page', cpu: 0, linear: Number(linear) });
        }
        expectChanged(g, e, 'INVLPG');
        // Two tables that were written, and one page of each.
        g.write(FRAME.second, 6, g.address(FRAME.otherPages) | 7n);
        const far = LINEAR + 6n * 0x20_0000n, pages = [[FRAME.pages, page(3)], [FRAME.otherPages, far + 0x3000n]] as const;
        for (const [frame] of pages) g.write(frame, 3, g.address(data + 10) | 7n);
        g.cpu.forget();
        for (const [, linear] of pages) e.equal('a page before its table is written', g.reach(linear, Access.read), `frame ${data + 10}`);
        for (const [frame] of pages) e.none(g.store(frame, 3, g.address(data + 11) | 7n));
        for (const [, linear] of pages) {
          g.cpu.invalidatePage(linear);
          e.equal('after INVLPG a page of one of two changed tables reaches', g.reach(linear, Access.read), `frame ${data + 11}`);
        }
        // The directory leads to another table: a page that was never touched must be looked up there.
        e.none(g.store(FRAME.spare, 2, g.address(data + 5) | 7n));
        e.none(g.store(FRAME.second, 0, g.address(FRAME.spare) | 7n));
        g.cpu.invalidatePage(page(9));
        e.equal('after a change of the directory a fresh page reaches', g.reach(page(2), Access.read), `frame ${data + 5}`);
      });
    }
    return e.findings;
  },
};

export const flushContext: Check<MmuSubject> = {
  name: 'flush-context',
  summary: 'flushing a tag makes changed entries of that context count, global ones too unless they are to be kept',
  run(subject) {
    const e = new Expectations();
    for (const keepGlobal of [false, true]) {
      withGuest(subject, 1, (g) => {
        changed(g, e, keepGlobal ? 7n : 0x107n);
        g.rig.mmu.flush({ what: 'tag', cpu: 0, tag: g.cpu.tag, keepGlobal });
        expectChanged(g, e, `a flush of the tag${keepGlobal ? ' but for global pages' : ''}`);
      });
    }
    return e.findings;
  },
};

export const flushAll: Check<MmuSubject> = {
  name: 'flush-all',
  summary: 'flushing a vCPU, or everything, makes every change count, for global pages too',
  run(subject) {
    const e = new Expectations();
    const ways: readonly [string, (g: SoundGuest) => void][] = [
      ['a flush of the vCPU', (g) => g.rig.mmu.flush({ what: 'cpu', cpu: 0 })],
      ['a flush of everything', (g) => g.rig.mmu.flush({ what: 'all' })],
      ['a load of CR3', (g) => g.cpu.forget()],
    ];
    for (const [name, flush] of ways) {
      withGuest(subject, 1, (g) => {
        changed(g, e, 0x107n);
        flush(g);
        expectChanged(g, e, name);
      });
    }
    return e.findings;
  },
};
