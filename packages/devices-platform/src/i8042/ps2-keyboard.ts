import { ByteQueue } from './byte-queue.ts';
import { Reply } from './registers.ts';
import { KEYBOARD_BUFFER, type KeyboardState } from './state.ts';
import { BREAK, EXTENDED, TRANSLATION } from './translation.ts';

const KeyboardCommand = {
  LEDS: 0xed, ECHO: 0xee, SCAN_SET: 0xf0, IDENTIFY: 0xf2, TYPEMATIC: 0xf3, ENABLE: 0xf4, DISABLE: 0xf5, DEFAULTS: 0xf6, RESEND: 0xfe, RESET: 0xff,
} as const;
const ID = [0xab, 0x83] as const;
const POWER_ON: KeyboardState = { queue: [], waiting: -1, scanning: true, set: 2, leds: 0, typematic: 0x2b, last: 0 };

/** A keyboard with 101 or more keys (IBM Personal System/2 Hardware Interface Technical Reference, "Keyboards"). */
export class Ps2Keyboard {
  readonly queue = new ByteQueue(KEYBOARD_BUFFER);
  leds = 0;
  #waiting = -1;
  #scanning = true;
  #set: 1 | 2 = 2;
  #typematic = 0;
  #last = 0;

  constructor() {
    this.restore(POWER_ON);
  }

  /** Whole codes or nothing. */
  key(code: number, pressed: boolean): boolean {
    const bytes: number[] = [];
    if (code > 0xff) bytes.push(EXTENDED);
    if (this.#set === 1) bytes.push(TRANSLATION[code & 0xff]! | (pressed ? 0 : 0x80));
    else bytes.push(...(pressed ? [] : [BREAK]), code & 0xff);
    if (!this.#scanning || this.queue.room < bytes.length) return false;
    for (const byte of bytes) this.queue.push(byte);
    return true;
  }

  /** @hot */
  shift(): number {
    this.#last = this.queue.shift();
    return this.#last;
  }

  /** @hot A byte of the host. */
  write(byte: number): void {
    const command = this.#waiting;
    this.#waiting = -1;
    // A command takes the place of a parameter.
    if (command >= 0 && byte < KeyboardCommand.LEDS) this.#parameter(command, byte);
    else this.#command(byte);
  }

  reset(): void {
    this.restore(POWER_ON);
  }

  save(): KeyboardState {
    return {
      queue: this.queue.save(), waiting: this.#waiting, scanning: this.#scanning, set: this.#set, leds: this.leds,
      typematic: this.#typematic, last: this.#last,
    };
  }

  restore(saved: KeyboardState): void {
    this.queue.restore(saved.queue);
    this.#waiting = saved.waiting;
    this.#scanning = saved.scanning;
    this.#set = saved.set;
    this.leds = saved.leds;
    this.#typematic = saved.typematic;
    this.#last = saved.last;
  }

  /** @hot */
  #parameter(command: number, byte: number): void {
    this.queue.push(Reply.ACK);
    switch (command) {
      case KeyboardCommand.LEDS:
        this.leds = byte & 7;
        break;
      case KeyboardCommand.TYPEMATIC:
        this.#typematic = byte;
        break;
      default:
        if (byte === 0) this.queue.push(this.#set);
        else if (byte === 1 || byte === 2) this.#set = byte;
    }
  }

  /** @hot */
  #command(byte: number): void {
    switch (byte) {
      case KeyboardCommand.ECHO:
        this.queue.push(Reply.ECHO);
        return;
      case KeyboardCommand.RESEND:
        this.queue.push(this.#last);
        return;
      case KeyboardCommand.LEDS:
      case KeyboardCommand.SCAN_SET:
      case KeyboardCommand.TYPEMATIC:
        this.#waiting = byte;
        break;
      case KeyboardCommand.IDENTIFY:
        this.queue.push(Reply.ACK);
        this.queue.push(ID[0]);
        this.queue.push(ID[1]);
        return;
      case KeyboardCommand.ENABLE:
        this.queue.clear();
        this.#scanning = true;
        break;
      case KeyboardCommand.DISABLE:
      case KeyboardCommand.DEFAULTS:
        this.#defaults(byte === KeyboardCommand.DEFAULTS);
        break;
      case KeyboardCommand.RESET:
        this.#defaults(true);
        this.leds = 0;
        this.queue.push(Reply.ACK);
        this.queue.push(Reply.TESTED);
        return;
      default:
        this.queue.push(Reply.RESEND);
        return;
    }
    this.queue.push(Reply.ACK);
  }

  /** @hot */
  #defaults(scanning: boolean): void {
    this.queue.clear();
    this.#scanning = scanning;
    this.#set = 2;
    this.#typematic = POWER_ON.typematic;
  }
}
