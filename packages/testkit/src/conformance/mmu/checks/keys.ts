import { Access } from '@polyvisor/core';
import type { Check } from '../../report.ts';
import { Expectations } from '../expectations.ts';
import type { MmuSubject } from '../options.ts';
import { FRAME, LINEAR, page, withGuest } from '../sound-guest.ts';

const KEY = 5;
const PKE = 1n << 22n, PKS = 1n << 24n, WP = 1n << 16n;
/** Frame of RAM that each page leads to; large pages begin at the first, and lie in the directory from entry 3 on. */
const PAGES = [
  { name: 'user page', linear: page(0), frame: FRAME.data, user: true },
  { name: 'supervisor page', linear: page(1), frame: FRAME.data + 1, user: false },
  { name: 'large user page', linear: LINEAR + 0x66_4000n, frame: FRAME.data, user: true, directory: 3 },
  { name: 'large supervisor page', linear: LINEAR + 0x86_5000n, frame: FRAME.data + 1, user: false, directory: 4 },
] as const;
const ACCESSES = [['read', Access.read], ['write', Access.write], ['fetch', Access.execute]] as const;

/** 0 … 3: AD and WD of the key that both pages have. */
const register = (rights: number): number => (rights << (2 * KEY)) >>> 0;

export const protectionKeys: Check<MmuSubject> = {
  name: 'protection-keys',
  summary: 'PKRU rules data in user pages and PKRS data in supervisor pages, WD as CR0.WP says, and a change counts once the old tags are gone',
  run: (subject) => withGuest(subject, 1, (g) => {
    const e = new Expectations();
    PAGES.forEach((p, n) => {
      const flags = (p.user ? 7n : 3n) | (BigInt(KEY) << 59n);
      if ('directory' in p) g.write(FRAME.second, p.directory, g.address(0) | 0x80n | flags);
      else g.map(n, p.frame, flags);
    });
    let steps = 0;
    // Neighbours in this order differ in one register only, and each value comes again after others.
    for (const enabled of [PKE | PKS, PKE, PKS, 0n]) for (const wp of [WP, 0n]) for (const cpl of [0, 3]) for (let i = 0; i < 32; i++) {
      const pkru = (i >> 1) & 3, pkrs = i & 1 ? (i >> 3) & 3 : 3 - ((i >> 3) & 3);
      const registers = { ...g.registers, cr0: (g.registers.cr0 & ~WP) | wp, cr4: g.registers.cr4 | enabled, cpl, pkru: register(pkru), pkrs: register(pkrs) };
      // As processors do it: everything goes, or the context gets other tags.
      steps++;
      if (steps % 2 === 0) {
        g.cpu.tag += 3;
        g.cpu.set(registers);
        g.rig.hot.resync?.(g.cpu.at);
      } else g.cpu.load(registers);
      for (const { name, linear, frame, user } of PAGES) {
        if (cpl === 3 && !user) continue;
        const rights = (enabled & (user ? PKE : PKS)) === 0n ? 0 : user ? pkru : pkrs;
        for (const [what, access] of ACCESSES) {
          const data = access !== Access.execute, writes = access === Access.write;
          const refused = data && ((rights & 1) !== 0 || (rights === 2 && writes && (wp !== 0n || cpl === 3)));
          const code = 33 | (writes ? 2 : 0) | (cpl === 3 ? 4 : 0);
          e.equal(`a ${what} of a ${name} at CPL ${cpl} with PKRU ${pkru}, PKRS ${pkrs}, WP ${wp !== 0n}, CR4 0x${registers.cr4.toString(16)}`,
            g.reach(linear, access), refused ? `page-fault ${code}` : `frame ${frame}`);
        }
      }
      if (e.findings.length > 3) return e.findings;
    }
    return e.findings;
  }),
};
