import { z } from 'zod';

const flag = z.boolean().default(true);
const queueSize = z.int().min(64).max(1024).refine((value) => (value & (value - 1)) === 0, 'must be a power of two').default(256);

/** Named like QEMU's properties of virtio-net-pci. */
export const netOptions = {
  mac: z.string().regex(/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i, 'must be six pairs of hexadecimal digits, and no group address').default('52:54:00:12:34:56'),
  rx_queue_size: queueSize,
  tx_queue_size: queueSize,
  /** Pairs of receive and transmit queues; more than one is multiqueue. */
  queues: z.int().min(1).max(8).default(1),
  csum: flag,
  guest_csum: flag,
  guest_tso4: flag,
  guest_tso6: flag,
  guest_ecn: flag,
  host_tso4: flag,
  host_tso6: flag,
  host_ecn: flag,
  mrg_rxbuf: flag,
  status: flag,
  ctrl_vq: flag,
  ctrl_rx: flag,
  ctrl_vlan: flag,
  ctrl_rx_extra: flag,
  ctrl_mac_addr: flag,
  ctrl_guest_offloads: flag,
  guest_announce: flag,
};
