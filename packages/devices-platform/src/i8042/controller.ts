import type { LevelLine, PowerControl, Region } from '@polyvisor/core';
import { ByteQueue } from './byte-queue.ts';
import { Ps2Keyboard } from './ps2-keyboard.ts';
import { Ps2Mouse } from './ps2-mouse.ts';
import {
  Command, CommandByte, INPUT_PORT, OutputPort, PortA, RAM_SIZE, SELF_TEST_PASSED, Status, TEST_PASSED,
} from './registers.ts';
import { REPLIES, type I8042State } from './state.ts';
import { BREAK, TRANSLATION } from './translation.ts';

export interface I8042Wiring {
  readonly keyboardIrq: LevelLine;
  readonly mouseIrq: LevelLine;
  readonly power: PowerControl;
}

/** Translating, both devices connected, interrupts off. */
const POWER_ON_COMMAND_BYTE = CommandByte.TRANSLATE;

/** The controller. Bytes need no time: what a device has to say is in the output buffer as soon as that is empty. */
export class I8042 {
  readonly data: Region = { read: () => this.#readData(), write: (_offset, _size, value) => this.#writeData(value & 0xff) };
  readonly command: Region = { read: () => this.#status(), write: (_offset, _size, value) => this.#writeCommand(value & 0xff) };
  readonly portA: Region = {
    read: () => this.#outputPort & PortA.A20,
    write: (_offset, _size, value) => this.#writePortA(value),
  };
  readonly #wiring: I8042Wiring;
  readonly #keyboard = new Ps2Keyboard();
  readonly #mouse = new Ps2Mouse();
  readonly #replies = new ByteQueue(REPLIES);
  readonly #ram = new Uint8Array(RAM_SIZE);
  #output = 0;
  #full: I8042State['full'] = 'empty';
  #commanded = false;
  #tested = false;
  #waiting = -1;
  #outputPort: number = OutputPort.WRITABLE;
  #released = false;

  constructor(wiring: I8042Wiring, saved: I8042State | undefined) {
    this.#wiring = wiring;
    this.#ram[0] = POWER_ON_COMMAND_BYTE;
    if (saved) {
      this.#ram.set(saved.ram);
      this.#output = saved.output;
      this.#full = saved.full;
      this.#commanded = saved.commanded;
      this.#tested = saved.tested;
      this.#waiting = saved.waiting;
      this.#outputPort = saved.outputPort;
      this.#released = saved.released;
      this.#replies.restore(saved.replies);
      this.#keyboard.restore(saved.keyboard);
      this.#mouse.restore(saved.mouse);
    }
    this.#drive();
  }

  get leds(): number {
    return this.#keyboard.leds;
  }

  key(code: number, pressed: boolean): boolean {
    const sent = this.#keyboard.key(code, pressed);
    this.#fill();
    return sent;
  }

  move(dx: number, dy: number, dz: number, buttons: number): boolean {
    const sent = this.#mouse.move(dx, dy, dz, buttons);
    this.#fill();
    return sent;
  }

  reset(): void {
    this.#ram.fill(0);
    this.#ram[0] = POWER_ON_COMMAND_BYTE;
    this.#output = 0;
    this.#full = 'empty';
    this.#commanded = false;
    this.#tested = false;
    this.#waiting = -1;
    this.#outputPort = OutputPort.WRITABLE;
    this.#released = false;
    this.#replies.clear();
    this.#keyboard.reset();
    this.#mouse.reset();
    this.#drive();
  }

  destroy(): void {
    this.#wiring.keyboardIrq.set(false);
    this.#wiring.mouseIrq.set(false);
  }

  save(): I8042State {
    return {
      ram: [...this.#ram], output: this.#output, full: this.#full, commanded: this.#commanded, tested: this.#tested, waiting: this.#waiting,
      outputPort: this.#outputPort, released: this.#released, replies: this.#replies.save(), keyboard: this.#keyboard.save(), mouse: this.#mouse.save(),
    };
  }

  /** @hot An empty buffer reads as it was. */
  #readData(): number {
    const byte = this.#output;
    if (this.#full === 'empty') return byte;
    this.#full = 'empty';
    // The line falls even when the next byte is there: the 8259 has to see an edge.
    this.#drive();
    this.#fill();
    return byte;
  }

  /** @hot */
  #status(): number {
    const full = this.#full === 'empty' ? 0 : this.#full === 'mouse' ? Status.OUTPUT_FULL | Status.AUX_FULL : Status.OUTPUT_FULL;
    const system = this.#tested || (this.#ram[0]! & CommandByte.SYSTEM) !== 0 ? Status.SYSTEM : 0;
    return full | system | (this.#commanded ? Status.COMMAND : 0) | Status.UNLOCKED;
  }

  /** @hot A parameter of the command before, else a byte for the keyboard, which is connected by it. */
  #writeData(byte: number): void {
    const command = this.#waiting;
    this.#waiting = -1;
    this.#commanded = false;
    if (command < 0) {
      this.#ram[0]! &= ~CommandByte.NO_KEYBOARD;
      this.#keyboard.write(byte);
    } else this.#parameter(command, byte);
    this.#fill();
  }

  /** @hot */
  #parameter(command: number, byte: number): void {
    switch (command) {
      case Command.WRITE_OUTPUT:
        this.#writeOutputPort(byte);
        break;
      case Command.WRITE_KEYBOARD_BUFFER:
        this.#put(byte, 'keyboard');
        break;
      case Command.WRITE_AUX_BUFFER:
        this.#put(byte, 'mouse');
        break;
      case Command.WRITE_AUX:
        this.#ram[0]! &= ~CommandByte.NO_AUX;
        this.#mouse.write(byte);
        break;
      default:
        this.#ram[command & (RAM_SIZE - 1)] = byte;
        this.#drive();
    }
  }

  /** @hot */
  #writeCommand(byte: number): void {
    this.#waiting = -1;
    this.#commanded = true;
    if (byte >= Command.PULSE) {
      if ((byte & OutputPort.RUN) === 0) this.#wiring.power.reset();
    } else if (byte >= Command.READ_RAM && byte < Command.READ_RAM + RAM_SIZE) this.#replies.push(this.#ram[byte & (RAM_SIZE - 1)]!);
    else if (byte >= Command.WRITE_RAM && byte < Command.WRITE_RAM + RAM_SIZE) this.#waiting = byte;
    else this.#execute(byte);
    this.#fill();
  }

