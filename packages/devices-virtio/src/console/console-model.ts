import { token, type ByteSink, type ByteSource } from '@polyvisor/core';
import type { Virtqueue } from '../queue/virtqueue.ts';
import type { Services, VirtioHost, VirtioModel } from '../virtio/model.ts';
import { CONTROL_SIZE, ConsoleFeature, Event, MAX_MESSAGES, MAX_OUTPUT, Offset, Queue } from './registers.ts';
import type { ConsoleState } from './state.ts';

/** The size of the terminal that shows a console. */
export interface ConsoleSize {
  readonly columns: number;
  readonly rows: number;
  /** Called after it changed. One listener: the console. */
  onResize: (() => void) | undefined;
}
export const ConsoleSizeToken = token<ConsoleSize>('devices-virtio/ConsoleSize');

export interface Port {
  readonly out: ByteSink;
  readonly in: ByteSource;
  readonly name: string;
}

const PIECE = 4096;

/** The console device (VIRTIO 1.2 §5.3). Port 0 is the console; the others are byte channels with names. */
export class ConsoleModel implements VirtioModel<ConsoleState> {
  readonly features: readonly number[];
  readonly config = new Uint8Array(Offset.END);
  readonly #host: VirtioHost<Services>;
  readonly #ports: readonly Port[];
  readonly #size: ConsoleSize | undefined;
  readonly #view = new DataView(this.config.buffer);
  readonly #piece = new Uint8Array(PIECE);
  readonly #message = new Uint8Array(CONTROL_SIZE);
  readonly #messageView = new DataView(this.#message.buffer);
  readonly #open: boolean[];
  #messages: Uint8Array[];

  constructor(host: VirtioHost<Services>, ports: readonly Port[], size: ConsoleSize | undefined, saved: ConsoleState | undefined) {
    this.#host = host;
    this.#ports = ports;
    this.#size = size;
    this.#open = ports.map((_, i) => saved?.open[i] ?? false);
    this.#messages = (saved?.messages ?? []).map((bytes) => Uint8Array.from(bytes));
    this.features = [
      ConsoleFeature.EMERG_WRITE, ...(size ? [ConsoleFeature.SIZE] : []), ...(ports.length > 1 ? [ConsoleFeature.MULTIPORT] : []),
    ];
    this.#view.setUint32(Offset.max_nr_ports, ports.length, true);
    this.#setSize();
    for (const [i, port] of ports.entries()) port.in.onAvailable = () => this.#feed(i);
    if (size) size.onResize = () => this.#resized();
  }

  /** @hot A byte without any queue, for when nothing else works (§5.3.4). */
  writeConfig(offset: number, _size: 1 | 2 | 4, value: number): void {
    if (offset === Offset.emerg_wr) this.#ports[0]!.out.write(value & 0xff);
  }

  /** @hot */
  handleQueue(index: number): void {
    const queue = this.#host.queues[index]!;
    if (index === Queue.CONTROL_RX) this.#sendMessages(queue);
    else if (index === Queue.CONTROL_TX) this.#control(queue);
    else if ((index & 1) === 0) this.#receive(queue, portOf(index));
    else this.#transmit(queue, portOf(index));
  }

  reset(): void {
    this.#open.fill(false);
    this.#messages = [];
  }

