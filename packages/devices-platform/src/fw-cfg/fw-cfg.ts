import { defineDevice, versioned } from '@polyvisor/core';
import { z } from 'zod';
import { PowerBaseToken } from '../pci/south-bridge.ts';
import { FwCfgChip } from './chip.ts';
import { FirmwareFilesToken, fwCfgConfig } from './config.ts';
import { itemsOf, utf8 } from './items.ts';

const state = z.strictObject({
  selector: z.int().min(0).max(0xbfff),
  /** The next byte of the item. */
  at: z.int().nonnegative(),
  /** The upper half of the DMA address. */
  dmaHigh: z.int32(),
});

/** How a composition hands files to firmware and guests. The files are the composition's and not part of a snapshot. */
export const fwCfg = defineDevice({
  kind: 'platform/fw-cfg',
  api: 1,
  summary: 'Files for firmware and guests (QEMU fw_cfg, with DMA).',
  config: fwCfgConfig,
  state: versioned(1, state),
  resources: (config) => ({
    pio: {
      regs: { size: 2, width: 2, prefer: config.port },
      dma: { size: 8, width: 4, prefer: config.port + 4 },
    },
    dma: true,
    services: { ...(config.service && { files: FirmwareFilesToken }), ...(config.followPower && { power: PowerBaseToken }) },
  }),
  create(config, host, saved) {
    const own = config.files.map(({ name, text }) => ({ name, bytes: utf8(text) }));
    const { services } = host;
    const given = 'files' in services ? services.files.files : [];
    const power = 'power' in services ? services.power : { base: undefined };
    const chip = new FwCfgChip(itemsOf(config.cpus, [...own, ...given]), power, host.dma, saved);
    return { regions: { regs: chip, dma: chip.dma }, reset: () => chip.reset(), save: () => chip.save() };
  },
});
