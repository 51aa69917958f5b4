import { ByteQueue } from './byte-queue.ts';
import { Reply } from './registers.ts';
import { MOUSE_BUFFER, type MouseState } from './state.ts';

const MouseCommand = {
  SCALING_1: 0xe6, SCALING_2: 0xe7, RESOLUTION: 0xe8, STATUS: 0xe9, STREAM: 0xea, READ: 0xeb, RESET_WRAP: 0xec, WRAP: 0xee, REMOTE: 0xf0,
  IDENTIFY: 0xf2, RATE: 0xf3, ENABLE: 0xf4, DISABLE: 0xf5, DEFAULTS: 0xf6, RESEND: 0xfe, RESET: 0xff,
} as const;
/** First byte of a packet. */
const Packet = { ALWAYS: 0x08, X_SIGN: 0x10, Y_SIGN: 0x20 } as const;
const StatusBit = { REMOTE: 0x40, ENABLED: 0x20, DOUBLED: 0x10 } as const;
const POWER_ON: MouseState = {
  queue: [], waiting: -1, reporting: false, remote: false, wrap: false, doubled: false, resolution: 2, rate: 100, rates: [0, 0, 0], id: 0,
  buttons: 0, last: 0,
};

/**
 * A mouse (IBM Personal System/2 Hardware Interface Technical Reference, "Auxiliary devices"), which becomes one with a
 * wheel after the sample rates 200, 100, 80, and one with five buttons too after 200, 200, 80 (Microsoft IntelliMouse).
 */
export class Ps2Mouse {
  readonly queue = new ByteQueue(MOUSE_BUFFER);
  readonly #rates = new Uint8Array(3);
  #waiting = -1;
  #reporting = false;
  #remote = false;
  #wrap = false;
  #doubled = false;
  #resolution = 2;
  #rate = 100;
  #id: MouseState['id'] = 0;
  #buttons = 0;
  #last = 0;

  constructor() {
    this.restore(POWER_ON);
  }

  /** A movement beyond what a packet holds is cut. */
  move(dx: number, dy: number, dz: number, buttons: number): boolean {
    this.#buttons = buttons & (this.#id === 4 ? 0x1f : 0x07);
    if (!this.#reporting || this.#remote || this.#wrap || this.queue.room < 4) return false;
    this.#packet(cut(dx, 255), cut(dy, 255), cut(dz, 7));
    return true;
  }

  /** @hot */
  shift(): number {
    this.#last = this.queue.shift();
    return this.#last;
  }

  /** @hot */
  write(byte: number): void {
    if (this.#wrap && byte !== MouseCommand.RESET_WRAP && byte !== MouseCommand.RESET) {
      this.queue.push(byte);
      return;
    }
    const command = this.#waiting;
    this.#waiting = -1;
    if (command >= 0) this.#parameter(command, byte);
    else this.#command(byte);
  }

  reset(): void {
    this.restore(POWER_ON);
  }

  save(): MouseState {
    return {
      queue: this.queue.save(), waiting: this.#waiting, reporting: this.#reporting, remote: this.#remote, wrap: this.#wrap,
      doubled: this.#doubled, resolution: this.#resolution, rate: this.#rate, rates: [...this.#rates], id: this.#id, buttons: this.#buttons,
      last: this.#last,
    };
  }

  restore(saved: MouseState): void {
    this.queue.restore(saved.queue);
    this.#waiting = saved.waiting;
    this.#reporting = saved.reporting;
    this.#remote = saved.remote;
    this.#wrap = saved.wrap;
    this.#doubled = saved.doubled;
    this.#resolution = saved.resolution;
    this.#rate = saved.rate;
    this.#rates.set(saved.rates);
    this.#id = saved.id;
    this.#buttons = saved.buttons;
    this.#last = saved.last;
  }

  /** @hot */
  #packet(dx: number, dy: number, dz: number): void {
    this.queue.push(Packet.ALWAYS | (this.#buttons & 7) | (dx < 0 ? Packet.X_SIGN : 0) | (dy < 0 ? Packet.Y_SIGN : 0));
    this.queue.push(dx & 0xff);
    this.queue.push(dy & 0xff);
    if (this.#id === 3) this.queue.push(dz & 0xff);
    if (this.#id === 4) this.queue.push((dz & 0x0f) | ((this.#buttons & 0x18) << 1));
  }

  /** @hot */
  #parameter(command: number, byte: number): void {
    this.queue.push(Reply.ACK);
    if (command === MouseCommand.RESOLUTION) {
      this.#resolution = byte & 3;
      return;
    }
    this.#rate = byte;
    const rates = this.#rates;
    rates[0] = rates[1]!;
    rates[1] = rates[2]!;
    rates[2] = byte;
    if (rates[0] !== 200 || byte !== 80) return;
    if (rates[1] === 100 && this.#id === 0) this.#id = 3;
    else if (rates[1] === 200) this.#id = 4;
  }

  /** @hot */
  #command(byte: number): void {
    switch (byte) {
      case MouseCommand.SCALING_1:
      case MouseCommand.SCALING_2:
        this.#doubled = byte === MouseCommand.SCALING_2;
        break;
      case MouseCommand.RESOLUTION:
      case MouseCommand.RATE:
        this.#waiting = byte;
        break;
      case MouseCommand.STATUS:
        this.#status();
        return;
      case MouseCommand.STREAM:
      case MouseCommand.REMOTE:
        this.#remote = byte === MouseCommand.REMOTE;
        break;
      case MouseCommand.READ:
        this.queue.push(Reply.ACK);
        this.#packet(0, 0, 0);
        return;
      case MouseCommand.WRAP:
      case MouseCommand.RESET_WRAP:
        this.#wrap = byte === MouseCommand.WRAP;
        break;
      case MouseCommand.IDENTIFY:
        this.queue.push(Reply.ACK);
        this.queue.push(this.#id);
        return;
      case MouseCommand.ENABLE:
      case MouseCommand.DISABLE:
        this.#reporting = byte === MouseCommand.ENABLE;
        break;
      case MouseCommand.DEFAULTS:
        this.#defaults();
        break;
      case MouseCommand.RESEND:
        this.queue.push(this.#last);
        return;
      case MouseCommand.RESET:
        this.#reset();
        return;
      default:
        this.queue.push(Reply.RESEND);
        return;
    }
    this.queue.push(Reply.ACK);
  }

  /** @hot */
  #status(): void {
    const { REMOTE, ENABLED, DOUBLED } = StatusBit;
    // Left, middle, right: not the order of packets.
    const buttons = ((this.#buttons & 1) << 2) | ((this.#buttons & 4) >> 1) | ((this.#buttons & 2) >> 1);
    this.queue.push(Reply.ACK);
    this.queue.push((this.#remote ? REMOTE : 0) | (this.#reporting ? ENABLED : 0) | (this.#doubled ? DOUBLED : 0) | buttons);
    this.queue.push(this.#resolution);
    this.queue.push(this.#rate);
  }

  /** @hot */
  #defaults(): void {
    this.#reporting = false;
    this.#remote = false;
    this.#doubled = false;
    this.#resolution = POWER_ON.resolution;
    this.#rate = POWER_ON.rate;
  }

  /** @hot */
  #reset(): void {
    this.#defaults();
    this.#wrap = false;
    this.#id = 0;
    this.queue.clear();
    this.queue.push(Reply.ACK);
    this.queue.push(Reply.TESTED);
    this.queue.push(this.#id);
  }
}

function cut(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, Math.trunc(value)));
}
