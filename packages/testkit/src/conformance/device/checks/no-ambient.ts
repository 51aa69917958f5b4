import { trapAmbient } from '../../ambient.ts';
import { found, type Check } from '../../report.ts';
import { perform, readSweep } from '../operations.ts';
import type { DeviceSubject } from '../options.ts';
import { DeviceRig } from '../rig.ts';
import { roundRandom, worn } from '../run.ts';

export const noAmbient: Check<DeviceSubject> = {
  name: 'no-ambient',
  summary: 'the device takes time, chance, delays, network and console from its host only',
  async run(subject) {
    const used = new Set<string>();
    const around = <T>(act: () => T): T => trapAmbient(used, act);
    const rig = await worn(subject, roundRandom(subject, 500), new DeviceRig(subject, { around }));
    if (subject.plugin.state.kind === 'versioned') new DeviceRig(subject, { around, section: rig.save(), like: rig });
    await perform(rig, readSweep(rig.fake.resources));
    rig.reset('warm');
    rig.destroy();
    return [...used].sort().map((name) => found(`the device uses ${name}; its host object has what it may use (clock, timers, log, services)`));
  },
};
