import { Access, FillStatus } from '@polyvisor/core';
import { Random } from '../../../random/random.ts';
import type { Check } from '../../report.ts';
import { describeResult, sameOutcome } from '../compare.ts';
import { Expectations } from '../expectations.ts';
import type { MmuSubject } from '../options.ts';
import { FRAME, LINEAR, page, WINDOW, withGuest, type SoundGuest } from '../sound-guest.ts';

const { data } = FRAME;

export const tableWrites: Check<MmuSubject> = {
  name: 'table-writes',
  summary: 'what the guest and bus masters write to page tables counts after a load of CR3, and at once where nothing was present',
  run: (subject) => withGuest(subject, 1, (g) => {
    const e = new Expectations();
    const random = new Random(subject.seed).fork(40);
    const now = new Map<number, number>();
    const expected = (n: number, access: number): string => (now.has(n) ? `frame ${now.get(n)!}` : `page-fault ${access}`);
    for (let step = 0; step < 400 && e.findings.length === 0; step++) {
      const n = random.below(6), frame = data + random.below(50);
      const wasThere = now.has(n), gone = wasThere && random.chance(1, 4);
      const entry = gone ? 0n : g.address(frame) | 7n;
      if (random.chance(1, 4)) g.write(FRAME.pages, n, entry);
      else e.none(g.store(FRAME.pages, n, entry));
      if (gone) now.delete(n);
      else now.set(n, frame);
      if (wasThere) g.cpu.forget();
      const which = random.chance(1, 2) ? n : random.below(6);
      const write = random.chance(1, 2);
      const reached = g.reach(page(which), write ? Access.write : Access.read);
      e.equal(`step ${step}: page ${which} reaches`, reached, expected(which, write ? 2 : 0));
    }
    // A table that the guest has written and goes on to write, through the same TLB entry.
    const fresh = LINEAR + 3n * 0x20_0000n;
    e.none(g.store(FRAME.spare, 0, g.address(data) | 7n));
    e.none(g.store(FRAME.second, 3, g.address(FRAME.spare) | 7n));
    for (const frame of [data, data + 1, data + 2]) {
      e.none(g.store(FRAME.spare, 0, g.address(frame) | 7n));
      g.rig.hot.resync?.(g.cpu.at);
      g.rig.mmu.flush({ what: 'page', cpu: 0, linear: Number(fresh) });
      e.equal('through a table that was just made the page reaches', g.reach(fresh, Access.read), `frame ${frame}`);
    }
    for (const table of ['upper', 'last'] as const) writeUnderWay(g, e, table);
    sharedTable(g, e);
    return e.findings;
  }),
};

/** Two entries of a directory lead to one table; then one of them leads elsewhere, and is used before anything is flushed. */
function sharedTable(g: SoundGuest, e: Expectations): void {
  const [first, second] = [LINEAR + 8n * 0x20_0000n, LINEAR + 9n * 0x20_0000n];
  for (let n = 0; n < 2; n++) {
    g.write(FRAME.otherPages, n, g.address(data + 70 + n) | 0x27n);
    g.write(FRAME.spare, n, g.address(data + 80 + n) | 0x27n);
  }
  for (const n of [8, 9]) e.none(g.store(FRAME.second, n, g.address(FRAME.otherPages) | 7n));
  g.cpu.forget();
  for (const linear of [first, second]) e.equal('a page of a table that two entries lead to', g.reach(linear, Access.read), `frame ${data + 70}`);
  e.none(g.store(FRAME.second, 8, g.address(FRAME.spare) | 7n));
  g.reach(first + 0x1000n, Access.read);
  g.cpu.forget();
  e.equal('the entry that was changed leads to', g.reach(first + 0x1000n, Access.read), `frame ${data + 81}`);
  e.equal('the entry that was not leads to', g.reach(second + 0x1000n, Access.read), `frame ${data + 71}`);
}

