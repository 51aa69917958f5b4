import { MMU_OFFSETS } from '@polyvisor/core';
import type { Random } from '../../../random/random.ts';
import { found, type Check, type Finding } from '../../report.ts';
import { describeAccess, roundRandom } from '../compare.ts';
import type { MmuSubject } from '../options.ts';
import { MmuRig } from '../rig.ts';
import { randomMode, randomRegisters, physical, TABLES, type Mode } from '../world.ts';

/** Five levels of four loads and their own, the last walk, and as much again for a walk that began anew. */
const MOST_LOADS = 2 * (5 * 5 + 4);
/** Each has tables of its own and so many accesses. */
const ACCESSES = 30;

interface Near {
  readonly random: Random;
  readonly own: () => bigint;
  readonly flags: bigint;
  readonly self: bigint;
  readonly device: bigint;
}
const KINDS: readonly ((near: Near) => bigint)[] = [
  () => 0xffff_ffff_ffff_ffffn,
  (n) => n.own() | n.flags,
  (n) => n.self | n.flags,
  (n) => n.own() | 7n,
  (n) => n.own() | 0x67n,
  (n) => physical(n.random.below(2 ** 20)) | n.flags,
  (n) => (physical(n.random.below(2 ** 28)) << 8n) | n.flags,
  (n) => n.device | n.flags,
  (n) => BigInt.asUintN(64, (BigInt(n.random.int32()) << 32n) | BigInt(n.random.int32() >>> 0)),
  (n) => 0x8000_0000_0000_0000n | n.own() | 7n,
];

/** Words as no kernel writes them: all ones, pointers to themselves, to the end of everything, to devices. */
function garbage(rig: MmuRig, random: Random, mode: Mode): void {
  const { ram, device } = rig.places;
  const own = (): bigint => physical(ram(TABLES.first + random.below(TABLES.count)));
  const words = mode === '32-bit' ? 1024 : 512, bytes = mode === '32-bit' ? 4 : 8;
  for (let i = TABLES.first; i < TABLES.first + TABLES.count; i++) {
    for (let n = 0; n < words; n++) {
      const flags = BigInt(random.below(2048)) | 1n;
      const word = random.pick(KINDS)({ random, own, flags, self: physical(ram(i)), device: physical(device ?? 0) });
      rig.put(i, n * bytes, BigInt.asUintN(bytes * 8, word), bytes);
    }
  }
}

export const hostileTables: Check<MmuSubject> = {
  name: 'hostile-tables',
  summary: 'no table, whatever it holds, leads out of the guest\'s memory, changes other memory or takes many loads',
  run(subject) {
    const rig = new MmuRig(subject);
    const findings: Finding[] = [];
    const rounds = Math.max(8, Math.ceil(subject.cases / 40));
    try {
      const victim = rig.host.createAddressSpace({ name: 'victim', format: subject.format });
      victim.populate(0, 64, 7);
      const first = rig.host.frames.offset(victim.lookup(0).mfn);
      const others = rig.host.bytes.subarray(first, first + 64 * 4096);
      others.fill(0x67);
      const loads = (): number => rig.view.getUint32(rig.cpu.at + MMU_OFFSETS.walkLoads, true);
      for (let round = 0; round < rounds && findings.length < 4; round++) {
        const random = roundRandom(subject, 70, round);
        const mode = randomMode(random);
        garbage(rig, random, mode);
        const cr3 = random.chance(1, 4) ? physical(random.below(2 ** 24)) : undefined;
        const registers = randomRegisters(rig, random, mode);
        rig.cpu.load(cr3 === undefined ? registers : { ...registers, cr3, pdptes: [cr3 | 1n, cr3 | 1n, 1n, 0n] });
        for (let i = 0; i < ACCESSES; i++) {
          const linear = mode === 'long' ? BigInt.asUintN(64, BigInt.asIntN(48, BigInt(random.int32()) << 16n)) : BigInt(random.int32() >>> 0);
          const access = random.pick([1, 2, 3, 4]);
          const before = loads();
          const result = rig.cpu.fill(linear, access);
          const where = `${describeAccess(linear, access)} (seed ${subject.seed}, round ${round}, ${mode})`;
          if (((loads() - before) >>> 0) > MOST_LOADS) findings.push(found(`${where} takes ${loads() - before} loads`));
          if (result.kind === 'unknown') findings.push(found(`${where} gives the unknown status ${result.status}`));
          if ((result.kind === 'ok' || result.kind === 'code') && !ownedByGuest(rig, result.host)) {
            findings.push(found(`${where} leads to 0x${result.host.toString(16)}, which is not the guest's`));
          }
        }
        if (others.some((byte) => byte !== 0x67)) {
          findings.push(found(`memory of another guest was changed (seed ${subject.seed}, round ${round})`));
          others.fill(0x67);
        }
      }
      return findings;
    } finally {
      rig.destroy();
    }
  },
};

function ownedByGuest(rig: MmuRig, host: number): boolean {
  const i = (host - rig.ramAt(0)) / 4096;
  const { rom } = rig.places;
  return (i >= 0 && i < 512) || (rom !== undefined && (host >>> 12) === (rig.frame(rom).host >>> 12));
}
