import { Access, RIGHTS_RAM, VcpuState, MMU_BLOCK_END, hostOffset, type AddressSpace, type Host, type HostOffset, type Mmu } from '@polyvisor/core';
import { ShadowMmu } from '../shadow/shadow-mmu.ts';
import { WalkMmu, type WalkExports } from '../walk-mmu.ts';
import type { WalkOptions } from '../walk/options.ts';
import { defaultWalkOptions } from '../walk/options.ts';

/** A 64-bit guest in a Host of its own, which has `POOL` bytes of frames: 4-level tables at 0x1000 … 0x4fff that map 512 pages from `LINEAR` to `GPA` on. */
export const LINEAR = 0x40_0000_0000;
export const GPA = 0x20_0000;
/** A linear page that leads to device memory, and one 2 MiB page. */
export const DEVICE_LINEAR = LINEAR + 0x20_0000;
export const LARGE_LINEAR = LINEAR + 0x40_0000;
export const DEVICE_GPA = 0x1000_0000;
/** Bytes of frames, at the end of the Host's memory. */
export const POOL = 16 * 2 ** 20;

export class LongGuest {
  readonly host: Host;
  readonly space: AddressSpace;
  readonly mmu: Mmu;
  readonly hot: WalkExports;
  readonly at: HostOffset;
  readonly state: VcpuState;

  constructor(host: Host, strategy: WalkOptions['strategy'], small = false) {
    this.host = host;
    this.space = this.host.createAddressSpace({ name: 'guest', format: strategy === 'npt' ? 'npt' : 'ept' });
    this.space.populate(0, 1024, RIGHTS_RAM);
    this.space.mapMmio(DEVICE_GPA / 4096, 1);
    // A first harvest splits the 2 MiB mappings.
    if (small) this.#split();
    const begin = this.host.frames.offset(this.space.lookup(0).mfn);
    const mmuHost = { host: this.host, space: this.space, cpus: 1 };
    this.mmu = strategy === 'shadow' ? new ShadowMmu({ ...defaultWalkOptions, pages: 64 }, mmuHost)
      : new WalkMmu({ strategy, ...defaultWalkOptions }, mmuHost, { gpa: 0, size: 1024 * 4096, host: begin });
    this.at = this.host.reserve(MMU_BLOCK_END, 64, 'state');
    this.mmu.attach(0, hostOffset(this.at));
    this.hot = this.mmu.imports() as unknown as WalkExports;
    this.state = new VcpuState(this.host.memory.buffer, this.at);
    this.state.set('cr0', 0x8001_0001n);
    this.state.set('cr3', 0x1000n);
    this.state.set('cr4', 0xa0n);
    this.state.set('efer', 0xd00n);
    this.write(0x1000, 0x2007n);
    this.write(0x2000 + 8 * 256, 0x3007n);
    this.write(0x3000, 0x4007n);
    this.write(0x3000 + 8, 0x5007n);
    this.write(0x5000, BigInt(DEVICE_GPA) | 7n);
    this.write(0x3000 + 16, BigInt(GPA) | 0x87n);
    for (let i = 0; i < 512; i++) this.write(0x4000 + 8 * i, BigInt(GPA + 4096 * i) | 0x107n);
  }

  #split(): void {
    for (const gfn of [0, 512]) this.space.translate(gfn * 4096, Access.write);
    this.space.harvestDirty(0, 1024, new Int32Array(32));
  }

  write(gpa: number, value: bigint): void {
    this.host.view.setBigUint64(this.space.translate(gpa, Access.read), value, true);
  }
  read(gpa: number): bigint {
    return this.host.view.getBigUint64(this.space.translate(gpa, Access.read), true);
  }
  fill(linear: number, access: number): number {
    return this.hot.fill(this.at, linear >>> 0, Math.floor(linear / 2 ** 32), access);
  }
}
