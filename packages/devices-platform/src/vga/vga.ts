import { defineDevice } from '@polyvisor/core';
import { PciBusToken } from '../pci/bus.ts';
import { PciConfigSpace } from '../pci/config-space.ts';
import { VgaChip } from './chip.ts';
import { vgaConfig } from './config.ts';
import { DisplayToken, VgaDisplay } from './display.ts';
import { edid } from './edid.ts';
import { MmioRegisters } from './mmio.ts';
import { BAR, DISPI_PORTS, IDENTITY, MONO_PORTS, Mmio, PORTS, WINDOW } from './registers.ts';
import { vgaState } from './state.ts';

/** A VGA with the Bochs display interface, on PCI. */
export const vga = defineDevice({
  kind: 'platform/vga',
  api: 1,
  summary: 'A VGA with high resolutions by the Bochs display interface, as QEMU’s standard VGA.',
  config: vgaConfig,
  state: vgaState,
  resources: ({ megabytes }) => ({
    pio: {
      mono: { size: MONO_PORTS.size, width: 1, prefer: MONO_PORTS.base },
      ports: { size: PORTS.size, width: 1, prefer: PORTS.base },
      dispi: { size: DISPI_PORTS.size, width: 2, prefer: DISPI_PORTS.base },
    },
    mmio: {
      window: { size: WINDOW.size, width: 4, prefer: WINDOW.base },
      registers: { size: Mmio.SIZE, width: 4, movable: true },
    },
    memory: { vram: { size: megabytes * 2 ** 20 } },
    services: { bus: PciBusToken },
    provides: { display: DisplayToken },
  }),
  create(config, host, saved) {
    const { vram } = host.memory;
    const space = new PciConfigSpace({
      ...IDENTITY,
      bars: [
        { index: BAR.MEMORY, kind: 'memory', size: vram.bytes.length, prefetchable: true, place: vram },
        { index: BAR.REGISTERS, kind: 'memory', size: Mmio.SIZE, place: host.placement.registers },
      ],
    });
    const chip = new VgaChip(vram, saved);
    const display = new VgaDisplay(chip);
    if (saved) space.restore(saved.config);
    host.services.bus.attach(host.id, config.slot, 0, space);
    return {
      regions: {
        mono: chip.mono, ports: chip.ports, dispi: chip.dispiPorts, window: chip.planes,
        registers: new MmioRegisters(chip, edid(config.xres, config.yres)),
      },
      provides: { display },
      reset: () => {
        space.reset();
        chip.reset();
      },
      save: () => ({ config: space.save(), ...chip.save() }),
    };
  },
});
