import type { NetBackend, NetCard } from '@polyvisor/core';
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
 * once, when it was taken.
 */
export function capture(backend: NetBackend, sink: CaptureSink, options: CaptureOptions = {}): NetBackend {
  const scheduler = options.scheduler ?? platformScheduler();
  const { epoch = 0 } = options;
  const pcap = new PcapWriter(sink, options.most);
  // An answer comes inside of the call that asks; what asked stands before it in the file.
  const open: Uint8Array[] = [];
  const writeOpen = (): void => {
    for (const frame of open) pcap.frame(frame, epoch + scheduler.now());
    open.length = 0;
  };
  const pass = (frame: Uint8Array, to: (frame: Uint8Array) => boolean): boolean => {
    writeOpen();
    open.push(frame);
    const taken = to(frame);
    if (open.at(-1) === frame) {
      open.pop();
      if (taken) pcap.frame(frame, epoch + scheduler.now());
    }
    return taken;
  };
  return {
    mtu: backend.mtu,
    send: (frame) => pass(frame, (x) => backend.send(x)),
    attach(card: NetCard) {
      backend.attach({ receive: (frame) => pass(frame, (x) => card.receive(x)), onDrained: () => card.onDrained() });
    },
    detach: () => backend.detach(),
  };
}
