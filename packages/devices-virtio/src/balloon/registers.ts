/** The traditional memory balloon (VIRTIO 1.2 §5.5). Names are spelt as there, without VIRTIO_BALLOON_. */

export const BalloonFeature = { STATS_VQ: 1, DEFLATE_ON_OOM: 2, PAGE_POISON: 4, PAGE_REPORTING: 5 } as const;
/** struct virtio_balloon_config (§5.5.4). */
export const Offset = { num_pages: 0, actual: 4, free_page_hint_cmd_id: 8, poison_val: 12, END: 16 } as const;
/** Page frame numbers count 4 KiB, whatever the guest's pages are (§5.5.6). */
export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 4096;
/** Page frame numbers that are read at once. */
export const BATCH = 1024;
/** A tag (2) and a value (8) (§5.5.6.3). */
export const STATISTIC_SIZE = 10;
export const STATISTICS = [
  'swapIn', 'swapOut', 'majorFaults', 'minorFaults', 'freeMemory', 'totalMemory', 'availableMemory', 'diskCaches', 'hugetlbAllocations',
  'hugetlbFailures',
] as const;
