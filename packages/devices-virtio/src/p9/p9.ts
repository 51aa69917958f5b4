import { z } from 'zod';
import { virtioMmio } from '../mmio/plugin.ts';
import { virtioPci } from '../pci/plugin.ts';
import { DeviceId } from '../virtio/constants.ts';
import { defineVirtio } from '../virtio/model.ts';
import { HostFolderToken } from './host-folder.ts';
import { P9Model } from './p9-model.ts';
import { p9State } from './state.ts';

/** A folder of the host, for any transport: `mount -t 9p -o trans=virtio,version=9p2000.L TAG /mnt`. */
export const p9 = defineVirtio({
  deviceId: DeviceId.P9,
  summary: 'A folder of the host by 9P2000.L.',
  classCode: 0x00_ff00,
  transitionalId: 0x1009,
  options: {
    /** The name by which the guest mounts it. */
    mount_tag: z.string().regex(/^[\x21-\x7e]{1,31}$/, 'must be 1 to 31 printable characters'),
    readonly: z.boolean().default(false),
  },
  state: p9State,
  services: () => ({ fsdev: HostFolderToken }),
  queues: () => [128],
  create: (config, host, saved) => new P9Model(host, { folder: host.services.fsdev, readOnly: config.readonly, tag: config.mount_tag }, saved),
});

export const virtioP9Pci = virtioPci('virtio/9p-pci', p9);
export const virtioP9Mmio = virtioMmio('virtio/9p-mmio', p9);
