import { Access, type Host, type Translation } from '@polyvisor/core';
import { found, type Check, type Finding } from '../../report.ts';
import { describeAccess, describeResult, firstDifference, roundRandom, watched } from '../compare.ts';
import { Expectations } from '../expectations.ts';
import { guestMemory, type MmuSubject } from '../options.ts';
import type { WalkResult } from '../reference-walk.ts';
import { MmuRig } from '../rig.ts';
import { FRAME, page, SoundGuest, WINDOW, withGuest } from '../sound-guest.ts';
import { randomWorld } from '../world.ts';

export const translateQuiet: Check<MmuSubject> = {
  name: 'translate-quiet',
  summary: 'translate says what an access would come to, and leaves no mark, no TLB entry and no count',
  run(subject) {
    const rig = new MmuRig(subject);
    const findings: Finding[] = [];
    try {
      for (let round = 0; round < 25 && findings.length < 4; round++) {
        const random = roundRandom(subject, 80, round);
        const world = randomWorld(rig, random);
        rig.cpu.load(world.registers);
        const words = Int32Array.from(watched(rig));
        const counts = JSON.stringify(rig.mmu.statistics());
        for (const linear of world.addresses) {
          const access = random.pick([1, 2, 4]), cpl = random.pick([0, 3]);
          const expected = expectAs(rig, linear, access, cpl);
          const actual = rig.mmu.translate(rig.cpu.state, signed(linear, world.mode === 'long'), access, cpl);
          const where = `translate for a ${describeAccess(linear, access)} at CPL ${cpl} (seed ${subject.seed}, round ${round}, ${world.mode})`;
          if (!agrees(expected, actual)) {
            findings.push(found(`${where} gives ${JSON.stringify(actual)}; the manuals say ${describeResult(expected)}`));
          }
          if (firstDifference(watched(rig), words) >= 0) findings.push(found(`${where} changes guest memory`));
          if (rig.cpu.entry(linear).rights !== 0) findings.push(found(`${where} fills the TLB`));
        }
        if (JSON.stringify(rig.mmu.statistics()) !== counts) findings.push(found(`translate counts in the statistics: ${JSON.stringify(rig.mmu.statistics())} after ${counts}`));
      }
      return findings;
    } finally {
      rig.destroy();
    }
  },
};

function expectAs(rig: MmuRig, linear: bigint, access: number, cpl: number): WalkResult {
  const { cpu } = rig;
  const { registers } = cpu;
  cpu.registers = { ...registers, cpl };
  const expected = rig.expect(cpu, linear, access);
  cpu.registers = registers;
  return expected;
}
const signed = (linear: bigint, long: boolean): number => Number(long ? BigInt.asIntN(48, linear) : linear);

function agrees(expected: WalkResult, actual: Translation): boolean {
  switch (expected.kind) {
    case 'page-fault': return actual.kind === 'page-fault' && actual.errorCode === expected.errorCode;
    case 'nested-fault': return actual.kind === 'nested-fault' && BigInt(actual.gpa) === expected.gpa;
    default: return actual.kind === 'ok' && BigInt(actual.gpa) === expected.gpa && actual.pageSize === 2 ** expected.shift;
  }
}

export const countsKept: Check<MmuSubject> = {
  name: 'counts',
  summary: 'fills, loads, page faults and flushes are counted, and attaching a vCPU begins anew',
  run: (subject) => withGuest(subject, 1, (g) => {
    const e = new Expectations();
    const { mmu } = g.rig;
    mmu.attach(0, g.cpu.at);
    g.cpu.load(g.registers);
    const begin = mmu.statistics();
    e.equal('fills after attaching', begin.fills, 0);
    g.map(0, FRAME.data);
    g.cpu.fill(page(0), Access.read);
    g.cpu.fill(page(1), Access.read);
    g.cpu.invalidatePage(page(0));
    const now = mmu.statistics();
    e.equal('fills', now.fills - begin.fills, 1);
    e.equal('page faults', now.pageFaults - begin.pageFaults, 1);
    e.equal('flushes', now.flushes - begin.flushes, 1);
    e.equal('loads are counted', now.walkLoads - begin.walkLoads >= 4, true);
    return e.findings;
  }),
};

/** The most that can be reserved at once, to 64 KiB. */
function room(host: Host): number {
  let fits = 0;
  for (let step = 2 ** 14; step >= 1; step /= 2) {
    try {
      host.release(host.reserve((fits + step) * 2 ** 16, 4096, 'conformance'));
      fits += step;
    } catch {
      // Too much: the next try is smaller.
    }
  }
  return fits;
}

export const destroyReleases: Check<MmuSubject> = {
  name: 'destroy-releases',
  summary: 'a destroyed MMU gives back what it reserved, and touches nothing when the address space changes',
  run(subject) {
    const { options, plugin, format } = subject;
    const memory = guestMemory({ ...options, format }, plugin);
    const { host, space } = memory;
    const config = plugin.config.parse(options.config?.(memory) ?? {});
    const findings: Finding[] = [];
    const before = room(host);
    for (let i = 0; i < 3; i++) plugin.create(config, { host, space, cpus: 2 }).destroy();
    const after = room(host);
    if (after < before) findings.push(found(`three MMUs that were destroyed have kept ${(before - after) * 64} KiB of the Host's tables`));
    const at = host.reserve(2 ** 20, 4096, 'conformance');
    host.bytes.fill(0x5a, at, at + 2 ** 20);
    const mfn = space.lookup(0).mfn;
    host.code.mark(mfn);
    host.code.written(mfn);
    space.unmap(0, 512);
    if (host.bytes.subarray(at, at + 2 ** 20).some((byte) => byte !== 0x5a)) findings.push(found('a destroyed MMU writes to memory that it has given back'));
    host.destroy();
    findings.push(...marksLeft(subject));
    return findings;
  },
};

/** Frames that an MMU marked as code, to hear of writes to them, are free again when it is gone. */
function marksLeft(subject: MmuSubject): Finding[] {
  const guest = new SoundGuest(subject);
  const { rig } = guest;
  for (const access of [Access.read, Access.write]) guest.reach(page(0), access);
  guest.reach(WINDOW, Access.write);
  rig.mmu.destroy();
  const left = Array.from({ length: 512 }, (_, i) => i).filter((i) => rig.host.code.marked(rig.memory.base + i));
  rig.host.destroy();
  return left.length === 0 ? [] : [found(`a destroyed MMU leaves frames of the guest marked as code: ${left.join(', ')}`)];
}
