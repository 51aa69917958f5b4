import { randomFillSync } from 'node:crypto';
import { BootImagesToken, type BootImages } from '@polyvisor/backend-fullvirt';
import { PolyvisorError, PowerControlToken, Scope, type Host, type PowerControl } from '@polyvisor/core';
import { FirmwareFilesToken, WallClockToken } from '@polyvisor/devices-platform';
import { EntropySourceToken, MemoryBalloonToken } from '@polyvisor/devices-virtio';
import { createMachine, namedService, restoreMachine, type Machine, type Outcome } from '@polyvisor/machine';
import { createHost, MAX_HOST_BYTES } from '@polyvisor/memory';
import { attended } from './console/attended.ts';
import { openChannels } from './console/channels-of.ts';
import { showing } from './console/say.ts';
import { runErrors } from './errors.ts';
import { firmwareOf } from './firmware.ts';
import { SpaceBalloon } from './host/balloon.ts';
import { openDrives } from './host/drives.ts';
import { openFolders } from './host/folders.ts';
import { openNetworks } from './host/networks.ts';
import { openAll } from './host/opened.ts';
import { openVsock, vsockSettings } from './host/vsock.ts';
import { loadImages } from './images.ts';
import { describeMachine } from './machine/describe.ts';
import { NO_MACHINE_FILE, blaming, changed, readMachineFile } from './machine/machine-file.ts';
import { allPlugins } from './machine/plugins.ts';
import { POWER } from './machine/service-names.ts';
import { slotsOf } from './machine/slots.ts';
import type { RunOptions } from './options/types.ts';
import { readSnapshot } from './restore.ts';

const MIB = 2 ** 20;
/** Frames for second-level tables, ROMs and memory of devices beside the guest's RAM. */
const OTHER_BYTES = 64 * MIB;
/** The Host's tables: a processor's decoded code and TLB, and what all share, shadow pages above all. */
const BYTES_EACH_CPU = 28 * MIB;
const BYTES_SHARED = 16 * MIB;

/** All memory of a machine, or why that much cannot be had. */
function hostOf({ memory, cpus }: RunOptions): Host {
  const tables = BYTES_SHARED + cpus * BYTES_EACH_CPU;
  const most = MAX_HOST_BYTES - tables - OTHER_BYTES;
  if (memory > most) throw new PolyvisorError([runErrors['too-much-memory']('', { memory: memory / MIB, cpus, most: Math.floor(most / MIB) })]);
  return createHost({ frames: memory + OTHER_BYTES, tables });
}

/** Runs a machine until it is off; the status for the process. Throws a `PolyvisorError`. */
export async function runMachine(options: RunOptions): Promise<number> {
  const file = options.machineFile === undefined ? NO_MACHINE_FILE : await readMachineFile(options.machineFile);
  const plugins = allPlugins(file.plugins);
  const vsock = vsockSettings(options.devices);
  const devices = plugins.devices ?? [];
  const description = changed(describeMachine(options, devices, slotsOf(file.changes.devices ?? {})), file, devices);
  const images = showing(`loading ${options.bios ?? options.kernel ?? ''}`, () => loadImages(options));
  const snapshot = options.restore === undefined ? undefined : readSnapshot(options.restore, description);
  const host = hostOf(options);
  try {
    const channels = openChannels(options);
    const outside = await openAll([
      () => openDrives(options), () => openNetworks(options), () => openFolders(options), () => openVsock(vsock),
    ]);
    try {
      const balloon = new SpaceBalloon();
      const scope = scopeOf(images, balloon).provide(FirmwareFilesToken, firmwareOf(options, description));
      const services = [...channels.services, ...outside.services, namedService(POWER, PowerControlToken, powerOf(() => machine, options))];
      const made = { plugins, scope, services, host };
      const machine: Machine = blaming(file, () => (snapshot ? restoreMachine(snapshot, made) : createMachine(description, made)));
      balloon.attach(machine.space);
      const { outcome, cost } = await attended({ machine, balloon, services: outside.services }, options, (byte) => channels.input?.push(byte));
      await channels.close();
      if (options.stats) process.stderr.write(`\n${cost}`);
      return statusOf(outcome);
    } finally {
      await outside.close();
    }
  } finally {
    host.destroy();
  }
}

function scopeOf(images: BootImages, balloon: SpaceBalloon): Scope {
  return Scope.root()
    .provide(BootImagesToken, images)
    .provide(WallClockToken, { now: () => Date.now() })
    .provide(EntropySourceToken, { fill: (bytes) => void randomFillSync(bytes) })
    .provide(MemoryBalloonToken, balloon);
}

/** What the guest's reset and power-off do: a reset may end the run. */
function powerOf(machine: () => Machine, { noReboot }: RunOptions): PowerControl {
  const own = (): PowerControl => machine().scope.get(PowerControlToken);
  return {
    powerOff: (status) => { own().powerOff(status); },
    reset: () => {
      if (noReboot) own().powerOff(0);
      else own().reset();
    },
  };
}

function statusOf(outcome: Outcome): number {
  if (outcome.kind === 'faulted') throw new PolyvisorError([outcome.problem]);
  return outcome.kind === 'off' ? outcome.status : 1;
}
