import type { BlockBackend, Clock, DeviceLog, Dma, MessagePort, Region, Timer } from '@polyvisor/core';
import { Cdrom } from '../ide/cdrom.ts';
import type { DriveConfig } from '../ide/config.ts';
import { Disk } from '../ide/disk.ts';
import type { PciConfigSpace } from '../pci/config-space.ts';
import { MsiCapability } from '../pci/msi.ts';
import { Port } from './port.ts';
import { CAP, Ghc, Offset, PORTS, VERSION } from './registers.ts';
import type { AhciState } from './state.ts';

/** Commands and regions of one turn; the next occasion goes on, so that no driver holds the machine up. */
const TURN = 2048;

export interface ControllerParts {
  readonly dma: Dma;
  readonly clock: Clock;
  readonly log: DeviceLog;
  readonly msi: MessagePort;
  readonly space: PciConfigSpace;
  readonly drives: readonly DriveConfig[];
  readonly backend: (service: string) => BlockBackend;
  readonly timer: (fire: () => void) => Timer;
}

/** The host bus adapter: its own registers, six ports, and the interrupt. */
export class Controller implements Region {
  readonly #ports: readonly Port[];
  readonly #space: PciConfigSpace;
  readonly #msi: MsiCapability;
  readonly #clock: Clock;
  readonly #log: DeviceLog;
  readonly #timer: Timer;
  #ghc: number = Ghc.AE;
  #is = 0;
  #serving = false;

  constructor(parts: ControllerParts, saved: AhciState | undefined) {
    this.#space = parts.space;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#msi = new MsiCapability(parts.space, parts.msi);
    this.#timer = parts.timer(() => this.#serve());
    if (saved) {
      this.#ghc = saved.ghc;
      this.#is = saved.is;
      parts.space.restore(saved.space);
      if (saved.resumesAt !== null) this.#timer.arm(saved.resumesAt);
    }
    const ports: Port[] = [];
    // Ports tell of changes while they are made; those of a restored one are known.
    this.#ports = ports;
    for (let i = 0; i < PORTS; i++) ports.push(this.#makePort(parts, i, saved));
    this.drive();
  }

  /** @hot */
  read(offset: number, _size: 1 | 2 | 4): number {
    return this.#register(offset & ~3) >> (8 * (offset & 3));
  }

  /** @hot */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (size !== 4 || (offset & 3) !== 0) {
      this.#log.guestError('a register was not written as a whole');
      return;
    }
    if (offset >= Offset.PORTS) this.#ports[(offset - Offset.PORTS) >> 7]?.write(offset & (Offset.PORT_SIZE - 1), value | 0);
    else if (offset === Offset.GHC) this.#writeControl(value);
    else if (offset === Offset.IS) this.#acknowledge(value);
  }

  /** @hot INTA# unless messages are in use. */
  drive(): void {
    this.#space.interrupt(this.#interrupts() && !this.#msi.enabled);
  }

  reset(): void {
    this.#ghc = Ghc.AE;
    this.#timer.cancel();
    for (const port of this.#ports) port.powerOn();
    this.#is = 0;
    this.drive();
  }

  destroy(): void {
    this.#ghc = Ghc.AE;
    this.#timer.cancel();
    for (const port of this.#ports) port.destroy();
    this.#is = 0;
    this.drive();
  }

  save(): AhciState {
    return {
      space: this.#space.save(), ghc: this.#ghc, is: this.#is, ports: this.#ports.map((port) => port.save()),
      resumesAt: this.#timer.armed ? this.#timer.deadline : null,
    };
  }

  #makePort(parts: ControllerParts, index: number, saved: AhciState | undefined): Port {
    const config = parts.drives.find(({ unit }) => unit === index);
    const backend = config && parts.backend(config.service);
    const state = saved?.ports[index];
    return new Port({
      dma: parts.dma, log: parts.log, config, backend,
      makeDrive: (onAnswer) => {
        if (!config || !backend) return undefined;
        const wiring = { backend, config, log: parts.log, onInterrupt: onAnswer, onDma: onAnswer };
        const drive = state?.drive ?? undefined;
        return config.kind === 'disk' ? new Disk(wiring, drive) : new Cdrom(wiring, drive);
      },
      onInterrupt: () => this.#update(),
      onWork: () => this.#serve(),
    }, state);
  }

  /** @hot */
  #register(offset: number): number {
    switch (offset) {
      case Offset.CAP:
        return CAP;
      case Offset.GHC:
        return this.#ghc;
      case Offset.IS:
        return this.#is;
      case Offset.PI:
        return (1 << PORTS) - 1;
      case Offset.VS:
        return VERSION;
      default: {
        if (offset < Offset.PORTS) return 0;
        const port = this.#ports[(offset - Offset.PORTS) >> 7];
        return port === undefined ? 0 : port.read(offset & (Offset.PORT_SIZE - 1));
      }
    }
  }

  #writeControl(value: number): void {
    if ((value & Ghc.HR) !== 0) {
      this.#ghc = Ghc.AE;
      this.#timer.cancel();
      for (const port of this.#ports) port.hostReset();
      this.#is = 0;
      this.drive();
      return;
    }
    const before = this.#interrupts();
    this.#ghc = Ghc.AE | (value & Ghc.IE);
    if (!before && this.#interrupts()) this.#msi.send();
    this.drive();
  }

  /** @hot Bits whose port still interrupts come up again, and a message tells of what is left (10.6.2). */
  #acknowledge(value: number): void {
    this.#is = (this.#is & ~value) | this.#pending();
    if (this.#interrupts()) this.#msi.send();
    this.drive();
  }

  /** @hot A port's status changed: a message for each bit that comes up. */
  #update(): void {
    const fresh = this.#pending() & ~this.#is;
    if (fresh !== 0) {
      this.#is |= fresh;
      if (this.#interrupts()) this.#msi.send();
    }
    this.drive();
  }

  /** @hot */
  #pending(): number {
    let bits = 0;
    for (let i = 0; i < this.#ports.length; i++) if (this.#ports[i]!.pending) bits |= 1 << i;
    return bits;
  }

  /** @hot */
  #interrupts(): boolean {
    return (this.#ghc & Ghc.IE) !== 0 && this.#is !== 0;
  }

  #serve(): void {
    if (this.#serving) return;
    this.#serving = true;
    let work = 0;
    for (const port of this.#ports) {
      while (work < TURN && port.startNext()) work += port.work;
    }
    if (work >= TURN) this.#timer.arm(this.#clock.now());
    this.#serving = false;
  }
}
