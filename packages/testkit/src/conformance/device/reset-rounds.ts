import type { ResetKind } from '@polyvisor/core';
import type { Random } from '../../random/random.ts';
import type { DeviceSubject } from './options.ts';
import { settle, type DeviceRig } from './rig.ts';
import { roundRandom, worn } from './run.ts';

export interface ResetRound {
  readonly rig: DeviceRig;
  readonly why: ResetKind;
  readonly round: number;
  readonly random: Random;
}

/** Worn devices that were just reset, by both kinds of reset. */
export async function resetRounds(subject: DeviceSubject): Promise<readonly ResetRound[]> {
  const out: ResetRound[] = [];
  for (let round = 0; round < subject.rounds; round += 1) {
    for (const why of ['warm', 'power-on'] as const) {
      const random = roundRandom(subject, 100 + round);
      const rig = await worn(subject, random);
      rig.drain();
      rig.reset(why);
      await settle(rig);
      out.push({ rig, why, round, random });
    }
  }
  return out;
}
