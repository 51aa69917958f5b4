import type { NetBackend } from '@polyvisor/core';

/** What a network can do beyond frames; each part is optional, and a card asks whether it is there. */
export interface ExtendedNetBackend extends NetBackend {
  /**
   * `sendUnchecked`: TCP and UDP checksums of frames that the card sends need not be filled in (a switch inside the same host
   * may skip them). `receiveChecked`: frames that the card is given were checked, or never left the host.
   */
  readonly offloads?: { readonly sendUnchecked?: boolean; readonly receiveChecked?: boolean };
  /** The card refused a frame, and has room again. */
  onReady?(): void;
  /** Whether the cable is plugged in; true without it. */
  readonly linkUp?: boolean;
  /** Called after `linkUp` changed. One listener: the card. */
  onLink?: ((up: boolean) => void) | undefined;
}
