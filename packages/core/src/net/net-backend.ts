import { token } from '../di/token.ts';
import type { FrameOffload } from './frame-offload.ts';

/**
 * What a network card is plugged into. Frames are Ethernet, without preamble and FCS, 14 … `mtu` + 18 bytes; larger ones, and
 * ones whose checksum is not complete, go only to who takes them (`offloads`). What a card sends beyond these limits is lost.
 * `describeNetBackend` of testkit checks all this.
 */
export interface NetBackend {
  /** Largest payload in bytes. */
  readonly mtu: number;
  /**
   * What frames may come with: bits of `NetOffload`; none when left out. It does not change while a card is attached, except to
   * fewer bits when another card is plugged in behind it.
   */
  readonly offloads?: number;
  /**
   * The card sends. The frame's bytes are the caller's again when it returns, and so is `offload`, which is left out for an
   * ordinary frame. False: no room, and `onDrained` will be called; nothing was taken.
   */
  send(frame: Uint8Array, offload?: FrameOffload): boolean;
  attach(card: NetCard): void;
  detach(): void;
  /** The card refused a frame, and has a buffer again. Who does not hear it tries again by and by. */
  receiveReady?(): void;
  /** Whether the cable is plugged in; true without it. */
  readonly linkUp?: boolean;
  /** Called after `linkUp` changed. One listener: the card. */
  onLink?: ((up: boolean) => void) | undefined;
}

/** The card's side: what the network calls. */
export interface NetCard {
  /** What frames may come with now: bits of `NetOffload`; none when left out. Guests change it, so it is looked at for each frame. */
  readonly offloads?: number;
  /**
   * False: the card has no buffer; the network keeps the frame or drops it by its own rule, and hears of a buffer by
   * `receiveReady`. `offload` is the caller's again when it returns.
   */
  receive(frame: Uint8Array, offload?: FrameOffload): boolean;
  onDrained(): void;
}

export const NetBackendToken = token<NetBackend>('core/NetBackend');
