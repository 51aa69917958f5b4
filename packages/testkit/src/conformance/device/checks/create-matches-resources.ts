import { found, type Check, type Finding } from '../../report.ts';
import type { DeviceSubject } from '../options.ts';
import { DeviceRig } from '../rig.ts';

export const createMatchesResources: Check<DeviceSubject> = {
  name: 'create-matches-resources',
  summary: 'create gives exactly the regions and services that resources declares, and save exactly when there is state',
  run(subject) {
    const { device, fake: { resources } } = new DeviceRig(subject);
    const out: Finding[] = [];
    const declared = Object.keys({ ...resources.pio, ...resources.mmio });
    out.push(...compare('region', declared, Object.keys(device.regions ?? {})));
    out.push(...compare('service', Object.keys(resources.provides ?? {}), Object.keys(device.provides ?? {})));
    for (const [name, region] of Object.entries(device.regions ?? {})) {
      const bad = [region.read, region.write].some((handler) => typeof handler !== 'function');
      if (bad) out.push(found(`the region "${name}" lacks read or write`));
    }
    const hasState = subject.plugin.state.kind === 'versioned';
    if (hasState && device.save === undefined) out.push(found('the device has versioned state but no save'));
    if (!hasState && device.save !== undefined) out.push(found('the device has a save, but its plugin declares no state'));
    return out;
  },
};

function compare(what: string, declared: readonly string[], made: readonly string[]): Finding[] {
  return [
    ...declared.filter((n) => !made.includes(n)).map((n) => found(`create does not give the ${what} "${n}", which resources declares`)),
    ...made.filter((n) => !declared.includes(n)).map((n) => found(`create gives the ${what} "${n}", which resources does not declare`)),
  ];
}
