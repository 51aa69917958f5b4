import { Delivery, Icr, Message, Shorthand } from './registers.ts';
import type { LocalApic } from './local-apic.ts';

/** Everybody, as an 8-bit and as a 32-bit destination (Intel SDM vol. 3A, 11.6.2.1, 11.12.9). */
const ALL_8 = 0xff;
const ALL_32 = -1;

/** Carries interrupt messages to the local APICs. */
export class ApicBus {
  readonly locals: readonly LocalApic[];

  constructor(locals: readonly LocalApic[]) {
    this.locals = locals;
  }

  /**
   * @hot From an I/O APIC or a device: 8-bit destinations. False when nobody took it.
   */
  deliver(mode: number, vector: number, level: boolean, destination: number, logical: boolean, lowest: boolean): boolean {
    return this.#spread(mode, vector, level, destination, logical, destination === ALL_8, lowest || mode === Delivery.LOWEST);
  }

  /** @hot A message-signalled interrupt (11.11). Anything else at the address goes nowhere. */
  message(address: number, data: number): void {
    if (address < Message.BASE || address > Message.BASE + 0xf_ffff) return;
    const level = (data & Message.LEVEL) !== 0;
    if (level && (data & Message.ASSERT) === 0) return;
    const low = address | 0;
    const logical = (low & Message.LOGICAL) !== 0;
    const hint = logical && (low & Message.REDIRECTION_HINT) !== 0;
    const mode = (data >>> 8) & 7;
    if (mode !== Delivery.STARTUP) this.deliver(mode, data & 0xff, level, (low >>> 12) & 0xff, logical, hint && mode === Delivery.FIXED);
  }

  /** @hot What a processor's ICR says. Interprocessor interrupts are edges. */
  send(sender: LocalApic, icr: number, destination: number): void {
    const mode = (icr >>> Icr.MODE_SHIFT) & 7;
    const vector = icr & Icr.VECTOR;
    // INIT level de-assert does nothing since the Pentium 4 (11.6.1).
    if (mode === Delivery.INIT && (icr & (Icr.LEVEL | Icr.ASSERT)) === Icr.LEVEL) return;
    if (mode === Delivery.EXTINT) return;
    const shorthand = (icr >>> Icr.SHORTHAND_SHIFT) & 3;
    if (shorthand === Shorthand.NONE) {
      const all = destination === (sender.mode === 'x2apic' ? ALL_32 : ALL_8);
      this.#spread(mode, vector, false, destination, (icr & Icr.LOGICAL) !== 0, all, mode === Delivery.LOWEST);
      return;
    }
    if (shorthand === Shorthand.SELF) {
      sender.accept(mode, vector, false);
      return;
    }
    for (let i = 0; i < this.locals.length; i++) {
      const local = this.locals[i]!;
      if (local.mode === 'disabled' || (shorthand === Shorthand.OTHERS && local === sender)) continue;
      local.accept(mode, vector, false);
    }
  }

  /** @hot */
  #spread(mode: number, vector: number, level: boolean, destination: number, logical: boolean, all: boolean, lowest: boolean): boolean {
    let taken = false;
    let best: LocalApic | undefined;
    for (let i = 0; i < this.locals.length; i++) {
      const local = this.locals[i]!;
      if (local.mode === 'disabled' || !(all || local.matches(destination, logical))) continue;
      if (!lowest) taken = local.accept(mode, vector, level) || taken;
      else if (local.enabled && (best === undefined || local.priority() < best.priority())) best = local;
    }
    return best === undefined ? taken : best.accept(Delivery.FIXED, vector, level);
  }
}
