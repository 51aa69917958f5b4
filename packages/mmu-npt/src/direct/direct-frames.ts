import { type Host, type HostOffset, type Rights } from '@polyvisor/core';
import { DIRECT_MMIO, DIRECT_TABLE } from '../layout.ts';

/** What a guest may do with a machine frame. */
export interface DirectUse {
  /** Bits of `Access`. Frames that hold page tables are not given the right to write. */
  readonly rights: Rights;
  /** Validated as a page table: walks may pass through it, and mark its entries. */
  readonly table?: boolean;
}

/**
 * Which machine frames belong to a guest whose tables hold machine frames. The hypervisor sets it, frame by frame, when
 * it has validated what the guest asks for; walks read it. A byte for each frame of the Host.
 */
export class DirectFrames {
  /** Byte offset of the bytes. */
  readonly offset: HostOffset;
  readonly total: number;
  readonly #host: Host;
  readonly #changed: (mfn: number) => void;

  /** `changed` is called when a frame's rights became narrower. */
  constructor(host: Host, changed: (mfn: number) => void) {
    this.#host = host;
    this.total = host.bytes.length / 4096;
    this.offset = host.reserve(Math.ceil(this.total / 64) * 64, 64, 'direct frames');
    this.#changed = changed;
  }

  /** Replaces what the guest may do with a frame. False where there is no such frame. */
  grant(mfn: number, use: DirectUse): boolean {
    return this.#set(mfn, (use.rights & 7) | (use.table === true ? DIRECT_TABLE : 0));
  }
  /** Accesses to the page go to the MMIO dispatch, with its machine address. */
  grantMmio(mfn: number): boolean {
    return this.#set(mfn, DIRECT_MMIO);
  }
  revoke(mfn: number): boolean {
    return this.#set(mfn, 0);
  }
  /** Undefined for a frame that the guest does not own. */
  use(mfn: number): Required<DirectUse> | undefined {
    const byte = this.#has(mfn) ? this.#host.bytes[this.offset + mfn]! : 0;
    return byte === 0 ? undefined : { rights: byte & 7, table: (byte & DIRECT_TABLE) !== 0 };
  }

  release(): void {
    this.#host.release(this.offset);
  }

  #has(mfn: number): boolean {
    return Number.isInteger(mfn) && mfn >= 0 && mfn < this.total;
  }
  #set(mfn: number, byte: number): boolean {
    if (!this.#has(mfn)) return false;
    const before = this.#host.bytes[this.offset + mfn]!;
    this.#host.bytes[this.offset + mfn] = byte;
    if ((before & ~byte) !== 0) this.#changed(mfn);
    return true;
  }
}
