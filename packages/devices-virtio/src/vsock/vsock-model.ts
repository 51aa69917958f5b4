import type { Chain } from '../queue/chain.ts';
import type { Services, VirtioHost, VirtioModel } from '../virtio/model.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import { BUFFER, EVENT_SIZE, HOST_CID, Header, MAX_CONNECTIONS, MAX_PACKET, MAX_REPLIES, Op, Queue, Type } from './registers.ts';
import type { Refusal, VsockState } from './state.ts';
import type { VsockGuest, VsockHost, VsockPeer, VsockStream } from './vsock-host.ts';

/** Ports from which connections of the host come. */
const FIRST_EPHEMERAL = 0x4000_0000;

/** The socket device (VIRTIO 1.2 §5.10): streams between the guest and the host, each with credit in both directions. */
export class VsockModel implements VirtioModel<VsockState>, VsockGuest, ConnectionOwner {
  readonly features: readonly number[] = [0];
  readonly config = new Uint8Array(8);
  readonly #host: VirtioHost<Services>;
  readonly #service: VsockHost;
  readonly #cid: number;
  readonly #connections = new Map<string, Connection>();
  readonly #header = new Uint8Array(Header.SIZE);
  readonly #view = new DataView(this.#header.buffer);
  readonly #data = new Uint8Array(MAX_PACKET);
  #replies: Refusal[];
  #lost: boolean;
  #nextPort = FIRST_EPHEMERAL;
  #pumping = false;

  constructor(host: VirtioHost<Services>, service: VsockHost, cid: number, saved: VsockState | undefined) {
    this.#host = host;
    this.#service = service;
    this.#cid = cid;
    new DataView(this.config.buffer).setUint32(0, cid, true);
    this.#replies = [...(saved?.replies ?? [])];
    this.#lost = saved?.lost ?? false;
    service.attach(this);
  }

  /** @hot */
  handleQueue(index: number): void {
    if (index === Queue.TX) this.#takePackets();
    else if (index === Queue.EVENT) this.#tell();
    else {
      this.pump();
      // Packets may have waited until refusals could be sent.
      this.#pass(Queue.TX);
      this.#takePackets();
    }
  }

