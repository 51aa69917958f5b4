import { SoftwareOffload, takesOffload, type FrameOffload, type NetCard } from '@polyvisor/core';

/**
 * Gives frames to a card: as they are when it takes them so, else in ordinary frames made in software. A frame of which some
 * segments were taken is given again from the next one on.
 */
export class CardDelivery {
  readonly #software = new SoftwareOffload();
  #done = 0;

  /** False: the card refused the frame, or what is left of it. */
  give(card: NetCard, frame: Uint8Array, offload: FrameOffload | undefined): boolean {
    if (offload === undefined) return card.receive(frame);
    if (this.#done === 0 && takesOffload(offload, card.offloads ?? 0)) return card.receive(frame, offload);
    // One that cannot be cut makes no frames: it is lost.
    const count = this.#software.begin(frame, offload);
    for (; this.#done < count; this.#done += 1) if (!card.receive(this.#software.make(frame, this.#done))) return false;
    this.#done = 0;
    return true;
  }

  /** The frame that was begun is given up. */
  forget(): void {
    this.#done = 0;
  }
}