  /** @hot Commands that are unknown do nothing. */
  #execute(byte: number): void {
    switch (byte) {
      case Command.DISABLE_AUX:
        this.#ram[0]! |= CommandByte.NO_AUX;
        break;
      case Command.ENABLE_AUX:
        this.#ram[0]! &= ~CommandByte.NO_AUX;
        break;
      case Command.DISABLE_KEYBOARD:
        this.#ram[0]! |= CommandByte.NO_KEYBOARD;
        break;
      case Command.ENABLE_KEYBOARD:
        this.#ram[0]! &= ~CommandByte.NO_KEYBOARD;
        break;
      case Command.SELF_TEST:
        this.#tested = true;
        this.#replies.push(SELF_TEST_PASSED);
        break;
      case Command.TEST_AUX:
      case Command.TEST_KEYBOARD:
        this.#replies.push(TEST_PASSED);
        break;
      case Command.READ_INPUT:
        this.#replies.push(INPUT_PORT);
        break;
      case Command.READ_OUTPUT:
        this.#replies.push(this.#outputPort | this.#fullLines());
        break;
      case Command.READ_TEST:
        this.#replies.push(0);
        break;
      case Command.WRITE_OUTPUT:
      case Command.WRITE_KEYBOARD_BUFFER:
      case Command.WRITE_AUX_BUFFER:
      case Command.WRITE_AUX:
        this.#waiting = byte;
        break;
      default:
        break;
    }
  }

  /** @hot */
  #writeOutputPort(byte: number): void {
    this.#outputPort = (byte & OutputPort.A20) | OutputPort.RUN;
    if ((byte & OutputPort.RUN) === 0) this.#wiring.power.reset();
  }

  /** @hot */
  #writePortA(value: number): void {
    this.#outputPort = (value & PortA.A20) | OutputPort.RUN;
    if ((value & PortA.RESET) !== 0) this.#wiring.power.reset();
  }

  /** @hot Whoever has something to say puts it into an empty output buffer: the controller, the keyboard, the mouse. */
  #fill(): void {
    while (this.#full === 'empty') {
      const commandByte = this.#ram[0]!;
      if (this.#replies.length > 0) this.#put(this.#replies.shift(), 'keyboard');
      else if (this.#keyboard.queue.length > 0 && (commandByte & CommandByte.NO_KEYBOARD) === 0) this.#fromKeyboard(this.#keyboard.shift());
      else if (this.#mouse.queue.length > 0 && (commandByte & CommandByte.NO_AUX) === 0) this.#put(this.#mouse.shift(), 'mouse');
      else return;
    }
  }

  /** @hot In translation a break code is no byte of its own. */
  #fromKeyboard(byte: number): void {
    if ((this.#ram[0]! & CommandByte.TRANSLATE) === 0) {
      this.#released = false;
      this.#put(byte, 'keyboard');
    } else if (byte === BREAK) this.#released = true;
    else {
      this.#put(TRANSLATION[byte]! | (this.#released ? 0x80 : 0), 'keyboard');
      this.#released = false;
    }
  }

  /** @hot */
  #put(byte: number, from: 'keyboard' | 'mouse'): void {
    this.#output = byte;
    this.#full = from;
    this.#drive();
  }

  /** @hot */
  #fullLines(): number {
    return this.#full === 'empty' ? 0 : this.#full === 'mouse' ? OutputPort.AUX_FULL : OutputPort.KEYBOARD_FULL;
  }

  /** @hot */
  #drive(): void {
    this.#wiring.keyboardIrq.set(this.#full === 'keyboard' && (this.#ram[0]! & CommandByte.KEYBOARD_INT) !== 0);
    this.#wiring.mouseIrq.set(this.#full === 'mouse' && (this.#ram[0]! & CommandByte.AUX_INT) !== 0);
  }
}
