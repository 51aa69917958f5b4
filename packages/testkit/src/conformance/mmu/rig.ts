import {
  Access, FillStatus, MMU_BLOCK_END, MMU_OFFSETS, PolyvisorError, TLB_ENTRIES, TLB_ENTRY_SIZE, TLB_OFFSETS, VcpuState,
  type AddressSpace, type Host, type HostOffset, type Mmu,
} from '@polyvisor/core';
import { testkitErrors } from '../../errors/testkit-errors.ts';
import { guestMemory, RAM_FRAMES, type MmuGuestMemory, type MmuSubject, type OwnMemory } from './options.ts';
import { referenceWalk, type Frame, type WalkMemory, type WalkRegisters, type WalkResult } from './reference-walk.ts';

/** Guest frames beside the RAM, where the address space decides. */
const ROM = 600;
const DEVICE = 700;

export interface Places {
  readonly ram: (i: number) => number;
  readonly rom: number | undefined;
  readonly device: number | undefined;
  /** A frame that is not there, or `undefined` when everything is. */
  readonly absent: number | undefined;
}

interface HotHalf {
  readonly fill: (state: number, low: number, high: number, access: number) => number;
  readonly flushPage: (state: number, low: number, high: number) => void;
  readonly flushCpu: (state: number) => void;
  readonly loadPdptes: (state: number, low: number, high: number) => number;
  readonly resync?: (state: number) => void;
}

/** What `fill` did, in the words of the reference. */
export type FillResult =
  | { readonly kind: 'ok' | 'mmio' | 'code'; readonly gpa: bigint; readonly host: number; readonly shift: number }
  | { readonly kind: 'page-fault'; readonly errorCode: number; readonly linear: bigint }
  | { readonly kind: 'nested-fault'; readonly gpa: bigint }
  | { readonly kind: 'unknown'; readonly status: number };

/** One vCPU, driven as an engine drives it. */
export class RigCpu {
  readonly state: VcpuState;
  readonly at: HostOffset;
  readonly #rig: MmuRig;
  registers!: WalkRegisters;
  /** Tag of the supervisor view; the user view has the next one, the view with AC the one after it. */
  tag = 1;

  constructor(rig: MmuRig, index: number) {
    this.#rig = rig;
    this.at = rig.host.reserve(MMU_BLOCK_END, 64, `vCPU ${index}`);
    this.state = new VcpuState(rig.host.memory.buffer, this.at);
    rig.mmu.attach(index, this.at);
  }

  /** Loads registers without a word to the MMU. */
  set(r: WalkRegisters): void {
    this.registers = r;
    const { state } = this;
    for (const name of ['cr0', 'cr3', 'cr4', 'efer', 'rflags'] as const) state.set(name, r[name]);
    r.pdptes.forEach((value, i) => state.set(`pdpte${i as 0 | 1 | 2 | 3}`, value));
    state.setWord('cpl', r.cpl);
    state.setWord('pkru', r.pkru);
    state.setWord('pkrs', r.pkrs);
    const { view } = this.#rig.host;
    view.setUint32(this.at + MMU_OFFSETS.tagSupervisor, this.tag, true);
    view.setUint32(this.at + MMU_OFFSETS.tagUser, this.tag + 1, true);
    view.setUint32(this.at + MMU_OFFSETS.tagSupervisorAc, this.tag + 2, true);
  }
  /** Loads registers as an engine does when paging changes: nothing that was known counts any more. */
  load(r: WalkRegisters): void {
    this.set(r);
    this.forget();
  }
  /** A load of CR3 that flushes. */
  forget(): void {
    this.#rig.hot.resync?.(this.at);
    this.#rig.hot.flushCpu(this.at);
  }
  invalidatePage(linear: bigint): void {
    this.#rig.hot.flushPage(this.at, low(linear), high(linear));
  }

  fill(linear: bigint, access: number): FillResult {
    const { view } = this.#rig.host;
    const status = this.#rig.hot.fill(this.at, low(linear), high(linear), access);
    const quad = (name: keyof typeof MMU_OFFSETS): bigint => view.getBigUint64(this.at + MMU_OFFSETS[name], true);
    switch (status) {
      case FillStatus.pageFault: return { kind: 'page-fault', errorCode: this.block('errorCode'), linear: quad('linear') };
      case FillStatus.nestedFault: return { kind: 'nested-fault', gpa: quad('gpa') };
      case FillStatus.ok: case FillStatus.mmio: case FillStatus.code: {
        const kind = status === FillStatus.ok ? 'ok' : status === FillStatus.mmio ? 'mmio' : 'code';
        return { kind, gpa: quad('gpa'), host: kind === 'mmio' ? 0 : this.block('host'), shift: this.block('pageShift') };
      }
      default: return { kind: 'unknown', status };
    }
  }
  block(name: keyof typeof MMU_OFFSETS): number {
    return this.#rig.host.view.getUint32(this.at + MMU_OFFSETS[name], true);
  }

