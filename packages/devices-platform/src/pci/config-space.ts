import type { RegionPlacement } from '@polyvisor/core';
import { BAR_COUNT, Bar, CONFIG_SIZE, Config, PciCommand, PciStatus } from './registers.ts';

export interface BarWish {
  /** Which of the six; a 64-bit one takes the next as well. */
  readonly index: number;
  /** Bytes, a power of two: at least 16 of memory, 4 of ports. */
  readonly size: number;
  readonly kind: 'io' | 'memory' | 'memory64';
  readonly prefetchable?: boolean;
  /** The region that lies behind it: placed where the guest wrote, while the command register lets the function answer. */
  readonly place?: RegionPlacement;
}

export interface PciIdentity {
  readonly vendor: number;
  readonly device: number;
  readonly revision?: number;
  /** Base class, sub-class and programming interface, from the highest byte down. */
  readonly classCode: number;
  readonly subsystemVendor?: number;
  readonly subsystem?: number;
  readonly multifunction?: boolean;
  /** INTA# to INTD# are 1 to 4; 0 is none. */
  readonly interruptPin?: number;
  readonly bars?: readonly BarWish[];
}

/**
 * A function's configuration space with a header of type 0: bytes, and for each which bits a write changes. What the
 * bits mean is the function's business, which hears of each write.
 */
export class PciConfigSpace {
  readonly bytes = new Uint8Array(CONFIG_SIZE);
  /** Hears of a write after it happened, by the offset of its 32-bit register. */
  onWritten: ((offset: number) => void) | undefined;
  /** INTx# as the bus sees it; the bus sets it. */
  onInterrupt: ((asserted: boolean) => void) | undefined;
  readonly interruptPin: number;
  readonly #bars: readonly BarWish[];
  readonly #initial = new Uint8Array(CONFIG_SIZE);
  readonly #writable = new Uint8Array(CONFIG_SIZE);
  readonly #view = new DataView(this.#initial.buffer);
  readonly #masks = new DataView(this.#writable.buffer);
  #lastLink: number = Config.CAPABILITIES;
  #free: number = Config.FIRST_CAPABILITY;

