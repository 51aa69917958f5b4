import { FrameOffload, type NetBackend, type NetCard } from '@polyvisor/core';
import { found, type Finding, type Outcome } from '../report.ts';
import type { NetSubject, OpenedNet } from './options.ts';

export interface Received {
  readonly frame: Uint8Array;
  readonly offload: FrameOffload | undefined;
}

/** A card that keeps what it gets. */
export class TestCard implements NetCard {
  offloads = 0;
  /** Whether it has a buffer. */
  room = true;
  readonly received: Received[] = [];
  refused = 0;
  drained = 0;

  receive(frame: Uint8Array, offload?: FrameOffload): boolean {
    if (!this.room) {
      this.refused += 1;
      return false;
    }
    this.received.push({ frame: Uint8Array.from(frame), offload: offload && Object.assign(new FrameOffload(), offload) });
    return true;
  }
  onDrained(): void {
    this.drained += 1;
  }
}

export interface NetRig extends OpenedNet {
  readonly patience: number;
  readonly card: TestCard;
  readonly farCard: TestCard;
}

/** Lets a turn of everybody pass. */
export async function breathe({ settle }: OpenedNet): Promise<void> {
  await settle?.();
  await new Promise<void>((resolve) => setTimeout(resolve, 1));
}

/** Waits until it holds, as long as it is worth while. */
export async function soon(net: NetRig, holds: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < net.patience && !holds(); tries += 1) await breathe(net);
  return holds();
}

/** Long enough for what is on its way to arrive. */
export async function quiet(net: OpenedNet): Promise<void> {
  for (let i = 0; i < 20; i += 1) await breathe(net);
}

/** Sends as a card does: a frame that was refused is sent again when there is room. */
export async function sendAll(net: NetRig, by: NetBackend, card: TestCard, frames: readonly Uint8Array[]): Promise<Finding[]> {
  for (const frame of frames) {
    for (;;) {
      const drained = card.drained;
      if (by.send(frame)) break;
      if (!await soon(net, () => card.drained > drained)) return [found('it refused a frame, and never called onDrained')];
    }
  }
  return [];
}

/** Runs a check with a new network, and cards at its ends. */
export async function withNet(subject: NetSubject, use: (rig: NetRig) => Promise<Outcome>): Promise<Outcome> {
  const net = await subject.options.open();
  const rig = { ...net, patience: subject.patience, card: new TestCard(), farCard: new TestCard() };
  try {
    rig.near.attach(rig.card);
    rig.far?.attach(rig.farCard);
    return await use(rig);
  } finally {
    await net.close?.();
  }
}

/** The same for checks that need both ends. */
export function withBothEnds(subject: NetSubject, use: (rig: NetRig & { readonly far: NetBackend }) => Promise<Outcome>): Promise<Outcome> {
  return withNet(subject, (rig) => {
    const { far } = rig;
    return far === undefined ? Promise.resolve({ skipped: 'this network has no second end' }) : use({ ...rig, far });
  });
}