/** An instruction has the address that it writes to, and then walks the tables for its next page before it writes. */
function writeUnderWay(g: SoundGuest, e: Expectations, table: 'upper' | 'last'): void {
  const at = table === 'upper' ? [FRAME.second, 5] as const : [FRAME.otherPages, 0] as const;
  const linear = LINEAR + 5n * 0x20_0000n, word = WINDOW + BigInt(at[0] * 4096 + at[1] * 8);
  for (let i = 0; i < 512; i++) g.write(FRAME.otherTop, i, g.read(FRAME.top, i));
  for (const frame of [FRAME.spare, FRAME.otherPages]) g.write(frame, 0, g.address(data + frame) | 7n);
  e.none(g.store(FRAME.second, 5, g.address(FRAME.otherPages) | 7n));
  g.cpu.forget();
  e.equal('before the write the page reaches', g.reach(linear, Access.read), `frame ${data + FRAME.otherPages}`);
  e.none(g.store(at[0], at[1], g.read(at[0], at[1])));
  // Another CR3 with the same tables below, and nothing forgotten.
  g.cpu.set({ ...g.registers, cr3: g.address(FRAME.otherTop) });
  const to = g.cpu.reach(word, Access.write);
  g.cpu.fill(linear + 0x1000n, Access.read);
  g.cpu.fill(linear, Access.read);
  if (typeof to === 'number') g.rig.view.setBigUint64(to, g.address(table === 'upper' ? FRAME.spare : data + 40) | 7n, true);
  g.cpu.forget();
  e.equal(`after a write to a table of the ${table} level that was under way the page reaches`,
    g.reach(linear, Access.read), `frame ${table === 'upper' ? data + FRAME.spare : data + 40}`);
  g.cpu.load(g.registers);
}

export const contextSwitch: Check<MmuSubject> = {
  name: 'context-switch',
  summary: 'each CR3 has its own translations, and what changed while another was loaded counts on return',
  run: (subject) => withGuest(subject, 1, (g) => {
    const e = new Expectations();
    // The second root shares the window and has its own pages.
    for (const [from, to] of [[FRAME.top, FRAME.otherTop], [FRAME.third, 10], [FRAME.second, 11]] as const) {
      for (let i = 0; i < 512; i++) g.write(to, i, g.read(from, i));
    }
    g.write(FRAME.otherTop, 0, g.address(10) | 7n);
    g.write(10, 256, g.address(11) | 7n);
    g.write(11, 0, g.address(FRAME.otherPages) | 7n);
    const spaces = [
      { cr3: g.registers.cr3, table: FRAME.pages, tag: 7, frame: data },
      { cr3: g.address(FRAME.otherTop), table: FRAME.otherPages, tag: 10, frame: data + 50 },
    ];
    for (const s of spaces) g.write(s.table, 0, g.address(s.frame) | 7n);
    for (let round = 0; round < 24; round++) {
      const here = spaces[round & 1]!, other = spaces[(round + 1) & 1]!;
      // Untagged at first, then as with PCIDs: another tag, and nothing is forgotten.
      const tagged = round >= 12;
      g.cpu.tag = tagged ? here.tag : 1;
      g.cpu.set({ ...g.registers, cr3: here.cr3 });
      if (!tagged) g.cpu.forget();
      e.equal(`round ${round}: the page reaches`, g.reach(page(0), Access.read), `frame ${here.frame}`);
      if (tagged) continue;
      other.frame++;
      e.none(g.store(other.table, 0, g.address(other.frame) | 7n));
    }
    // A context that no TLB has seen needs no flush, whichever of its tables has changed.
    for (const [round, frame] of [FRAME.spare, FRAME.otherPages, FRAME.spare].entries()) {
      g.cpu.set({ ...g.registers, cr3: spaces[0]!.cr3 });
      g.reach(page(0), Access.read);
      g.write(frame, 0, g.address(data + 60 + round) | 7n);
      e.none(g.store(11, 0, g.address(frame) | 7n));
      g.cpu.tag = 20 + 6 * round;
      g.cpu.set({ ...g.registers, cr3: spaces[1]!.cr3 });
      e.equal(`in the fresh context ${round} the page reaches`, g.reach(page(0), Access.read), `frame ${data + 60 + round}`);
    }
    for (let round = 0; round < 2; round++) sameRoot(g, e);
    return e.findings;
  }),
};

