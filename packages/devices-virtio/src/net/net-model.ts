import { FrameFlag, NetOffload, Segmentation, takesOffload, type DeviceLog, type FrameOffload, type NetBackend, type NetCard } from '@polyvisor/core';
import type { Chain } from '../queue/chain.ts';
import type { Virtqueue } from '../queue/virtqueue.ts';
import { Feature } from '../virtio/constants.ts';
import type { Services, VirtioHost, VirtioModel } from '../virtio/model.ts';
import { controlCommand, type ControlTarget } from './control.ts';
import { ReceiveFilter } from './filter.ts';
import { Header, HeaderFlag, MAX_RX_BUFFERS, MIN_FRAME, NetFeature, NetStatus, Offset } from './registers.ts';
import type { NetState } from './state.ts';
import { Transmitter } from './transmitter.ts';

/** What a driver may switch (§5.1.6.5.6.1). */
const GUEST_BITS = [NetFeature.GUEST_CSUM, NetFeature.GUEST_TSO4, NetFeature.GUEST_TSO6, NetFeature.GUEST_ECN] as const;

export interface NetSetup {
  readonly backend: NetBackend;
  readonly features: readonly number[];
  readonly mac: readonly number[];
  /** Pairs of queues that exist. */
  readonly pairs: number;
  readonly log: DeviceLog;
}

/** The network card (VIRTIO 1.2 §5.1). */
export class NetModel implements VirtioModel<NetState>, NetCard, ControlTarget {
  readonly features: readonly number[];
  readonly config = new Uint8Array(Offset.END);
  readonly filter: ReceiveFilter;
  readonly #host: VirtioHost<Services>;
  readonly #setup: NetSetup;
  readonly #view = new DataView(this.config.buffer);
  readonly #mac = this.config.subarray(0, 6);
  readonly #transmitter: Transmitter;
  readonly #header = new Uint8Array(Header.LONG);
  readonly #headerView = new DataView(this.#header.buffer);
  /** Buffers that the frame at hand goes to. */
  readonly #buffers: Chain[] = [];
  readonly #answer = new Uint8Array(1);
  /** Guest offloads that are on: bits of `NetFeature` (§5.1.6.5.6). */
  #guestOffloads = 0;
  #offloads = 0;
  #pairs = 1;
  #starved = false;
  #flushing = false;
  #announce: boolean;
  readonly #flush = (): void => this.#flushReceived();

  constructor(host: VirtioHost<Services>, setup: NetSetup, saved: NetState | undefined) {
    this.#host = host;
    this.#setup = setup;
    this.features = setup.features;
    this.filter = new ReceiveFilter(saved?.filter);
    this.#transmitter = new Transmitter(setup, saved);
    this.#mac.set(saved?.mac ?? setup.mac);
    this.#view.setUint16(Offset.status, saved?.status ?? this.#link(), true);
    this.#view.setUint16(Offset.max_virtqueue_pairs, setup.pairs, true);
    this.#view.setUint16(Offset.mtu, Math.min(setup.backend.mtu, 65535), true);
    this.#announce = saved !== undefined;
    if (!saved) return;
    this.#pairs = Math.min(saved.pairs, setup.pairs);
    this.#useOffloads(saved.guestOffloads);
    this.#starved = saved.starved;
    this.#flushLater();
  }

  /** What frames may come with: what the driver agreed to and left on. */
  get offloads(): number {
    return this.#offloads;
  }

  activate(): void {
    this.#useOffloads(this.#agreedOffloads());
  }

