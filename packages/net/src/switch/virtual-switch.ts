import { FrameOffload, LARGEST_FRAME, NetOffload, Segmentation, type NetBackend, type NetCard } from '@polyvisor/core';
import { netErrors, refuse } from '../errors.ts';
import { SECOND, platformScheduler, type Scheduler } from '../time/scheduler.ts';
import { QueuedTimer, TimerQueue } from '../time/timer-queue.ts';
import { CardDelivery } from '../wire/delivery.ts';
import { FrameRing } from '../wire/frame-ring.ts';
import { MacTable } from './mac-table.ts';

/**
 * How a port treats VLANs (IEEE 802.1Q): an access port belongs to one and its card sees no tags; a trunk carries
 * tagged frames of the VLANs named (all when none is), and untagged ones as those of `native`.
 */
export type PortVlan =
  | { readonly mode: 'access'; readonly vlan: number }
  | { readonly mode: 'trunk'; readonly vlans?: readonly number[]; readonly native?: number };

export interface PortOptions {
  readonly name?: string;
  readonly vlan?: PortVlan;
}

export interface SwitchOptions {
  readonly mtu?: number;
  readonly scheduler?: Scheduler;
  /** Addresses that are remembered (1,024). */
  readonly addresses?: number;
  /** Seconds until a silent address is forgotten (300; IEEE 802.1Q, 8.8.3). */
  readonly ageing?: number;
  /** Bytes that wait for one card (256 KiB). */
  readonly queue?: number;
  /** A hub: every frame goes to every port. */
  readonly hub?: boolean;
}

export interface PortStatistics {
  readonly name: string;
  /** Frames from and to the card. */
  readonly received: number;
  readonly receivedBytes: number;
  readonly sent: number;
  readonly sentBytes: number;
  /** Frames of VLANs that are not the port's, malformed ones, and flooded ones that found no room. */
  readonly dropped: number;
}

/** A port of a switch: a network for one card. */
export interface SwitchPort extends NetBackend {
  readonly name: string;
  readonly statistics: PortStatistics;
  /** The card has buffers again. */
  receiveReady(): void;
  /** Takes the port out of the switch. */
  remove(): void;
}

const TAG = 0x8100;
const NO_VLAN = 1;
const WAITING_FRAMES = 512;
const RETRY = 1e6;

class Port implements SwitchPort {
  readonly name: string;
  readonly index: number;
  readonly vlan: PortVlan;
  readonly mtu: number;
  /** All: what a card behind another port does not take is done here. */
  readonly offloads = NetOffload.CHECKSUM | NetOffload.TSO4 | NetOffload.TSO6 | NetOffload.ECN;
  card: NetCard | undefined = undefined;
  received = 0;
  receivedBytes = 0;
  sent = 0;
  sentBytes = 0;
  dropped = 0;
  /** Ports whose cards were refused because this one was full. */
  readonly refused = new Set<Port>();
  readonly waiting: FrameRing;
  delivering = false;
  readonly #delivery = new CardDelivery();
  readonly #owner: VirtualSwitch;
  readonly #timers: TimerQueue;
  readonly #retry = new QueuedTimer(() => this.receiveReady());

  constructor(owner: VirtualSwitch, index: number, options: PortOptions, mtu: number, queue: number, timers: TimerQueue) {
    this.#owner = owner;
    this.index = index;
    this.name = options.name ?? `port${index}`;
    this.vlan = options.vlan ?? { mode: 'access', vlan: NO_VLAN };
    this.mtu = mtu;
    this.waiting = new FrameRing(queue, WAITING_FRAMES);
    this.#timers = timers;
  }

  get statistics(): PortStatistics {
    const { name, received, receivedBytes, sent, sentBytes, dropped } = this;
    return { name, received, receivedBytes, sent, sentBytes, dropped };
  }

  send(frame: Uint8Array, offload?: FrameOffload): boolean {
    return this.#owner.forward(this, frame, offload);
  }
  attach(card: NetCard): void {
    if (this.card !== undefined) throw refuse(netErrors['already-attached']('', { network: this.name }));
    this.card = card;
  }
  detach(): void {
    this.card = undefined;
    this.waiting.clear();
    this.#delivery.forget();
    this.#timers.cancel(this.#retry);
    this.#tellRefused();
  }
  remove(): void {
    this.detach();
    this.#owner.removePort(this);
  }

