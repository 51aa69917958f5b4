/** The console device (VIRTIO 1.2 §5.3). Names are spelt as there, without VIRTIO_CONSOLE_. */

export const ConsoleFeature = { SIZE: 0, MULTIPORT: 1, EMERG_WRITE: 2 } as const;
/** struct virtio_console_config (§5.3.4). */
export const Offset = { cols: 0, rows: 2, max_nr_ports: 4, emerg_wr: 8, END: 12 } as const;
/** Queues (§5.3.2): port 0, control, then the other ports. */
export const Queue = { RX0: 0, TX0: 1, CONTROL_RX: 2, CONTROL_TX: 3, RX1: 4 } as const;
/** struct virtio_console_control (§5.3.6.2): id (4), event (2), value (2). */
export const CONTROL_SIZE = 8;
export const Event = {
  DEVICE_READY: 0, DEVICE_ADD: 1, DEVICE_REMOVE: 2, PORT_READY: 3, CONSOLE_PORT: 4, RESIZE: 5, PORT_OPEN: 6, PORT_NAME: 7,
} as const;
/** One buffer of output; Linux sends pages. */
export const MAX_OUTPUT = 2 ** 20;
/** Control messages that wait for a buffer; a driver that asks and never takes loses the rest. */
export const MAX_MESSAGES = 256;