  /** @hot Drivers from before VIRTIO 1.0 write their address here (§5.1.4.1). */
  writeConfig(offset: number, size: 1 | 2 | 4, value: number): void {
    if (this.#host.negotiated(Feature.VERSION_1) || offset + size > Offset.status) return;
    for (let i = 0; i < size; i++) this.config[offset + i] = value >> (8 * i);
  }

  /** @hot */
  handleQueue(index: number): void {
    if (index === this.#controlIndex()) this.#control(this.#host.queues[index]!);
    else if ((index & 1) === 1) this.#transmitter.drain(this.#host.queues[index]!, index >> 1, this.#headerSize());
    else if (this.#starved) {
      this.#starved = false;
      this.#setup.backend.receiveReady?.();
    }
  }

  /** The network has room again. */
  onDrained(): void {
    for (let pair = 0; pair < this.#setup.pairs; pair++) {
      if (!this.#transmitter.isBlocked(pair)) continue;
      const queue = this.#host.queues[2 * pair + 1]!;
      queue.beginPass();
      this.#transmitter.drain(queue, pair, this.#headerSize());
    }
  }

  /** @hot A frame for the guest. What nobody wants, or nobody can take because the card is not up, is dropped. */
  receive(frame: Uint8Array, offload?: FrameOffload): boolean {
    if (!this.#host.live || frame.length < MIN_FRAME || (this.config[Offset.status]! & NetStatus.LINK_UP) === 0) return true;
    if (!takesOffload(offload, this.#offloads)) return true;
    if (!this.filter.passes(frame, this.#mac, this.#host.negotiated(NetFeature.CTRL_VLAN))) return true;
    const queue = this.#host.queues[2 * this.#choose(frame)]!;
    const header = this.#headerSize();
    queue.beginPass();
    const room = this.#collect(queue, header + frame.length);
    if (room < header + frame.length) return this.#refuse(queue);
    this.#deliver(queue, header, frame, offload);
    return true;
  }

  setMac(mac: Uint8Array): void {
    this.#mac.set(mac);
  }
  setPairs(pairs: number): boolean {
    if (!this.#host.negotiated(NetFeature.MQ) || pairs < 1 || pairs > this.#setup.pairs) return false;
    this.#pairs = pairs;
    return true;
  }
  setGuestOffloads(wanted: number): boolean {
    if (!this.#host.negotiated(NetFeature.CTRL_GUEST_OFFLOADS) || (wanted & ~this.#agreedOffloads()) !== 0) return false;
    this.#useOffloads(wanted);
    return true;
  }
  announced(): void {
    this.config[Offset.status]! &= ~NetStatus.ANNOUNCE;
  }

  /** The cable was plugged in or out. */
  linkChanged(): void {
    this.#view.setUint16(Offset.status, this.#link(), true);
    this.#host.configChanged();
  }

  reset(): void {
    this.filter.reset();
    this.#transmitter.reset();
    this.#mac.set(this.#setup.mac);
    this.#view.setUint16(Offset.status, this.#link(), true);
    this.#pairs = 1;
    this.#useOffloads(0);
    this.#starved = false;
  }

  /** A guest that goes on in another place tells the network where it is now (§5.1.6.5.4). */
  resume(): void {
    if (!this.#announce) return;
    this.#announce = false;
    if (!this.#host.live || !this.#host.negotiated(NetFeature.GUEST_ANNOUNCE)) return;
    this.config[Offset.status]! |= NetStatus.ANNOUNCE;
    this.#host.configChanged();
  }

  save(): NetState {
    return {
      mac: [...this.#mac], status: this.config[Offset.status]!, pairs: this.#pairs, filter: this.filter.save(),
      ...this.#transmitter.save(), starved: this.#starved, guestOffloads: this.#guestOffloads,
    };
  }

  destroy(): void {
    this.#setup.backend.detach();
  }

  /** Those that the driver accepted; each needs GUEST_CSUM (§5.1.3.1). */
  #agreedOffloads(): number {
    let agreed = 0;
    for (const bit of GUEST_BITS) if (this.#host.negotiated(bit)) agreed |= 1 << bit;
    return (agreed & (1 << NetFeature.GUEST_CSUM)) === 0 ? 0 : agreed;
  }

  #useOffloads(wanted: number): void {
    const on = wanted & this.#agreedOffloads();
    // A large frame needs up to so many merged buffers; a driver with a shorter ring could never take one.
    const large = !this.#host.negotiated(NetFeature.MRG_RXBUF) || this.#host.queues[0]!.size >= MAX_RX_BUFFERS;
    this.#guestOffloads = on;
    this.#offloads = 0;
    if ((on & (1 << NetFeature.GUEST_CSUM)) === 0) return;
    this.#offloads = NetOffload.CHECKSUM;
    if (!large) return;
    if ((on & (1 << NetFeature.GUEST_TSO4)) !== 0) this.#offloads |= NetOffload.TSO4;
    if ((on & (1 << NetFeature.GUEST_TSO6)) !== 0) this.#offloads |= NetOffload.TSO6;
    if ((on & (1 << NetFeature.GUEST_ECN)) !== 0) this.#offloads |= NetOffload.ECN;
  }

  #link(): number {
    return this.#setup.backend.linkUp === false ? 0 : NetStatus.LINK_UP;
  }

  /** @hot The control queue follows the pairs that were agreed on (§5.1.2). */
  #controlIndex(): number {
    if (!this.#host.negotiated(NetFeature.CTRL_VQ)) return -1;
    return this.#host.negotiated(NetFeature.MQ) ? 2 * this.#setup.pairs : 2;
  }

  /** @hot */
  #headerSize(): number {
    return this.#host.negotiated(Feature.VERSION_1) || this.#host.negotiated(NetFeature.MRG_RXBUF) ? Header.LONG : Header.SHORT;
  }

  /** @hot A flow stays on its queue: addresses and ports of IPv4, or what stands there. */
  #choose(frame: Uint8Array): number {
    if (this.#pairs === 1 || frame.length < 38) return 0;
    let hash = 0;
    for (let i = 26; i < 38; i++) hash = (Math.imul(hash, 31) + frame[i]!) | 0;
    return (hash >>> 0) % this.#pairs;
  }

  /** @hot Takes buffers for so many bytes: one, or several that are merged. Returns how many bytes they hold. */
  #collect(queue: Virtqueue, bytes: number): number {
    const most = this.#host.negotiated(NetFeature.MRG_RXBUF) ? MAX_RX_BUFFERS : 1;
    this.#buffers.length = 0;
    let room = 0;
    while (room < bytes && this.#buffers.length < most) {
      const chain = queue.pop();
      if (chain === undefined) break;
      this.#buffers.push(chain);
      room += chain.writable;
    }
    return room;
  }

  /** @hot Gives the buffers back. A frame that could never fit is dropped; else the network may try again. */
  #refuse(queue: Virtqueue): boolean {
    const most = this.#host.negotiated(NetFeature.MRG_RXBUF) ? MAX_RX_BUFFERS : 1;
    let descriptors = 0;
    for (let i = this.#buffers.length - 1; i >= 0; i--) {
      descriptors += this.#buffers[i]!.descriptors;
      queue.unpop(this.#buffers[i]!);
    }
    const hopeless = this.#buffers.length === most || descriptors >= queue.size;
    if (hopeless) this.#setup.log.guestError('a received frame does not fit the buffers of the driver and is dropped');
    this.#starved = !hopeless;
    return hopeless;
  }

  /** @hot What the driver is told of a frame (§5.1.6.4.1). */
  #describe(offload: FrameOffload | undefined): void {
    const view = this.#headerView;
    this.#header.fill(0);
    view.setUint16(Header.num_buffers, this.#buffers.length, true);
    if (offload === undefined) return;
    if ((offload.flags & FrameFlag.NEEDS_CHECKSUM) !== 0) {
      this.#header[Header.flags] = HeaderFlag.NEEDS_CSUM;
      view.setUint16(Header.csum_start, offload.checksumStart, true);
      view.setUint16(Header.csum_offset, offload.checksumOffset, true);
    } else if ((offload.flags & FrameFlag.CHECKED) !== 0 && (this.#offloads & NetOffload.CHECKSUM) !== 0) {
      this.#header[Header.flags] = HeaderFlag.DATA_VALID;
    }
    if (offload.segmentation === Segmentation.NONE) return;
    this.#header[Header.gso_type] = offload.segmentation;
    view.setUint16(Header.gso_size, offload.segmentBytes, true);
    view.setUint16(Header.hdr_len, offload.headerBytes, true);
  }

  /** @hot */
  #deliver(queue: Virtqueue, header: number, frame: Uint8Array, offload: FrameOffload | undefined): void {
    this.#describe(offload);
    let done = 0;
    for (let i = 0; i < this.#buffers.length; i++) {
      const chain = this.#buffers[i]!;
      const before = i === 0 ? header : 0;
      if (chain.writable < before) {
        this.#host.fail('a receive buffer has no room for its header');
        return;
      }
      const step = Math.min(chain.writable - before, frame.length - done);
      if (before > 0 && !chain.write(0, this.#header, 0, before)) return;
      if (step > 0 && !chain.write(before, frame, done, step)) return;
      done += step;
      queue.push(chain, before + step);
    }
    this.#flushLater();
  }

  /** Frames that arrive in one turn share an interrupt. */
  #flushLater(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    void Promise.resolve().then(this.#flush);
  }

  #flushReceived(): void {
    this.#flushing = false;
    for (let pair = 0; pair < this.#setup.pairs; pair++) this.#host.queues[2 * pair]!.flush();
  }

  #control(queue: Virtqueue): void {
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      if (chain.writable < 1) {
        this.#host.fail('a control command has no room for its answer');
        return;
      }
      this.#answer[0] = controlCommand(chain, this);
      if (!chain.write(0, this.#answer, 0, 1)) return;
      queue.push(chain, 1);
    }
    queue.flush();
  }
}

