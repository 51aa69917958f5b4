import { token } from '@polyvisor/core';

/** The host's end of a connection, as the device calls it. */
export interface VsockStream {
  /** Bytes from the guest; they are the device's again when it returns. */
  write(bytes: Uint8Array): void;
  /** The guest sends no more. */
  end(): void;
  /** After `data` gave false: the guest takes more. */
  resume(): void;
  /** The connection is gone. */
  destroy(): void;
}

/** The guest's end of a connection, as the host calls it. */
export interface VsockPeer {
  /** The host accepts what the guest asked for. */
  opened(): void;
  /** Bytes for the guest, which are copied. False: taken, but no more before `resume`. */
  data(bytes: Uint8Array): boolean;
  /** So many bytes of `write` were passed on: the guest may send as many again. */
  consumed(bytes: number): void;
  /** The host sends no more. */
  ended(): void;
  /** The connection is gone, or was never accepted. */
  closed(): void;
}

/** The guest, as the host calls it. */
export interface VsockGuest {
  /** Connects to a port of the guest: `stream.resume` says that it was accepted, `stream.destroy` that it was not. */
  connect(port: number, stream: VsockStream): VsockPeer | undefined;
}

/** What is at the other side of a guest's sockets. */
export interface VsockHost {
  attach(guest: VsockGuest): void;
  detach(): void;
  /** The guest connects to a port of the host; `undefined` refuses. `peer.opened` accepts, later. */
  connect(port: number, peer: VsockPeer): VsockStream | undefined;
}
export const VsockHostToken = token<VsockHost>('devices-virtio/VsockHost');
