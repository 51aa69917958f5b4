import { token } from '../di/token.ts';

/** What a network card is plugged into. Frames are Ethernet, without preamble and FCS, 14 … `mtu` + 18 bytes. */
export interface NetBackend {
  /** Largest payload in bytes. */
  readonly mtu: number;
  /**
   * The card sends. The frame's bytes are the caller's again when it returns. False: no room, and `onDrained` will
   * be called; nothing was taken.
   */
  send(frame: Uint8Array): boolean;
  attach(card: NetCard): void;
  detach(): void;
}

/** The card's side: what the network calls. */
export interface NetCard {
  /** False: the card has no buffer; the network keeps the frame or drops it by its own rule. */
  receive(frame: Uint8Array): boolean;
  onDrained(): void;
}

export const NetBackendToken = token<NetBackend>('core/NetBackend');
