/** What a taker of frames leaves to others, or does itself: bits of `offloads`. */
export const NetOffload = Object.freeze({
  /** Frames whose checksum is not complete (`FrameFlag.NEEDS_CHECKSUM`). */
  CHECKSUM: 1,
  /** TCP frames of up to 64 KiB, over IPv4 and over IPv6, that stand for several segments. */
  TSO4: 2,
  TSO6: 4,
  /** Such frames with the CWR flag: only the first segment has it (RFC 3168, 6.1.2). */
  ECN: 8,
});

/** Bits of `FrameOffload.flags`. */
export const FrameFlag = Object.freeze({
  /** The checksum's field holds the sum of the pseudo header alone; the rest is to be summed from `checksumStart` on. */
  NEEDS_CHECKSUM: 1,
  /** Checksums are complete, and were verified or never left the host. A hint: whoever cannot use it leaves it. */
  CHECKED: 2,
});

/** Values of `FrameOffload.segmentation`; they are those of VIRTIO 1.2, 5.1.6. */
export const Segmentation = Object.freeze({ NONE: 0, TCP4: 1, TCP6: 4, ECN: 0x80 });

/** The largest frame of all: 64 KiB of IP behind an Ethernet header with a VLAN tag. */
export const LARGEST_FRAME = 65535 + 18;

/**
 * How a frame that is not an ordinary one is to be read. Senders keep one object and fill it for each frame: it is valid during
 * the call. Offsets count bytes from the start of the frame.
 */
export class FrameOffload {
  flags = 0;
  /** Other than `NONE`: the frame stands for segments of `segmentBytes` bytes each, and `NEEDS_CHECKSUM` is set. */
  segmentation = 0;
  /** Ethernet, IP and TCP headers together. */
  headerBytes = 0;
  segmentBytes = 0;
  checksumStart = 0;
  /** From `checksumStart` on. */
  checksumOffset = 0;

  /** @hot */
  clear(): void {
    this.flags = 0;
    this.segmentation = 0;
    this.headerBytes = 0;
    this.segmentBytes = 0;
    this.checksumStart = 0;
    this.checksumOffset = 0;
  }

  /** @hot */
  copyFrom(other: FrameOffload): void {
    this.flags = other.flags;
    this.segmentation = other.segmentation;
    this.headerBytes = other.headerBytes;
    this.segmentBytes = other.segmentBytes;
    this.checksumStart = other.checksumStart;
    this.checksumOffset = other.checksumOffset;
  }

  /** @hot Moves what lies behind the Ethernet header: a VLAN tag was put in or taken out. */
  shift(bytes: number): void {
    if (this.segmentation !== Segmentation.NONE) this.headerBytes += bytes;
    if ((this.flags & FrameFlag.NEEDS_CHECKSUM) !== 0) this.checksumStart += bytes;
  }
}

/** @hot Whether who takes the frames of `offloads` takes this one as it is. */
export function takesOffload(offload: FrameOffload | undefined, offloads: number): boolean {
  if (offload === undefined) return true;
  let needed = (offload.flags & FrameFlag.NEEDS_CHECKSUM) !== 0 ? NetOffload.CHECKSUM : 0;
  if (offload.segmentation !== Segmentation.NONE) {
    needed |= (offload.segmentation & ~Segmentation.ECN) === Segmentation.TCP4 ? NetOffload.TSO4 : NetOffload.TSO6;
    if ((offload.segmentation & Segmentation.ECN) !== 0) needed |= NetOffload.ECN;
  }
  return (needed & ~offloads) === 0;
}
