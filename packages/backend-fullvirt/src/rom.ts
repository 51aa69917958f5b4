import { Access, FRAME_SIZE, RIGHTS_RAM, RIGHTS_ROM, type AddressSpace, type Dma, type Vcpu, type VmExit } from '@polyvisor/core';

const BELOW_4G = 2 ** 32;
/** The part that a PC shows below 1 MiB as well, where real mode begins. */
const SHADOW = 0x2_0000;
const SHADOW_END = 0x10_0000;

/** A BIOS or UEFI image: ends at 4 GiB, where the reset vector is; its last 128 KiB also end at 1 MiB, in RAM. */
export class Rom {
  readonly #space: AddressSpace;
  readonly #memory: Dma;
  readonly #page = new Uint8Array(FRAME_SIZE);

  constructor(space: AddressSpace, memory: Dma) {
    this.#space = space;
    this.#memory = memory;
  }

  /** At power-on and after each reset. `image` is whole frames. */
  load(image: Uint8Array): void {
    const start = BELOW_4G - image.length;
    const gfn = start / FRAME_SIZE;
    const count = image.length / FRAME_SIZE;
    if (this.#space.lookup(gfn).kind !== 'ram') {
      // What was looked at before it was there answers no longer.
      this.#space.unmap(gfn, count);
      this.#space.populate(gfn, count, RIGHTS_RAM);
    } else this.#space.protect(gfn, count, RIGHTS_RAM);
    this.#memory.write(start, image, 0, image.length);
    this.#space.protect(gfn, count, RIGHTS_ROM);
    const shadow = Math.min(SHADOW, image.length);
    this.#memory.write(SHADOW_END - shadow, image, image.length - shadow, shadow);
  }

  /** Whether a write to this frame is one that a ROM ignores. */
  covers(gfn: number): boolean {
    const page = this.#space.lookup(gfn);
    return page.kind === 'ram' && page.rights === RIGHTS_ROM && !page.copyOnWrite && gfn < BELOW_4G / FRAME_SIZE;
  }

  /** Lets one instruction write, and takes back what it wrote; what else came of it. */
  ignoreWrite(vcpu: Vcpu, gfn: number): VmExit {
    const at = gfn * FRAME_SIZE;
    this.#memory.read(at, this.#page, 0, FRAME_SIZE);
    this.#space.protect(gfn, 1, RIGHTS_RAM);
    try {
      return vcpu.run(1);
    } finally {
      this.#memory.write(at, this.#page, 0, FRAME_SIZE);
      this.#space.protect(gfn, 1, Access.read | Access.execute);
    }
  }
}