  constructor(identity: PciIdentity) {
    const view = this.#view;
    view.setUint16(Config.VENDOR, identity.vendor, true);
    view.setUint16(Config.DEVICE, identity.device, true);
    // The class code is the register's upper three bytes.
    view.setUint32(Config.REVISION, identity.classCode * 256 + (identity.revision ?? 0), true);
    view.setUint8(Config.HEADER_TYPE, identity.multifunction === true ? 0x80 : 0);
    view.setUint16(Config.SUBSYSTEM_VENDOR, identity.subsystemVendor ?? 0, true);
    view.setUint16(Config.SUBSYSTEM, identity.subsystem ?? 0, true);
    view.setUint8(Config.INTERRUPT_PIN, identity.interruptPin ?? 0);
    this.#masks.setUint16(Config.COMMAND, PciCommand.WRITABLE, true);
    this.#masks.setUint8(Config.INTERRUPT_LINE, 0xff);
    this.#bars = identity.bars ?? [];
    this.interruptPin = identity.interruptPin ?? 0;
    for (const bar of this.#bars) this.#addBar(bar);
    this.bytes.set(this.#initial);
  }

  /**
   * Adds a capability (6.7) behind those that are there and returns its offset. `body` follows the identifier and the
   * link; `writable` says which of its bits a write changes.
   */
  addCapability(id: number, body: ArrayLike<number>, writable: ArrayLike<number>): number {
    const at = this.#free;
    this.#free = (at + 2 + body.length + 3) & ~3;
    this.#initial[this.#lastLink] = at;
    this.#lastLink = at + 1;
    this.#initial[at] = id;
    for (let i = 0; i < body.length; i++) {
      this.#initial[at + 2 + i] = body[i]!;
      this.#writable[at + 2 + i] = writable[i]!;
    }
    this.#initial[Config.STATUS]! |= PciStatus.CAPABILITIES;
    this.bytes.set(this.#initial);
    return at;
  }

  /** Adds registers of the function's own; `writable` says which of their bits a write changes. */
  addRegisters(at: number, initial: ArrayLike<number>, writable: ArrayLike<number>): void {
    this.#initial.set(initial, at);
    this.#writable.set(writable, at);
    this.bytes.set(this.#initial);
  }

  /** @hot Little-endian; the offset and the size are within a 32-bit register. */
  read(offset: number, size: 1 | 2 | 4): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.bytes[offset + i]! << (8 * i);
    return value;
  }

  /** @hot */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    for (let i = 0; i < size; i++) {
      const mask = this.#writable[offset + i]!;
      this.bytes[offset + i] = (this.bytes[offset + i]! & ~mask) | ((value >> (8 * i)) & mask);
    }
    const register = offset & ~3;
    if (register === Config.COMMAND) this.#commandWritten();
    else if (register >= Config.BARS && register < Config.BARS + 4 * BAR_COUNT) this.#placeBars();
    this.onWritten?.(register);
  }

  /** @hot The function's interrupt, which reaches the bus unless the command register disables it (6.2.2, 6.2.3). */
  interrupt(asserted: boolean): void {
    const status = this.bytes[Config.STATUS]!;
    this.bytes[Config.STATUS] = asserted ? status | PciStatus.INTERRUPT : status & ~PciStatus.INTERRUPT;
    this.#driveInterrupt();
  }

  /** @hot */
  get command(): number {
    return this.bytes[Config.COMMAND]! | (this.bytes[Config.COMMAND + 1]! << 8);
  }

  reset(): void {
    this.bytes.set(this.#initial);
    this.#commandWritten();
  }

  save(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.bytes);
  }

  /** Takes over what can be written; what cannot is the function's own. */
  restore(saved: Uint8Array): void {
    for (let i = 0; i < CONFIG_SIZE; i++) {
      const mask = this.#writable[i]!;
      this.bytes[i] = (this.#initial[i]! & ~mask) | (saved[i]! & mask);
    }
    this.#commandWritten();
  }

  #commandWritten(): void {
    this.#placeBars();
    this.#driveInterrupt();
  }

  /** @hot */
  #driveInterrupt(): void {
    const asserted = (this.bytes[Config.STATUS]! & PciStatus.INTERRUPT) !== 0 && (this.command & PciCommand.INTX_DISABLE) === 0;
    this.onInterrupt?.(asserted);
  }

  #placeBars(): void {
    for (const { index, size, kind, place } of this.#bars) {
      if (!place) continue;
      const at = Config.BARS + 4 * index;
      const enabled = (this.command & (kind === 'io' ? PciCommand.IO : PciCommand.MEMORY)) !== 0;
      const high = kind === 'memory64' ? this.read(at + 4, 4) >>> 0 : 0;
      // The register keeps no bits below the size, but for those that tell the kind.
      const base = high * 2 ** 32 + ((this.read(at, 4) & (kind === 'io' ? ~3 : ~15)) >>> 0);
      // Address 0 is what a BAR has before it is given one; a guest that finds the size has all ones in it.
      const sizing = base + size === (kind === 'memory64' ? 2 ** 64 : 2 ** 32);
      place.move(enabled && base !== 0 && !sizing ? base : undefined);
    }
  }

  /** A BAR keeps the address bits above its size, which tells its size (6.2.5.1). */
  #addBar({ index, size, kind, prefetchable }: BarWish): void {
    const at = Config.BARS + 4 * index;
    const wide = kind === 'memory64';
    const least = kind === 'io' ? 4 : 16;
    const wrong = !Number.isInteger(Math.log2(size)) || size < least || index + (wide ? 2 : 1) > BAR_COUNT || (!wide && size > 2 ** 31);
    if (wrong) throw new RangeError(`BAR ${index} of ${size} bytes cannot be`);
    const type = kind === 'io' ? Bar.IO : (wide ? Bar.WIDE : 0) | (prefetchable === true ? Bar.PREFETCHABLE : 0);
    this.#view.setUint32(at, type, true);
    this.#masks.setUint32(at, size > 2 ** 31 ? 0 : -size >>> 0, true);
    if (wide) this.#masks.setUint32(at + 4, size > 2 ** 31 ? -(size / 2 ** 32) >>> 0 : 0xffff_ffff, true);
  }
}