/** One value of CR3 in every mode: the same words mean something else in each. */
function sameRoot(g: SoundGuest, e: Expectations): void {
  const { registers } = g, pae = { ...registers, efer: 0x800n };
  const table = g.address(FRAME.third) | 1n;
  // The same table at the top and below, so that an index of another mode finds something.
  g.write(FRAME.top, 1, g.address(FRAME.pages) | 0x8000_0000_0000_0087n);
  for (let i = 2; i < 8; i++) {
    g.write(FRAME.top, i, g.address(i === 4 ? FRAME.top : FRAME.third) | 0x27n);
    g.write(FRAME.third, i, g.address(FRAME.data + i) | 0x27n);
    g.write(FRAME.data + i, 0, g.address(FRAME.data + 30) | 7n);
  }
  g.write(FRAME.pages, 1, g.address(FRAME.data + 1) | 0x8000_0000_0000_0067n);
  // As a page with 4 levels, as a table with 5.
  g.write(FRAME.pages, 0, g.address(FRAME.data + 2) | 0x27n);
  // As a page of 4 MiB and as a table.
  g.write(FRAME.top, 8, g.address(1) | 0xa7n);
  for (let i = 0; i < 512; i++) g.write(1, i, g.address(FRAME.data + (i < 256 ? 31 : 32)) | (i < 256 ? 0x27n : 0x21n));
  const modes = [
    ['4 levels', registers], ['4 levels without NX', { ...registers, efer: 0x500n }],
    ['PAE', { ...pae, pdptes: [table, g.address(FRAME.window) | 1n, 1n, 0n] }], ['PAE with other PDPTEs', { ...pae, pdptes: [g.address(FRAME.window) | 1n, table, 0n, 1n] }],
    ['PAE with a PDPTE that is not present', { ...pae, pdptes: [table & ~1n, g.address(FRAME.window) | 1n, 0n, 0n] }],
    ['32 bits', { ...pae, cr4: 0x80n }], ['32 bits with PSE', { ...pae, cr4: 0x90n }],
    ...(g.rig.subject.processor.la57 ? [['5 levels', { ...registers, cr4: registers.cr4 | 0x1000n }] as const] : []),
  ] as const;
  for (const [name, mode] of modes) {
    g.cpu.load(mode);
    const wide = name.includes('levels');
    const addresses = [0x1000n, 0x5000n, 0x20_5000n, 0x40_0000n, 0x40_1000n, 0x80_3000n, 0x400_2000n, 0x420_2000n, 0x4000_2000n, 0x4000_5000n, 0x4040_0000n, ...(wide ? [LINEAR, LINEAR + 0x1000n, WINDOW + 0x5000n, 0x80_0000_0000n, 0x200_c040_0000n] : []), ...(name.startsWith('5') ? [0x8000_0000_0000n] : [])];
    // Twice: the second time from what was learned the first time.
    for (const linear of [...addresses, ...addresses]) {
      const expected = g.rig.expect(g.cpu, linear, Access.read), actual = g.cpu.fill(linear, Access.read);
      if (!sameOutcome(expected, actual, linear)) e.none(`with ${name} a read at 0x${linear.toString(16)} gives ${describeResult(actual)}; the manuals say ${describeResult(expected)}`);
    }
  }
  g.cpu.load(registers);
}

export const loadPdptes: Check<MmuSubject> = {
  name: 'pdptes',
  summary: 'in PAE paging all four page-directory pointers are loaded or, with a reserved bit in one that is present, none',
  run: (subject) => withGuest(subject, 1, (g) => {
    const e = new Expectations();
    const at = g.address(12) | 0x20n, quad = 4;
    const load = (): number => g.rig.hot.loadPdptes(g.cpu.at, Number(at & 0xffff_ffffn) | 0, Number(at >> 32n));
    [0x7001n, 0xffff_ffff_ffff_fffen, 0x8e19n, 0n].forEach((value, i) => g.write(12, quad + i, value));
    e.equal('a load of good entries', load(), FillStatus.ok);
    e.equal('the third register', `0x${g.cpu.state.get('pdpte2').toString(16)}`, '0x8e19');
    for (const bit of [1, 2, 5, 8, subject.processor.physicalBits, 52, 63]) {
      g.write(12, quad, 0x5001n);
      g.write(12, quad + 3, 0x9001n | (1n << BigInt(bit)));
      e.equal(`a load with bit ${bit} set in an entry`, load(), FillStatus.pageFault);
      e.equal('the first register is then', `0x${g.cpu.state.get('pdpte0').toString(16)}`, '0x7001');
    }
    return e.findings;
  }),
};
