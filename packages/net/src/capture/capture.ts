import { FrameFlag, completeChecksum, type FrameOffload, type NetBackend, type NetCard } from '@polyvisor/core';
import { platformScheduler, type Scheduler } from '../time/scheduler.ts';
import { PcapWriter, type CaptureSink } from './pcap.ts';

export interface CaptureOptions {
  readonly scheduler?: Scheduler;
  /** Added to the scheduler's time: the epoch's ns at its zero. Without it a capture begins in 1970. */
  readonly epoch?: number;
  /** Bytes of each frame that are kept. */
  readonly most?: number;
}

/**
 * A network that is `backend`, and writes what passes in both directions to `sink` as a pcap file. A frame is written
 * once, when it was taken. Where both sides take large frames, the file has them as they passed, with their checksums completed
 * as if they were one segment, as captures of a Linux host have them; the card sees them as they are.
 */
export function capture(backend: NetBackend, sink: CaptureSink, options: CaptureOptions = {}): NetBackend {
  const scheduler = options.scheduler ?? platformScheduler();
  const { epoch = 0 } = options;
  const pcap = new PcapWriter(sink, options.most);
  // An answer comes inside of the call that asks; what asked stands before it in the file.
  interface Passing {
    readonly frame: Uint8Array;
    readonly offload: FrameOffload | undefined;
  }
  const open: Passing[] = [];
  const write = ({ frame, offload }: Passing): void => pcap.frame(whole(frame, offload), epoch + scheduler.now());
  const writeOpen = (): void => {
    for (const one of open) write(one);
    open.length = 0;
  };
  const pass = (frame: Uint8Array, offload: FrameOffload | undefined, to: (frame: Uint8Array, offload?: FrameOffload) => boolean): boolean => {
    writeOpen();
    const one = { frame, offload };
    open.push(one);
    const taken = to(frame, offload);
    if (open.at(-1) === one) {
      open.pop();
      if (taken) write(one);
    }
    return taken;
  };
  const toNetwork = (frame: Uint8Array, offload?: FrameOffload): boolean => backend.send(frame, offload);
  const seen: NetBackend = {
    mtu: backend.mtu,
    get offloads() { return backend.offloads ?? 0; },
    send: (frame, offload) => pass(frame, offload, toNetwork),
    attach(card: NetCard) {
      const toCard = (frame: Uint8Array, offload?: FrameOffload): boolean => card.receive(frame, offload);
      backend.attach({
        get offloads() { return card.offloads ?? 0; },
        receive: (frame, offload) => pass(frame, offload, toCard),
        onDrained: () => card.onDrained(),
      });
    },
    detach: () => backend.detach(),
    receiveReady: () => backend.receiveReady?.(),
  };
  // A card asks whether there is something to listen to.
  if ('onLink' in backend) {
    Object.defineProperties(seen, {
      linkUp: { get: () => backend.linkUp ?? true },
      onLink: { get: () => backend.onLink, set: (listener: ((up: boolean) => void) | undefined) => { backend.onLink = listener; } },
    });
  }
  return seen;
}

/** The frame with its checksum: a copy, where the one that passes has none. */
function whole(frame: Uint8Array, offload: FrameOffload | undefined): Uint8Array {
  if (offload === undefined || (offload.flags & FrameFlag.NEEDS_CHECKSUM) === 0) return frame;
  const copy = frame.slice();
  if (offload.checksumStart + offload.checksumOffset + 2 <= copy.length) completeChecksum(copy, copy.length, offload.checksumStart, offload.checksumOffset);
  return copy;
}