  /** The tag of an access from the present state. */
  #view(implicit: boolean): number {
    const { cpl, cr4, rflags } = this.registers;
    if (cpl === 3 && !implicit) return this.tag + 1;
    const open = ((cr4 >> 21n) & 1n) === 1n && ((rflags >> 18n) & 1n) === 1n && !implicit;
    return open ? this.tag + 2 : this.tag;
  }
  /** What the TLB allows for a page, as bits of `Access`, and where it leads. */
  entry(linear: bigint, access = 0): { readonly rights: number; readonly host: number } {
    const { view } = this.#rig.host;
    const at = this.block('tlb') + Number((linear >> 12n) & BigInt(TLB_ENTRIES - 1)) * TLB_ENTRY_SIZE;
    const wanted = BigInt.asUintN(64, (linear & ~4095n) | BigInt(this.#view((access & 8) !== 0)));
    const is = (offset: number): boolean => view.getBigUint64(at + offset, true) === wanted;
    const rights = (is(TLB_OFFSETS.readTag) ? 1 : 0) | (is(TLB_OFFSETS.writeTag) ? 2 : 0) | (is(TLB_OFFSETS.fetchTag) ? 4 : 0);
    return { rights, host: (view.getUint32(at + TLB_OFFSETS.addend, true) + low(linear)) >>> 0 };
  }

  /**
   * An access as an engine makes it: the TLB first. Gives the host address, or what `fill` said instead. An engine that is told
   * of code and finds that it has none in these bytes writes them, and tells nobody.
   */
  reach(linear: bigint, access: number): number | FillResult {
    const entry = this.entry(linear, access);
    if ((access & 7 & ~entry.rights) === 0) return entry.host;
    const result = this.fill(linear, access);
    return result.kind === 'ok' || result.kind === 'code' ? result.host : result;
  }
  /** Writes a quadword by `reach`; what stood in the way, if anything. */
  store(linear: bigint, value: bigint): FillResult | undefined {
    const to = this.reach(linear, Access.write);
    if (typeof to !== 'number') return to;
    this.#rig.host.view.setBigUint64(to, value, true);
    return undefined;
  }
}

/** A guest and its MMU. */
export class MmuRig implements WalkMemory {
  readonly subject: MmuSubject;
  readonly host: Host;
  readonly space: AddressSpace;
  readonly memory: MmuGuestMemory;
  readonly mmu: Mmu;
  readonly hot: HotHalf;
  readonly cpus: readonly RigCpu[];
  readonly view: DataView;
  readonly places: Places;
  readonly tableRights: number;
  readonly #own: OwnMemory | undefined;

  constructor(subject: MmuSubject, cpus = 1) {
    const { options, plugin } = subject;
    this.subject = subject;
    this.memory = guestMemory({ ...options, format: subject.format }, plugin);
    this.host = this.memory.host;
    this.space = this.memory.space;
    this.view = this.host.view;
    this.#own = options.own?.(this.memory);
    this.tableRights = options.tables === 'write' ? 3 : 1;
    if (this.#own === undefined) {
      this.space.populate(ROM, 1, 5);
      this.space.mapMmio(DEVICE, 1);
      this.places = { ram: (i) => i, rom: ROM, device: DEVICE, absent: 800 };
    } else {
      const { ram, rom, device, elsewhere } = this.#own;
      this.places = { ram, rom, device, absent: elsewhere === 'absent' ? ram(0) + 512 : undefined };
    }
    const parsed = plugin.config.safeParse(options.config?.(this.memory) ?? {});
    if (!parsed.success) throw new PolyvisorError([testkitErrors['invalid-config']('config', { kind: plugin.kind, why: parsed.error.message })]);
    this.mmu = plugin.create(parsed.data, { host: this.host, space: this.space, cpus });
    this.#own?.prepare?.(this.mmu);
    this.hot = this.mmu.imports() as unknown as HotHalf;
    this.cpus = Array.from({ length: cpus }, (_, index) => new RigCpu(this, index));
  }

  get cpu(): RigCpu {
    return this.cpus[0]!;
  }
  /** Whether the second level is the address space. */
  get nested(): boolean {
    return this.#own === undefined;
  }

  frame(number: number): Frame {
    if (this.#own === undefined) {
      const { kind, mfn, rights, copyOnWrite } = this.space.lookup(number);
      return { kind, host: kind === 'ram' ? this.host.frames.offset(mfn) : 0, rights: copyOnWrite ? rights & ~Access.write : rights };
    }
    const { ram, rom, device, elsewhere } = this.#own;
    const i = number - ram(0);
    if (number === device) return { kind: 'mmio', host: 0, rights: 0 };
    if (number === rom) return { kind: 'ram', host: this.ramAt(i), rights: 5 };
    return i >= 0 && i < RAM_FRAMES ? { kind: 'ram', host: this.ramAt(i), rights: 7 } : { kind: elsewhere, host: 0, rights: 0 };
  }

  /** Byte offset of frame `i` of RAM as it was at first. */
  ramAt(i: number): number {
    return this.host.frames.offset(this.memory.base + i);
  }
  /** Writes to frame `i` of RAM as a bus master does. */
  put(i: number, offset: number, value: bigint, bytes: 4 | 8 = 8): void {
    this.host.code.written(this.memory.base + i);
    if (bytes === 8) this.view.setBigUint64(this.ramAt(i) + offset, value, true);
    else this.view.setUint32(this.ramAt(i) + offset, Number(value & 0xffff_ffffn), true);
  }
  get(i: number, offset: number): bigint {
    return this.view.getBigUint64(this.ramAt(i) + offset, true);
  }

  expect(cpu: RigCpu, linear: bigint, access: number): WalkResult {
    return referenceWalk(cpu.registers, this.subject.processor, this, linear, access);
  }
  destroy(): void {
    this.mmu.destroy();
    this.host.destroy();
  }
}

const low = (linear: bigint): number => Number(BigInt.asIntN(32, linear));
const high = (linear: bigint): number => Number(BigInt.asIntN(32, linear >> 32n));
