/** The network device (VIRTIO 1.2 §5.1). Names are spelt as there, without VIRTIO_NET_. */

/** Feature bits (§5.1.3). */
export const NetFeature = {
  CSUM: 0, GUEST_CSUM: 1, CTRL_GUEST_OFFLOADS: 2, MTU: 3, MAC: 5, GUEST_TSO4: 7, GUEST_TSO6: 8, GUEST_ECN: 9, HOST_TSO4: 11, HOST_TSO6: 12, HOST_ECN: 13, MRG_RXBUF: 15, STATUS: 16, CTRL_VQ: 17, CTRL_RX: 18,
  CTRL_VLAN: 19, CTRL_RX_EXTRA: 20, GUEST_ANNOUNCE: 21, MQ: 22, CTRL_MAC_ADDR: 23,
} as const;

/** struct virtio_net_config (§5.1.4). */
export const Offset = { mac: 0, status: 6, max_virtqueue_pairs: 8, mtu: 10, END: 12 } as const;
export const NetStatus = { LINK_UP: 1, ANNOUNCE: 2 } as const;

/** struct virtio_net_hdr (§5.1.6): the last field is there with MRG_RXBUF or VERSION_1. */
export const Header = { flags: 0, gso_type: 1, hdr_len: 2, gso_size: 4, csum_start: 6, csum_offset: 8, num_buffers: 10, SHORT: 10, LONG: 12 } as const;
export const HeaderFlag = { NEEDS_CSUM: 1, DATA_VALID: 2 } as const;

/** Control commands (§5.1.6.5): class and command. */
export const Control = {
  RX: 0, MAC: 1, VLAN: 2, ANNOUNCE: 3, MQ: 4, GUEST_OFFLOADS: 5,
  RX_PROMISC: 0, RX_ALLMULTI: 1, RX_ALLUNI: 2, RX_NOMULTI: 3, RX_NOUNI: 4, RX_NOBCAST: 5,
  MAC_TABLE_SET: 0, MAC_ADDR_SET: 1, VLAN_ADD: 0, VLAN_DEL: 1, ANNOUNCE_ACK: 0, MQ_VQ_PAIRS_SET: 0, GUEST_OFFLOADS_SET: 0,
  OK: 0, ERR: 1,
} as const;

/** Filter entries beyond which everything passes; QEMU has as many. */
export const MAC_TABLE_ENTRIES = 64;
/** The smallest that has an Ethernet header. */
export const MIN_FRAME = 14;
/** Buffers that one received frame may take. */
export const MAX_RX_BUFFERS = 64;
