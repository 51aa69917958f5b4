import { defineBackend, stateless } from '@polyvisor/core';
import { BootImagesToken } from './boot-images.ts';
import { fullvirtConfig } from './config.ts';
import { pcLayout } from './layout.ts';
import { Pc } from './pc.ts';

/**
 * A whole PC for an unmodified operating system. It has no state: what it made device memory is made again when the guest
 * looks there.
 */
export const fullvirtBackend = defineBackend({
  kind: 'backend/fullvirt',
  api: 1,
  summary: 'A whole PC for an unmodified operating system.',
  config: fullvirtConfig,
  state: stateless,
  services: { images: BootImagesToken },
  layout: pcLayout,
  create: (config, host) => new Pc(config, host),
});
