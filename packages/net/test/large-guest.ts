import { FrameFlag, FrameOffload, NetOffload, Segmentation, SoftwareOffload, takesOffload, type NetBackend, type NetCard } from '@polyvisor/core';
import { Guest, type GuestOptions } from './guest.ts';

/** What of a frame a card has seen. */
export interface Seen {
  readonly length: number;
  readonly segmentation: number;
  readonly needsChecksum: boolean;
}

/** Says of a TCP frame of a guest that it stands for segments of `size` bytes, and spoils its checksum, which nobody may read. */
export function describe(frame: Uint8Array, size: number): FrameOffload | undefined {
  const six = frame[12] === 0x86 && frame[13] === 0xdd;
  const tcp = six ? 54 : 34;
  if (!six && (frame[12] !== 8 || frame[13] !== 0 || frame[23] !== 6)) return undefined;
  const headerBytes = tcp + (frame[tcp + 12]! >> 4) * 4;
  const offload = new FrameOffload();
  offload.flags = FrameFlag.NEEDS_CHECKSUM;
  offload.checksumStart = tcp;
  offload.checksumOffset = 16;
  if (frame.length - headerBytes > size) {
    offload.segmentation = six ? Segmentation.TCP6 : Segmentation.TCP4;
    offload.headerBytes = headerBytes;
    offload.segmentBytes = size;
  }
  return offload;
}

/**
 * A guest behind a card with offloads: what it takes beside ordinary frames is cut up and completed before the guest sees it, as a
 * kernel does; what it sends is large and unchecked when the network takes that.
 */
export class LargeGuest extends Guest {
  offloads: number;
  readonly seen: Seen[] = [];
  /** Frames that came with what was not agreed on. */
  wrong = 0;
  /** So many frames find a buffer. */
  buffers = Infinity;
  readonly #software = new SoftwareOffload();

  constructor(net: NetBackend, offloads: number, options: GuestOptions) {
    const sending: NetBackend = {
      mtu: net.mtu,
      send: (frame) => {
        const offload = describe(frame, 1000);
        const takes = (net.offloads ?? 0) & (NetOffload.CHECKSUM | NetOffload.TSO4 | NetOffload.TSO6);
        if (offload === undefined || takes === 0) return net.send(frame);
        const spoilt = frame.slice();
        spoilt.fill(0xbd, offload.checksumStart + 16, offload.checksumStart + 18);
        return net.send(spoilt, offload);
      },
      attach: (card: NetCard) => net.attach(card),
      detach: () => net.detach(),
    };
    super(sending, options);
    this.offloads = offloads;
  }

  override receive(frame: Uint8Array, offload?: FrameOffload): boolean {
    if (this.buffers <= 0) return false;
    this.buffers -= 1;
    this.seen.push({ length: frame.length, segmentation: offload?.segmentation ?? 0, needsChecksum: ((offload?.flags ?? 0) & FrameFlag.NEEDS_CHECKSUM) !== 0 });
    if (offload === undefined) return super.receive(frame);
    if (!takesOffload(offload, this.offloads)) this.wrong += 1;
    const count = this.#software.begin(frame, offload);
    if (count === 0) this.wrong += 1;
    for (let i = 0; i < count; i += 1) super.receive(this.#software.make(frame, i));
    return true;
  }
}
