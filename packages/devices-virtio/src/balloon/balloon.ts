import { token } from '@polyvisor/core';
import { z } from 'zod';
import { virtioMmio } from '../mmio/plugin.ts';
import { virtioPci } from '../pci/plugin.ts';
import { DeviceId } from '../virtio/constants.ts';
import { defineVirtio } from '../virtio/model.ts';
import { BalloonModel } from './balloon-model.ts';
import type { STATISTICS } from './registers.ts';
import { balloonState } from './state.ts';

export type BalloonStatistics = { readonly [K in (typeof STATISTICS)[number]]?: number };

/**
 * Who takes a guest's memory back and says how much it should have: the composition. Guest frames of 4 KiB; the guest chooses
 * them, so that any may not be RAM at all, or be given twice, which is no error.
 */
export interface MemoryBalloon {
  /** The guest does not use these frames until it asks for them; what is in them may be forgotten. */
  release(gfn: number, count: number): void;
  /** The guest uses them again; they read as anything, for example zeros. */
  reclaim(gfn: number, count: number): void;
  /** The guest does not use these frames at the moment and may do so at any time (free page reporting): may be made zeros. */
  discard?(gfn: number, count: number): void;
  /** Frames of 4 KiB that the balloon should have. */
  readonly target: number;
  /** Called after `target` changed. One listener: the balloon. */
  onTarget: (() => void) | undefined;
  /** The guest told how many frames the balloon has. */
  onActual?(frames: number): void;
  /** The guest told its statistics: bytes and counts. */
  onStatistics?(statistics: BalloonStatistics): void;
}
export const MemoryBalloonToken = token<MemoryBalloon>('devices-virtio/MemoryBalloon');

/** The memory balloon, for any transport. */
export const balloon = defineVirtio({
  deviceId: DeviceId.BALLOON,
  summary: 'A memory balloon (VIRTIO 1.2 §5.5) with statistics and free page reporting.',
  classCode: 0x00_ff00,
  transitionalId: 0x1002,
  options: {
    'deflate-on-oom': z.boolean().default(false),
    'free-page-reporting': z.boolean().default(false),
    'page-poison': z.boolean().default(true),
    /** Seconds of guest time between statistics; 0 for none, QEMU's `guest-stats-polling-interval`. */
    'stats-polling-interval': z.int().min(0).max(86400).default(0),
  },
  state: balloonState,
  services: () => ({ balloon: MemoryBalloonToken }),
  // Inflate, deflate, statistics, reporting.
  queues: (config) => [128, 128, 128, ...(config['free-page-reporting'] ? [32] : [])],
  create: (config, host, saved) =>
    new BalloonModel(
      host,
      {
        service: host.services.balloon,
        deflateOnOom: config['deflate-on-oom'],
        reporting: config['free-page-reporting'],
        poison: config['page-poison'],
        interval: config['stats-polling-interval'] * 1e9,
      },
      saved,
    ),
});

export const virtioBalloonPci = virtioPci('virtio/balloon-pci', balloon);
export const virtioBalloonMmio = virtioMmio('virtio/balloon-mmio', balloon);
