import { Access, DmaStatus, FRAME_SIZE, type AddressSpace, type Dma, type Host } from '@polyvisor/core';

interface Space extends Pick<AddressSpace, 'translate' | 'lookup'> {
  readonly host: Host;
}

/** A bus master's view of a fake address space. */
export class FakeSpaceDma implements Dma {
  status: DmaStatus = DmaStatus.ok;
  readonly #space: Space;
  readonly #word = new Uint8Array(4);

  constructor(space: Space) {
    this.#space = space;
  }

  read(address: number, into: Uint8Array, at: number, length: number): DmaStatus {
    return this.#each(address, length, Access.read, (host, from, done, step) => {
      into.set(host.bytes.subarray(from, from + step), at + done);
    });
  }
  write(address: number, from: Uint8Array, at: number, length: number): DmaStatus {
    return this.#each(address, length, Access.write, (host, to, done, step) => {
      host.bytes.set(from.subarray(at + done, at + done + step), to);
    });
  }
  load(address: number, size: 1 | 2 | 4): number {
    this.#word.fill(0);
    if (this.read(address, this.#word, 0, size) !== DmaStatus.ok) this.#word.fill(0xff, 0, size);
    return this.#word[0]! | (this.#word[1]! << 8) | (this.#word[2]! << 16) | (this.#word[3]! << 24);
  }
  store(address: number, size: 1 | 2 | 4, value: number): DmaStatus {
    for (let i = 0; i < size; i += 1) this.#word[i] = value >>> (8 * i);
    return this.write(address, this.#word, 0, size);
  }

  #each(
    address: number, length: number, access: number,
    copy: (host: Host, at: number, done: number, step: number) => void,
  ): DmaStatus {
    this.status = DmaStatus.ok;
    let done = 0;
    while (done < length) {
      const here = address + done;
      const step = Math.min(length - done, FRAME_SIZE - (here % FRAME_SIZE));
      const at = this.#space.translate(here, access);
      if (at < 0) {
        const ram = this.#space.lookup(Math.floor(here / FRAME_SIZE)).kind === 'ram';
        return (this.status = ram ? DmaStatus.denied : DmaStatus.noMemory);
      }
      copy(this.#space.host, at, done, step);
      done += step;
    }
    return this.status;
  }
}
