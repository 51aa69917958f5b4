import { CpuPinsToken, CurrentCpuToken, InterruptControllerToken, LocalApicsToken, defineDevice } from '@polyvisor/core';
import { PicPair } from '../pic8259/pic-pair.ts';
import { ApicBus } from './apic-bus.ts';
import { apicConfig } from './config.ts';
import { PcInterrupts } from './interrupts.ts';
import { IoApic } from './io-apic.ts';
import { LocalApic } from './local-apic.ts';
import { LocalApicFront } from './local-apics.ts';
import { apicState } from './state.ts';

/** A page each for the local APICs and the I/O APIC. */
const PAGE = 4096;

/**
 * A PC's interrupt controllers, which are one device because they are joined by wires of their own: a local APIC for
 * each processor, an I/O APIC and a pair of 8259As.
 */
export const apic = defineDevice({
  kind: 'platform/apic',
  api: 1,
  summary: 'A PC\'s interrupt controllers: local APICs (xAPIC, x2APIC), an I/O APIC and two 8259As.',
  config: apicConfig,
  state: apicState,
  resources: (config) => ({
    mmio: {
      local: { size: PAGE, width: 4, prefer: config.localAddress },
      io: { size: PAGE, width: 4, prefer: config.ioAddress },
    },
    pio: {
      master: { size: 2, width: 1, prefer: 0x20 },
      slave: { size: 2, width: 1, prefer: 0xa0 },
      elcr: { size: 2, width: 1, prefer: 0x4d0 },
    },
    timers: true,
    services: { pins: CpuPinsToken, current: CurrentCpuToken },
    provides: { controller: InterruptControllerToken, apics: LocalApicsToken },
  }),
  create(config, host, saved) {
    const { pins, current } = host.services;
    const locals: LocalApic[] = [];
    const bus = new ApicBus(locals);
    const pic = new PicPair((int) => locals[0]?.setLint0(int));
    if (saved) pic.restore(saved.pic);
    const io = new IoApic(bus, config, saved?.io);
    for (let id = 0; id < pins.count; id++) {
      const wiring = {
        id, pins, clock: host.clock,
        timer: (fire: () => void) => host.timer(fire),
        send: (sender: LocalApic, icr: number, destination: number) => bus.send(sender, icr, destination),
        broadcastEoi: (vector: number) => io.endOfInterrupt(vector),
        acknowledgeExternal: () => pic.acknowledge(),
      };
      locals.push(new LocalApic(wiring, config.virtualWire && id === 0, saved?.locals[id]));
    }
    const controller = new PcInterrupts(pic, io, bus, saved?.lines ?? 0);
    const front = new LocalApicFront(locals, current);
    return {
      regions: { local: front, io, master: pic.masterPorts, slave: pic.slavePorts, elcr: pic.elcrPorts },
      provides: { controller, apics: front },
      reset: () => {
        controller.reset();
        pic.reset();
        io.reset();
        for (const local of locals) local.reset(config.virtualWire && local.id === 0);
      },
      save: () => ({ locals: locals.map((local) => local.save()), io: io.save(), pic: pic.save(), lines: controller.lines }),
      destroy: () => {
        for (const local of locals) local.destroy();
      },
    };
  },
});
