import type { LevelLine, MessagePort } from '@polyvisor/core';
import { Irq, MsiControl } from './registers.ts';
import type { DemoDmaState } from './state.ts';

/**
 * The interrupt half: status, enable, and either the line, which follows them, or messages. A message is sent when an
 * enabled bit of the status comes up, also when enabling is what brings it up, so that none is lost.
 */
export class DemoInterrupts {
  readonly #line: LevelLine;
  readonly #messages: MessagePort;
  status = 0;
  enable = 0;
  messageLow = 0;
  messageHigh = 0;
  messageData = 0;
  #messagesOn = false;
  /** The interrupts for which a message has been sent: while messages are on, those that wait. */
  #announced = 0;

  constructor(line: LevelLine, messages: MessagePort, saved: DemoDmaState | undefined) {
    this.#line = line;
    this.#messages = messages;
    if (!saved) return;
    this.status = saved.irqStatus;
    this.enable = saved.irqEnable;
    this.messageLow = saved.msiLow;
    this.messageHigh = saved.msiHigh;
    this.messageData = saved.msiData;
    this.#messagesOn = saved.msiEnabled;
    // What waits has been announced before, so this sets the line and sends no message.
    this.#announced = this.#messagesOn ? this.status & this.enable : 0;
    this.update();
  }

  get control(): number {
    return this.#messagesOn ? MsiControl.ENABLE : 0;
  }

  /** @hot */
  setControl(value: number): void {
    this.#messagesOn = (value & MsiControl.ENABLE) !== 0;
    this.update();
  }

  /** @hot */
  raise(bits: number): void {
    this.status |= bits & Irq.MASK;
    this.update();
  }

  /** @hot */
  acknowledge(bits: number): void {
    this.status &= ~bits;
    this.update();
  }

  /** @hot */
  setEnable(bits: number): void {
    this.enable = bits & Irq.MASK;
    this.update();
  }

  /** @hot */
  update(): void {
    const waiting = this.status & this.enable;
    this.#line.set(!this.#messagesOn && waiting !== 0);
    const news = this.#messagesOn ? waiting & ~this.#announced : 0;
    this.#announced = this.#messagesOn ? waiting : 0;
    if (news !== 0) {
      this.#messages.send((this.messageHigh >>> 0) * 2 ** 32 + (this.messageLow >>> 0), this.messageData);
    }
  }

  reset(): void {
    this.status = 0;
    this.enable = 0;
    this.messageLow = 0;
    this.messageHigh = 0;
    this.messageData = 0;
    this.#messagesOn = false;
    this.update();
  }

  save() {
    return {
      irqStatus: this.status,
      irqEnable: this.enable,
      msiLow: this.messageLow,
      msiHigh: this.messageHigh,
      msiData: this.messageData,
      msiEnabled: this.#messagesOn,
    };
  }
}