  /** Gives the card a frame, or keeps a copy. False: no room. */
  deliver(frame: Uint8Array, offload: FrameOffload | undefined): boolean {
    if (this.card === undefined) return true;
    if (!this.delivering && this.waiting.count === 0 && this.#give(frame, offload)) {
      // What came from inside of `receive` waited.
      this.receiveReady();
      return true;
    }
    if (!this.waiting.push(frame, offload)) {
      if (this.waiting.count === 0) this.#delivery.forget();
      return false;
    }
    if (!this.delivering && !this.#retry.armed) this.#timers.after(this.#retry, RETRY);
    return true;
  }

  receiveReady(): void {
    if (this.delivering || this.card === undefined) return;
    for (let frame = this.waiting.peek(); frame !== undefined; frame = this.waiting.peek()) {
      if (!this.#give(frame, this.waiting.peekOffload())) {
        if (!this.#retry.armed) this.#timers.after(this.#retry, RETRY);
        break;
      }
      this.waiting.shift();
    }
    if (this.waiting.count < WAITING_FRAMES / 2) this.#tellRefused();
  }

  #give(frame: Uint8Array, offload: FrameOffload | undefined): boolean {
    this.delivering = true;
    const taken = this.card === undefined || this.#delivery.give(this.card, frame, offload);
    this.delivering = false;
    if (taken) {
      this.sent += 1;
      this.sentBytes += frame.length;
    }
    return taken;
  }

  #tellRefused(): void {
    if (this.refused.size === 0) return;
    const all = [...this.refused];
    this.refused.clear();
    for (const port of all) port.card?.onDrained();
  }
}

/**
 * An Ethernet switch. It learns where addresses are, floods what it does not know, and keeps VLANs apart. A card that
 * sends to a full port is refused and told when there is room; a flooded frame is dropped at full ports only.
 */
export class VirtualSwitch {
  readonly mtu: number;
  readonly #timers: TimerQueue;
  readonly #queue: number;
  readonly #hub: boolean;
  readonly #macs: MacTable;
  readonly #ports = new Set<Port>();
  readonly #byIndex = new Map<number, Port>();
  /** Where tags are put in and taken out; made when a trunk is there. */
  readonly #scratch: Uint8Array[] = [];
  readonly #shifted: FrameOffload[] = [];
  #depth = 0;
  #next = 0;

  constructor(options: SwitchOptions = {}) {
    this.mtu = options.mtu ?? 1500;
    this.#timers = new TimerQueue(options.scheduler ?? platformScheduler());
    this.#queue = options.queue ?? 2 ** 18;
    this.#hub = options.hub ?? false;
    this.#macs = new MacTable(options.addresses ?? 1024, (options.ageing ?? 300) * SECOND);
  }

