/** The socket device (VIRTIO 1.2 §5.10). Names are spelt as there, without VIRTIO_VSOCK_. */

export const Queue = { RX: 0, TX: 1, EVENT: 2 } as const;
export const HOST_CID = 2;
/** struct virtio_vsock_hdr (§5.10.6). */
export const Header = {
  src_cid: 0, dst_cid: 8, src_port: 16, dst_port: 20, len: 24, type: 28, op: 30, flags: 32, buf_alloc: 36, fwd_cnt: 40, SIZE: 44,
} as const;
export const Type = { STREAM: 1 } as const;
export const Op = { REQUEST: 1, RESPONSE: 2, RST: 3, SHUTDOWN: 4, RW: 5, CREDIT_UPDATE: 6, CREDIT_REQUEST: 7 } as const;
export const ShutdownFlag = { RECEIVE: 1, SEND: 2, BOTH: 3 } as const;
/** An event: TRANSPORT_RESET (§5.10.6.7). */
export const EVENT_SIZE = 4;

/** Bytes that one connection may have on their way to the host, which is what the guest is told. */
export const BUFFER = 256 * 1024;
/** Bytes from the host that one connection keeps for the guest before it says stop. */
export const MAX_PENDING = 256 * 1024;
/** Connections at a time; further ones are refused. */
export const MAX_CONNECTIONS = 1024;
/** Answers without a connection that wait for a buffer; then the guest's packets have to wait. */
export const MAX_REPLIES = 256;
/** Data of one packet; Linux sends 64 KiB. */
export const MAX_PACKET = 65536;