  /** Bytes may have come while the machine stood still. */
  resume(): void {
    for (let port = 0; port < this.#ports.length; port++) this.#feed(port);
  }

  save(): ConsoleState {
    return { open: [...this.#open], messages: this.#messages.map((bytes) => Uint8Array.from(bytes)) };
  }

  destroy(): void {
    for (const port of this.#ports) port.in.onAvailable = undefined;
    if (this.#size) this.#size.onResize = undefined;
  }

  #feed(port: number): void {
    const queue = this.#host.queues[port === 0 ? Queue.RX0 : Queue.RX1 + 2 * (port - 1)]!;
    queue.beginPass();
    this.#receive(queue, port);
  }

  /** @hot Fills buffers of the guest with what has come. A port that the guest has not opened keeps its bytes. */
  #receive(queue: Virtqueue, port: number): void {
    const source = this.#ports[port]!.in;
    if (port > 0 && !this.#open[port]) return;
    while (source.available > 0) {
      const chain = queue.pop();
      if (chain === undefined) break;
      const room = Math.min(chain.writable, PIECE);
      let length = 0;
      while (length < room && source.available > 0) {
        const byte = source.read();
        if (byte < 0) break;
        this.#piece[length++] = byte;
      }
      if (!chain.write(0, this.#piece, 0, length)) return;
      queue.push(chain, length);
    }
    queue.flush();
  }

  /** @hot */
  #transmit(queue: Virtqueue, port: number): void {
    const { out } = this.#ports[port]!;
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      if (chain.readable > MAX_OUTPUT) {
        this.#host.fail('a buffer of output is longer than 1 MiB');
        return;
      }
      for (let at = 0; at < chain.readable; at += PIECE) {
        const length = Math.min(PIECE, chain.readable - at);
        if (!chain.read(at, this.#piece, 0, length)) return;
        for (let i = 0; i < length; i++) out.write(this.#piece[i]!);
      }
      queue.push(chain, 0);
    }
    queue.flush();
  }

  #control(queue: Virtqueue): void {
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      if (chain.readable < CONTROL_SIZE) this.#host.log.guestError('a control message is too short');
      else if (chain.read(0, this.#message, 0, CONTROL_SIZE)) this.#act();
      queue.push(chain, 0);
    }
    queue.flush();
    const answers = this.#host.queues[Queue.CONTROL_RX]!;
    answers.beginPass();
    this.#sendMessages(answers);
  }

  /** §5.3.6.2.1. */
  #act(): void {
    const id = this.#messageView.getUint32(0, true);
    const event = this.#messageView.getUint16(4, true);
    const value = this.#messageView.getUint16(6, true);
    if (event === Event.DEVICE_READY) {
      if (value === 1) for (let port = 0; port < this.#ports.length; port++) this.#say(port, Event.DEVICE_ADD, 1);
      return;
    }
    const port = this.#ports[id];
    if (port === undefined) {
      this.#host.log.guestError('a control message names a port that is not there');
      return;
    }
    if (event === Event.PORT_READY && value === 1) {
      if (id === 0) this.#say(0, Event.CONSOLE_PORT, 1);
      else this.#say(id, Event.PORT_NAME, 1, port.name);
      this.#say(id, Event.PORT_OPEN, 1);
      if (id === 0 && this.#size) this.#sayResize();
    } else if (event === Event.PORT_OPEN) {
      this.#open[id] = value === 1;
      this.#feed(id);
    }
  }

  #say(port: number, event: number, value: number, name = ''): void {
    const text = new TextEncoder().encode(name);
    const bytes = new Uint8Array(CONTROL_SIZE + text.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, port, true);
    view.setUint16(4, event, true);
    view.setUint16(6, value, true);
    bytes.set(text, CONTROL_SIZE);
    this.#queueMessage(bytes);
  }

  /** The size follows the message: columns, rows (§5.3.6.2.2). */
  #sayResize(): void {
    const bytes = new Uint8Array(CONTROL_SIZE + 4);
    const view = new DataView(bytes.buffer);
    view.setUint16(4, Event.RESIZE, true);
    bytes.set(this.config.subarray(Offset.cols, Offset.cols + 4), CONTROL_SIZE);
    this.#queueMessage(bytes);
  }

  #queueMessage(bytes: Uint8Array): void {
    if (this.#messages.length < MAX_MESSAGES) this.#messages.push(bytes);
    else this.#host.log.guestError('the driver does not take its control messages');
  }

  #sendMessages(queue: Virtqueue): void {
    while (this.#messages.length > 0) {
      const chain = queue.pop();
      if (chain === undefined) break;
      const bytes = this.#messages.shift()!;
      const length = Math.min(bytes.length, chain.writable);
      if (!chain.write(0, bytes, 0, length)) return;
      queue.push(chain, length);
    }
    queue.flush();
  }

  #setSize(): void {
    this.#view.setUint16(Offset.cols, this.#size?.columns ?? 0, true);
    this.#view.setUint16(Offset.rows, this.#size?.rows ?? 0, true);
  }

  #resized(): void {
    this.#setSize();
    if (this.#host.negotiated(ConsoleFeature.MULTIPORT)) {
      this.#sayResize();
      const queue = this.#host.queues[Queue.CONTROL_RX]!;
      queue.beginPass();
      this.#sendMessages(queue);
    }
    this.#host.configChanged();
  }
}

/** @hot */
function portOf(queue: number): number {
  return queue < Queue.CONTROL_RX ? 0 : (queue >> 1) - 1;
}