  /** Adds a port for one card. */
  port(options: PortOptions = {}): SwitchPort {
    const { vlan } = options;
    const ids = vlan === undefined ? [] : vlan.mode === 'access' ? [vlan.vlan] : [...(vlan.vlans ?? []), vlan.native ?? NO_VLAN];
    for (const id of ids) {
      if (!Number.isInteger(id) || id < 1 || id > 4094) throw refuse(netErrors['bad-option']('vlan', { option: 'vlan', value: String(id), expected: '1 … 4094' }));
    }
    const made = new Port(this, this.#next, options, this.mtu, this.#queue, this.#timers);
    this.#next += 1;
    this.#ports.add(made);
    this.#byIndex.set(made.index, made);
    return made;
  }

  get statistics(): { readonly ports: readonly PortStatistics[]; readonly addresses: number } {
    return { ports: [...this.#ports].map((port) => port.statistics), addresses: this.#macs.size };
  }

  close(): void {
    for (const port of [...this.#ports]) port.remove();
    this.#timers.close();
  }

  /** A frame from a port's card. False: the one port that it is for has no room. */
  forward(from: Port, frame: Uint8Array, offload?: FrameOffload): boolean {
    if (!this.#ports.has(from)) return true;
    from.received += 1;
    from.receivedBytes += frame.length;
    // Frames of cards that answer each other inside `receive` nest; a loop of switches would never end.
    if (frame.length < 14 || frame.length > this.#longest(offload) || this.#depth >= 8) return drop(from);
    const tagged = frame[12] === TAG >> 8 && frame[13] === (TAG & 0xff);
    if (tagged && frame.length < 18) return drop(from);
    const tag = tagged ? ((frame[14]! & 15) << 8) | frame[15]! : 0;
    const vlan = vlanOf(from.vlan, tag);
    if (vlan < 0 || (frame[6]! & 1) !== 0) return drop(from);
    const now = this.#timers.now();
    this.#macs.learn((frame[6]! << 8) | frame[7]!, word(frame, 8), vlan, from.index, now);
    const group = (frame[0]! & 1) !== 0;
    const known = group || this.#hub ? -1 : this.#macs.find((frame[0]! << 8) | frame[1]!, word(frame, 2), vlan, now);
    const to = known < 0 ? undefined : this.#byIndex.get(known);
    this.#depth += 1;
    let taken = true;
    if (to === undefined) this.#flood(from, frame, offload, vlan, tagged, known < 0);
    else if (to !== from) {
      taken = this.#deliver(to, frame, offload, vlan, tagged);
      if (!taken) to.refused.add(from);
    }
    this.#depth -= 1;
    return taken;
  }

  removePort(port: Port): void {
    this.#ports.delete(port);
    this.#byIndex.delete(port.index);
    this.#macs.forgetPort(port.index);
    for (const other of this.#ports) other.refused.delete(port);
  }

  /** A large frame's segments have to fit. */
  #longest(offload: FrameOffload | undefined): number {
    const wire = this.mtu + 18;
    if (offload === undefined || offload.segmentation === Segmentation.NONE) return wire;
    return offload.headerBytes + offload.segmentBytes <= wire ? LARGEST_FRAME : 0;
  }

  #flood(from: Port, frame: Uint8Array, offload: FrameOffload | undefined, vlan: number, tagged: boolean, wanted: boolean): void {
    if (!wanted) return;
    for (const port of this.#ports) if (port !== from && !this.#deliver(port, frame, offload, vlan, tagged)) port.dropped += 1;
  }

  #deliver(to: Port, frame: Uint8Array, offload: FrameOffload | undefined, vlan: number, tagged: boolean): boolean {
    if (!carries(to.vlan, vlan)) return true;
    const bare = to.vlan.mode === 'access' || (to.vlan.native ?? NO_VLAN) === vlan;
    if (bare === !tagged) return to.deliver(frame, offload);
    const scratch = this.#room(frame.length + 4);
    const shifted = this.#shift(offload, bare ? -4 : 4);
    scratch.set(frame.subarray(0, 12));
    if (bare) {
      scratch.set(frame.subarray(16), 12);
      return to.deliver(scratch.subarray(0, frame.length - 4), shifted);
    }
    scratch[12] = TAG >> 8;
    scratch[13] = TAG & 0xff;
    scratch[14] = vlan >> 8;
    scratch[15] = vlan & 0xff;
    scratch.set(frame.subarray(12), 16);
    return to.deliver(scratch.subarray(0, frame.length + 4), shifted);
  }

  #room(bytes: number): Uint8Array {
    const made = this.#scratch[this.#depth];
    return made !== undefined && made.length >= bytes ? made : (this.#scratch[this.#depth] = new Uint8Array(Math.max(bytes, this.mtu + 22)));
  }

  /** What lies behind the tag moves with it. */
  #shift(offload: FrameOffload | undefined, bytes: number): FrameOffload | undefined {
    if (offload === undefined) return undefined;
    const shifted = (this.#shifted[this.#depth] ??= new FrameOffload());
    shifted.copyFrom(offload);
    shifted.shift(bytes);
    return shifted;
  }
}

function drop(port: Port): true {
  port.dropped += 1;
  return true;
}

function word(frame: Uint8Array, at: number): number {
  return (frame[at]! << 24) | (frame[at + 1]! << 16) | (frame[at + 2]! << 8) | frame[at + 3]!;
}

/** The VLAN a frame with this tag (0: none, or a priority only) belongs to at this port; −1 when it may not enter. */
function vlanOf(port: PortVlan, tag: number): number {
  if (port.mode === 'access') return tag === 0 || tag === port.vlan ? port.vlan : -1;
  const vlan = tag === 0 ? (port.native ?? NO_VLAN) : tag;
  return vlan < 4095 && carries(port, vlan) ? vlan : -1;
}

function carries(port: PortVlan, vlan: number): boolean {
  if (port.mode === 'access') return port.vlan === vlan;
  return port.vlans === undefined || port.vlans.includes(vlan) || (port.native ?? NO_VLAN) === vlan;
}
