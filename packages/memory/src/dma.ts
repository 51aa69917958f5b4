import { Access, DmaStatus, FRAME_SHIFT, FRAME_SIZE, type AddressSpace, type CodeFrames, type Dma, type Host } from '@polyvisor/core';

const PAGE_MASK = FRAME_SIZE - 1;
/** Below this, a loop is faster than making a view of the range. */
const SHORT = 48;

/** Bus-master access to an address space, page by page. */
export class SpaceDma implements Dma {
  status: DmaStatus = DmaStatus.ok;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #space: AddressSpace;
  readonly #code: CodeFrames;

  constructor(host: Host, space: AddressSpace) {
    this.#bytes = host.bytes;
    this.#view = host.view;
    this.#space = space;
    this.#code = host.code;
  }

  /** @hot */
  read(address: number, into: Uint8Array, at: number, length: number): DmaStatus {
    let done = 0;
    while (done < length) {
      const from = this.#find(address + done, Access.read);
      if (from < 0) return this.status;
      const piece = Math.min(length - done, FRAME_SIZE - (from & PAGE_MASK));
      copy(this.#bytes, from, into, at + done, piece);
      done += piece;
    }
    return (this.status = DmaStatus.ok);
  }

  /** @hot */
  write(address: number, from: Uint8Array, at: number, length: number): DmaStatus {
    let done = 0;
    while (done < length) {
      const to = this.#findToWrite(address + done);
      if (to < 0) return this.status;
      const piece = Math.min(length - done, FRAME_SIZE - (to & PAGE_MASK));
      copy(from, at + done, this.#bytes, to, piece);
      done += piece;
    }
    return (this.status = DmaStatus.ok);
  }

  /** @hot */
  load(address: number, size: 1 | 2 | 4): number {
    const from = this.#find(address, Access.read);
    if (from < 0) return -1;
    if ((from & PAGE_MASK) + size > FRAME_SIZE) return this.#loadAcross(address, size);
    if (size === 4) return this.#view.getInt32(from, true);
    return size === 2 ? this.#view.getUint16(from, true) : this.#bytes[from]!;
  }

  /** @hot */
  store(address: number, size: 1 | 2 | 4, value: number): DmaStatus {
    const to = this.#findToWrite(address);
    if (to < 0) return this.status;
    if ((to & PAGE_MASK) + size > FRAME_SIZE) return this.#storeAcross(address, size, value);
    if (size === 4) this.#view.setInt32(to, value, true);
    else if (size === 2) this.#view.setInt16(to, value, true);
    else this.#bytes[to] = value;
    return DmaStatus.ok;
  }

  /** @hot Both pages are asked first, so that a fault in the second leaves nothing half done. */
  #loadAcross(address: number, size: number): number {
    if (this.#find(address + size - 1, Access.read) < 0) return -1;
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = (value << 8) | this.#bytes[this.#find(address + i, Access.read)]!;
    return value;
  }

  /** @hot */
  #storeAcross(address: number, size: number, value: number): DmaStatus {
    if (this.#findToWrite(address + size - 1) < 0) return this.status;
    for (let i = 0; i < size; i++) this.#bytes[this.#findToWrite(address + i)] = value >> (8 * i);
    return DmaStatus.ok;
  }

  /** @hot A write to a frame that holds code is announced. */
  #findToWrite(address: number): number {
    const at = this.#find(address, Access.write);
    if (at >= 0) this.#code.written(at >>> FRAME_SHIFT);
    return at;
  }

  /** @hot */
  #find(address: number, access: number): number {
    const at = this.#space.translate(address, access);
    if (at >= 0) this.status = DmaStatus.ok;
    else this.status = this.#why(address);
    return at;
  }

  #why(address: number): DmaStatus {
    return this.#space.lookup(Math.floor(address / FRAME_SIZE)).kind === 'ram' ? DmaStatus.denied : DmaStatus.noMemory;
  }
}

/** @hot Whole arrays are copied without a view; a view is made for other long pieces. */
function copy(from: Uint8Array, at: number, to: Uint8Array, target: number, length: number): void {
  if (length < SHORT) for (let i = 0; i < length; i++) to[target + i] = from[at + i]!;
  else if (at === 0 && length === from.length) to.set(from, target);
  else copyLong(from, at, to, target, length);
}

function copyLong(from: Uint8Array, at: number, to: Uint8Array, target: number, length: number): void {
  to.set(from.subarray(at, at + length), target);
}
