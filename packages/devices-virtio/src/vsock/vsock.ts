import { z } from 'zod';
import { virtioMmio } from '../mmio/plugin.ts';
import { virtioPci } from '../pci/plugin.ts';
import { DeviceId } from '../virtio/constants.ts';
import { defineVirtio } from '../virtio/model.ts';
import { vsockState } from './state.ts';
import { VsockHostToken } from './vsock-host.ts';
import { VsockModel } from './vsock-model.ts';

/** Sockets between guest and host, for any transport. */
export const vsock = defineVirtio({
  deviceId: DeviceId.VSOCK,
  summary: 'Stream sockets between guest and host (VIRTIO 1.2 §5.10).',
  classCode: 0x02_8000,
  options: {
    /** The guest's address; 0 to 2 have a meaning already. */
    'guest-cid': z.int().min(3).max(0xffff_fffe),
  },
  state: vsockState,
  services: () => ({ vsock: VsockHostToken }),
  queues: () => [128, 128, 128],
  create: (config, host, saved) => new VsockModel(host, host.services.vsock, config['guest-cid'], saved),
});

export const virtioVsockPci = virtioPci('virtio/vsock-pci', vsock);
export const virtioVsockMmio = virtioMmio('virtio/vsock-mmio', vsock);
