/** What no frame exceeds, whatever a peer says: 64 KiB and the headers of a virtio card's large frames. */
export const LARGEST_FRAME = 65536 + 64;
