import { BootImagesToken } from '@polyvisor/backend-fullvirt';
import { PolyvisorError, PowerControlToken, Scope, type PowerControl } from '@polyvisor/core';
import { WallClockToken } from '@polyvisor/devices-platform';
import { createMachine, namedService, restoreMachine, type Machine, type Outcome } from '@polyvisor/machine';
import { createHost } from '@polyvisor/memory';
import { attended } from './console/attended.ts';
import { openChannels } from './console/channels-of.ts';
import { showing } from './console/say.ts';
import { openDrives } from './drives/open-drives.ts';
import { loadImages } from './images.ts';
import { POWER, describeMachine } from './machine/describe.ts';
import { changed, readMachineFile } from './machine/machine-file.ts';
import { allPlugins } from './machine/plugins.ts';
import type { RunOptions } from './options/types.ts';
import { readSnapshot } from './restore.ts';

/** Frames for second-level tables, ROMs and memory of devices beside the guest's RAM. */
const OTHER_BYTES = 48 * 2 ** 20;
/** The Host's tables: a processor's decoded code and TLB, and what all share, shadow pages above all. */
const BYTES_EACH_CPU = 28 * 2 ** 20;
const BYTES_SHARED = 16 * 2 ** 20;

/** Runs a machine until it is off; the status for the process. Throws a `PolyvisorError`. */
export async function runMachine(options: RunOptions): Promise<number> {
  const file = options.machineFile === undefined ? { plugins: [], changes: {} } : await readMachineFile(options.machineFile);
  const plugins = allPlugins(file.plugins);
  const description = changed(describeMachine(options, plugins.devices ?? []), file.changes);
  const images = showing(`loading ${options.bios ?? options.kernel ?? ''}`, () => loadImages(options));
  const snapshot = options.restore === undefined ? undefined : readSnapshot(options.restore, description);
  const drives = await openDrives(options);
  const channels = openChannels(options);
  const scope = Scope.root().provide(BootImagesToken, images).provide(WallClockToken, { now: () => Date.now() });
  const host = createHost({ frames: options.memory + OTHER_BYTES, tables: BYTES_SHARED + options.cpus * BYTES_EACH_CPU });
  try {
    const power: PowerControl = {
      powerOff: (status) => { machine.scope.get(PowerControlToken).powerOff(status); },
      reset: () => {
        const own = machine.scope.get(PowerControlToken);
        if (options.noReboot) own.powerOff(0);
        else own.reset();
      },
    };
    const services = [...channels.services, ...drives.services, namedService(POWER, PowerControlToken, power)];
    const made = { plugins, scope, services, host };
    const machine: Machine = snapshot ? restoreMachine(snapshot, made) : createMachine(description, made);
    const { outcome, cost } = await attended(machine, options, (byte) => channels.input?.push(byte));
    await channels.close();
    await drives.close();
    if (options.stats) process.stderr.write(`\n${cost}`);
    return statusOf(outcome);
  } finally {
    host.destroy();
  }
}

function statusOf(outcome: Outcome): number {
  if (outcome.kind === 'faulted') throw new PolyvisorError([outcome.problem]);
  return outcome.kind === 'off' ? outcome.status : 1;
}
