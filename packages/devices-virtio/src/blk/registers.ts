/** The block device (VIRTIO 1.2 §5.2). Names are spelt as there, without VIRTIO_BLK_. */

export const SECTOR = 512;

/** Feature bits (§5.2.3). */
export const BlkFeature = {
  SEG_MAX: 2, RO: 5, BLK_SIZE: 6, FLUSH: 9, TOPOLOGY: 10, CONFIG_WCE: 11, MQ: 12, DISCARD: 13, WRITE_ZEROES: 14,
} as const;

/** struct virtio_blk_config (§5.2.4). */
export const Offset = {
  capacity: 0, size_max: 8, seg_max: 12, geometry: 16, blk_size: 20, physical_block_exp: 24, alignment_offset: 25, min_io_size: 26,
  opt_io_size: 28, writeback: 32, num_queues: 34, max_discard_sectors: 36, max_discard_seg: 40, discard_sector_alignment: 44,
  max_write_zeroes_sectors: 48, max_write_zeroes_seg: 52, write_zeroes_may_unmap: 56, END: 60,
} as const;

/** Request types (§5.2.6). */
export const Type = { IN: 0, OUT: 1, FLUSH: 4, GET_ID: 8, DISCARD: 11, WRITE_ZEROES: 13 } as const;
export const BlkStatus = { OK: 0, IOERR: 1, UNSUPP: 2 } as const;

/** struct virtio_blk_req: type, reserved, sector. */
export const HEADER_SIZE = 16;
export const ID_BYTES = 20;
/** struct virtio_blk_discard_write_zeroes: sector (8), number (4), flags (4). */
export const RANGE_SIZE = 16;
export const RangeFlag = { UNMAP: 1 } as const;

/** Data of one request. Linux sends 1280 KiB at most; a request that is longer fails, so that a driver cannot take the host's memory. */
export const MAX_REQUEST = 32 * 2 ** 20;
/** Data of all requests that are under way; further ones wait in their queues. */
export const MAX_IN_FLIGHT = 64 * 2 ** 20;
/** Neighbouring requests become one of up to so many bytes: long enough for a disk, short enough to stay in a cache. */
export const MAX_MERGED = 2 ** 20;
/** 512-byte sectors of one range; QEMU has the same. */
export const MAX_RANGE_SECTORS = (2 ** 31 - SECTOR) / SECTOR;
