import { MmuRig, type RigCpu } from './rig.ts';
import type { MmuSubject } from './options.ts';
import type { WalkRegisters } from './reference-walk.ts';
import { physical } from './world.ts';

/** Pages that a test maps as it likes; `page(n)`. */
export const LINEAR = 0x40_0000_0000n;
/** All frames of RAM, one after another: the guest reaches its own tables here. */
export const WINDOW = LINEAR + 0x20_0000n;
/** One 2 MiB page from the first frame of RAM on. */
export const LARGE = LINEAR + 0x40_0000n;

/** Frames of RAM with tables: top, third, second, the table of the pages, that of the window, and a spare one. */
export const FRAME = { top: 2, third: 3, second: 4, pages: 5, window: 6, spare: 7, otherTop: 8, otherPages: 9, data: 100 } as const;
export const page = (n: number): bigint => LINEAR + BigInt(n) * 4096n;
const FLAGS = 7n;

/** A guest with 4-level tables without faults, at CPL 0. */
export class SoundGuest {
  readonly rig: MmuRig;
  readonly cpu: RigCpu;
  readonly registers: WalkRegisters;

  constructor(subject: MmuSubject, cpus = 1) {
    this.rig = new MmuRig(subject, cpus);
    this.cpu = this.rig.cpu;
    this.registers = {
      cr0: 0x8001_0001n, cr3: this.address(FRAME.top), cr4: 0xa0n, efer: 0xd00n, rflags: 2n, cpl: 0, pkru: 0, pkrs: 0, pdptes: [0n, 0n, 0n, 0n],
    };
    const { rig } = this;
    for (let i = 0; i < 16; i++) rig.host.bytes.fill(0, rig.ramAt(i), rig.ramAt(i) + 4096);
    this.write(FRAME.top, 0, this.address(FRAME.third) | FLAGS);
    this.write(FRAME.third, 256, this.address(FRAME.second) | FLAGS);
    this.write(FRAME.second, 0, this.address(FRAME.pages) | FLAGS);
    this.write(FRAME.second, 1, this.address(FRAME.window) | FLAGS);
    this.write(FRAME.second, 2, this.address(0) | 0x80n | FLAGS);
    for (let i = 0; i < 500; i++) this.write(FRAME.window, i, this.address(i) | FLAGS);
    for (const cpu of rig.cpus) cpu.load(this.registers);
  }

  address(frame: number): bigint {
    return physical(this.rig.places.ram(frame));
  }
  /** Writes an entry past the MMU, as before the guest began or as a bus master. */
  write(frame: number, index: number, entry: bigint): void {
    this.rig.put(frame, index * 8, entry);
  }
  read(frame: number, index: number): bigint {
    return this.rig.get(frame, index * 8);
  }
  /** Writes an entry as the guest's kernel does, through its window. Says what went wrong, if anything did. */
  store(frame: number, index: number, entry: bigint, cpu = this.cpu): string | undefined {
    const stood = cpu.store(WINDOW + BigInt(frame * 4096 + index * 8), entry);
    return stood === undefined ? undefined : `the guest cannot write to its own table: ${stood.kind}`;
  }
  /** Maps page `n` to a frame of RAM, past the MMU. */
  map(n: number, frame: number, flags = FLAGS): void {
    this.write(FRAME.pages, n, this.address(frame) | flags);
  }
  at(frame: number): number {
    return this.rig.ramAt(frame);
  }

  /** Which frame of RAM an access reaches, or what happened instead. */
  reach(linear: bigint, access: number, cpu = this.cpu): string {
    const to = cpu.reach(linear, access);
    if (typeof to !== 'number') return to.kind === 'page-fault' ? `page-fault ${to.errorCode}` : to.kind;
    return this.name(to);
  }
  /** The host address that an access reaches, or what happened instead. */
  place(linear: bigint, access: number): string | number {
    const to = this.cpu.reach(linear, access);
    return typeof to === 'number' ? to : to.kind;
  }
  /** A host address by its frame of RAM. */
  name(host: number): string {
    const i = (host >>> 12) - (this.rig.ramAt(0) >>> 12);
    return i >= 0 && i < 512 ? `frame ${i}` : `host 0x${host.toString(16)}`;
  }
}

/** Runs a test on a fresh guest and takes it away. */
export function withGuest<T>(subject: MmuSubject, cpus: number, test: (guest: SoundGuest) => T): T {
  const guest = new SoundGuest(subject, cpus);
  try {
    return test(guest);
  } finally {
    guest.rig.destroy();
  }
}
