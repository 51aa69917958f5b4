import { token } from '@polyvisor/core';
import { z } from 'zod';
import { virtioMmio } from '../mmio/plugin.ts';
import { virtioPci } from '../pci/plugin.ts';
import { DeviceId } from '../virtio/constants.ts';
import { defineVirtio } from '../virtio/model.ts';
import { RngModel } from './rng-model.ts';
import { rngState } from './state.ts';

/** Where random bytes come from: the host's generator, or a seeded one in tests. */
export interface EntropySource {
  fill(bytes: Uint8Array): void;
}
export const EntropySourceToken = token<EntropySource>('devices-virtio/EntropySource');

const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** A source of random bytes, for any transport. */
export const rng = defineVirtio({
  deviceId: DeviceId.RNG,
  summary: 'A source of random bytes (VIRTIO 1.2 §5.4).',
  classCode: 0x00_ff00,
  transitionalId: 0x1005,
  options: {
    /** At most so many bytes in a period, which is in milliseconds of guest time. */
    'max-bytes': z.int().min(1).max(UNLIMITED).default(UNLIMITED),
    period: z.int().min(1).max(2 ** 31).default(65536),
  },
  state: rngState,
  services: () => ({ rng: EntropySourceToken }),
  queues: () => [8],
  create: (config, host, saved) =>
    new RngModel(host, { source: host.services.rng, maxBytes: config['max-bytes'], period: config.period * 1e6 }, saved),
});

export const virtioRngPci = virtioPci('virtio/rng-pci', rng);
export const virtioRngMmio = virtioMmio('virtio/rng-mmio', rng);