  connect(port: number, stream: VsockStream): VsockPeer | undefined {
    if (!this.#host.live || this.#connections.size >= MAX_CONNECTIONS) return undefined;
    do this.#nextPort = this.#nextPort >= 0x7fff_ffff ? FIRST_EPHEMERAL : this.#nextPort + 1;
    while (this.#connections.has(key(port, this.#nextPort)));
    const connection = this.#add(port, this.#nextPort);
    connection.stream = stream;
    connection.say(Op.REQUEST);
    return connection;
  }

  /** Sends what waits, as long as the guest has buffers. */
  pump(): void {
    if (this.#pumping || !this.#host.live) return;
    this.#pumping = true;
    const queue = this.#pass(Queue.RX);
    while (this.#replies.length > 0) {
      const chain = queue.pop();
      if (chain === undefined || !this.#refuse(chain, this.#replies[0]!)) break;
      this.#replies.shift();
    }
    if (this.#replies.length === 0) for (let more = true; more;) more = this.#round();
    queue.flush();
    this.#pumping = false;
  }

  forget(connection: Connection): void {
    this.#connections.delete(key(connection.guestPort, connection.hostPort));
  }

  reset(): void {
    for (const connection of [...this.#connections.values()]) connection.stream?.destroy();
    this.#connections.clear();
    this.#replies = [];
    this.#lost = false;
  }

  save(): VsockState {
    return { lost: this.#lost || this.#connections.size > 0, replies: this.#replies.map((reply) => ({ ...reply })) };
  }

  destroy(): void {
    this.reset();
    this.#service.detach();
  }

  #pass(queue: number) {
    const found = this.#host.queues[queue]!;
    found.beginPass();
    return found;
  }

  #add(guestPort: number, hostPort: number): Connection {
    const connection = new Connection(this, guestPort, hostPort);
    this.#connections.set(key(guestPort, hostPort), connection);
    return connection;
  }

  #takePackets(): void {
    const queue = this.#host.queues[Queue.TX]!;
    while (this.#replies.length < MAX_REPLIES) {
      const chain = queue.pop();
      if (chain === undefined) break;
      if (!this.#packet(chain)) return;
      queue.push(chain, 0);
    }
    queue.flush();
    this.pump();
  }

  /** A packet of the guest; false when it lies where there is no memory. */
  #packet(chain: Chain): boolean {
    if (chain.readable < Header.SIZE) {
      this.#host.log.guestError('a packet is shorter than its header');
      return true;
    }
    if (!chain.read(0, this.#header, 0, Header.SIZE)) return false;
    const length = this.#view.getUint32(Header.len, true);
    const op = this.#view.getUint16(Header.op, true);
    const type = this.#view.getUint16(Header.type, true);
    const guestPort = this.#view.getUint32(Header.src_port, true);
    const hostPort = this.#view.getUint32(Header.dst_port, true);
    const mine = this.#view.getUint32(Header.dst_cid, true) === HOST_CID && this.#view.getUint32(Header.src_cid, true) === this.#cid;
    if (!mine || length > chain.readable - Header.SIZE || length > MAX_PACKET) {
      this.#host.log.guestError('a packet has wrong addresses, or less data than it says');
      return true;
    }
    const connection = type === Type.STREAM ? this.#connections.get(key(guestPort, hostPort)) : undefined;
    if (connection) {
      connection.guestBuffer = this.#view.getUint32(Header.buf_alloc, true);
      connection.guestConsumed = this.#view.getUint32(Header.fwd_cnt, true);
      return this.#toConnection(connection, op, chain, length);
    }
    if (op === Op.REQUEST && type === Type.STREAM) this.#open(guestPort, hostPort);
    else if (op !== Op.RST) this.#reject(guestPort, hostPort, type);
    return true;
  }

  #open(guestPort: number, hostPort: number): void {
    if (this.#connections.size >= MAX_CONNECTIONS) {
      this.#reject(guestPort, hostPort, Type.STREAM);
      return;
    }
    const connection = this.#add(guestPort, hostPort);
    connection.guestBuffer = this.#view.getUint32(Header.buf_alloc, true);
    connection.guestConsumed = this.#view.getUint32(Header.fwd_cnt, true);
    connection.stream = this.#service.connect(hostPort, connection);
    if (connection.stream) return;
    this.forget(connection);
    this.#reject(guestPort, hostPort, Type.STREAM);
  }

  #toConnection(connection: Connection, op: number, chain: Chain, length: number): boolean {
    switch (op) {
      case Op.RESPONSE:
        connection.stream?.resume();
        break;
      case Op.RST:
        connection.destroy();
        break;
      case Op.SHUTDOWN:
        if (!connection.shutDown(this.#view.getUint32(Header.flags, true))) break;
        connection.destroy();
        this.#reject(connection.guestPort, connection.hostPort, Type.STREAM);
        break;
      case Op.RW:
        return this.#receive(connection, chain, length);
      case Op.CREDIT_REQUEST:
        connection.sayCredit();
        break;
      case Op.CREDIT_UPDATE:
        break;
      default:
        connection.destroy();
        this.#reject(connection.guestPort, connection.hostPort, Type.STREAM);
        break;
    }
    return true;
  }

  #receive(connection: Connection, chain: Chain, length: number): boolean {
    if (!connection.accepts(length)) {
      this.#host.log.guestError('a guest sends more than it has credit for');
      connection.destroy();
      this.#reject(connection.guestPort, connection.hostPort, Type.STREAM);
      return true;
    }
    if (length === 0) return true;
    if (!chain.read(Header.SIZE, this.#data, 0, length)) return false;
    connection.received = (connection.received + length) >>> 0;
    connection.stream?.write(this.#data.subarray(0, length));
    return true;
  }

  #reject(guestPort: number, hostPort: number, type: number): void {
    this.#replies.push({ guestPort, hostPort, type });
  }

  /** One packet of each connection that has something to say; true when there may be more. */
  #round(): boolean {
    const queue = this.#host.queues[Queue.RX]!;
    let sent = false;
    for (const connection of [...this.#connections.values()]) {
      const op = connection.next();
      if (op === 0) continue;
      const chain = queue.pop();
      if (chain === undefined) return false;
      if (!this.#send(chain, connection, op)) return false;
      sent = true;
      if (op === Op.RST) this.forget(connection);
    }
    return sent;
  }

  #send(chain: Chain, connection: Connection, op: number): boolean {
    if (!this.#roomy(chain)) return false;
    const length = op === Op.RW ? connection.take(this.#data, Math.min(MAX_PACKET, chain.writable - Header.SIZE)) : 0;
    const flags = connection.done(op);
    this.#fill(connection.hostPort, connection.guestPort, Type.STREAM, op);
    this.#view.setUint32(Header.len, length, true);
    this.#view.setUint32(Header.flags, flags, true);
    this.#view.setUint32(Header.buf_alloc, BUFFER, true);
    this.#view.setUint32(Header.fwd_cnt, connection.passed, true);
    return this.#write(chain, length);
  }

  #refuse(chain: Chain, { guestPort, hostPort, type }: Refusal): boolean {
    if (!this.#roomy(chain)) return false;
    this.#fill(hostPort, guestPort, type, Op.RST);
    return this.#write(chain, 0);
  }

  #roomy(chain: Chain): boolean {
    if (chain.writable > Header.SIZE) return true;
    this.#host.fail('a receive buffer has no room for a packet');
    return false;
  }

  #fill(hostPort: number, guestPort: number, type: number, op: number): void {
    this.#header.fill(0);
    this.#view.setUint32(Header.src_cid, HOST_CID, true);
    this.#view.setUint32(Header.dst_cid, this.#cid, true);
    this.#view.setUint32(Header.src_port, hostPort, true);
    this.#view.setUint32(Header.dst_port, guestPort, true);
    this.#view.setUint16(Header.type, type, true);
    this.#view.setUint16(Header.op, op, true);
  }

  #write(chain: Chain, length: number): boolean {
    if (!chain.write(0, this.#header, 0, Header.SIZE)) return false;
    if (length > 0 && !chain.write(Header.SIZE, this.#data, 0, length)) return false;
    this.#host.queues[Queue.RX]!.push(chain, Header.SIZE + length);
    return true;
  }

  /** Connections of before a restore are gone: TRANSPORT_RESET, which is 0. */
  #tell(): void {
    if (!this.#lost) return;
    const queue = this.#host.queues[Queue.EVENT]!;
    const chain = queue.pop();
    if (chain === undefined || chain.writable < EVENT_SIZE) return;
    this.#lost = false;
    this.#data.fill(0, 0, EVENT_SIZE);
    if (chain.write(0, this.#data, 0, EVENT_SIZE)) queue.push(chain, EVENT_SIZE);
    queue.flush();
  }

  /** The guest's buffers for events are there already. */
  resume(): void {
    this.#pass(Queue.EVENT);
    this.#tell();
    this.pump();
  }
}

function key(guestPort: number, hostPort: number): string {
  return `${guestPort}:${hostPort}`;
}
