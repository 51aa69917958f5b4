/** A processor with a little memory, for tests: modes set up by hand, devices recorded. */
import { RIGHTS_RAM, type AddressSpace, type Dma, type Host, type IoAccess, type SegmentName } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { defaultWalkOptions, WalkMmu } from '@polyvisor/mmu-npt';
import { cpuModels } from '../src/cpuid/model.ts';
import { X86Vcpu } from '../src/vcpu/vcpu.ts';
import type { X86State } from '../src/vcpu/state-schema.ts';

export type Mode = 'real' | 'protected16' | 'protected32' | 'v86' | 'pae' | 'long';
export const MODES: readonly Mode[] = ['real', 'protected16', 'protected32', 'v86', 'pae', 'long'];

/** Guest-physical places: tables, then code, then a stack. All is mapped one to one. */
export const PLACE = { gdt: 0x800, idt: 0x1000, tss: 0x2000, tables: 0x4000, handlers: 0x8000, code: 0x9000, stack: 0xf000, size: 0x20_0000 } as const;
export const DEVICE_PAGE = 0xfee0_0000;

export class Rig {
  readonly host: Host;
  readonly space: AddressSpace;
  readonly memory: Dma;
  readonly mmu: WalkMmu;
  readonly vcpu: X86Vcpu;
  readonly io: string[] = [];
  /** What ports and device memory read. */
  input = 0x5a;
  vector = -1;
  time = 0;

  constructor(options: { model?: string; saved?: X86State; cpus?: number } = {}) {
    this.host = createHost({ frames: 8 * 2 ** 20, tables: 24 * 2 ** 20 });
    this.space = this.host.createAddressSpace({ name: 'guest', format: 'npt' });
    this.space.populate(0, PLACE.size / 4096, RIGHTS_RAM);
    this.space.mapMmio(DEVICE_PAGE / 4096, 1);
    this.memory = this.space.dma();
    this.mmu = new WalkMmu({ strategy: 'npt', ...defaultWalkOptions }, { host: this.host, space: this.space, cpus: 1 });
    const io: IoAccess = {
      pioRead: (port, size) => (this.io.push(`in ${port.toString(16)}/${size}`), this.input),
      pioWrite: (port, size, value) => void this.io.push(`out ${port.toString(16)}/${size} ${(value >>> 0).toString(16)}`),
      mmioRead: (gpa, size) => (this.io.push(`read ${gpa.toString(16)}/${size}`), this.input),
      mmioWrite: (gpa, size, value) => void this.io.push(`write ${gpa.toString(16)}/${size} ${(value >>> 0).toString(16)}`),
      acknowledgeInterrupt: () => this.vector,
    };
    const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    const clock = { source: 'instructions' as const, now: () => this.time };
    const cpuHost = { index: 0, host: this.host, space: this.space, mmu: this.mmu, io, clock, log: log as never };
    const model = cpuModels.find((m) => m.name === (options.model ?? 'max'))!;
    this.vcpu = new X86Vcpu(cpuHost, this.mmu, { model, pages: 64, uops: 16_384 }, options.saved);
  }

  write(at: number, bytes: readonly number[]): void {
    this.memory.write(at, Uint8Array.from(bytes), 0, bytes.length);
  }
  read(at: number, length: number): number[] {
    const bytes = new Uint8Array(length);
    this.memory.read(at, bytes, 0, length);
    return [...bytes];
  }
  #quad(at: number, value: bigint): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    this.memory.write(at, bytes, 0, 8);
  }

  /** Sets a mode up at a privilege level and puts code at `PLACE.code`. Every vector leads to a HLT at `PLACE.handlers`. */
  enter(mode: Mode, code: readonly number[], cpl = mode === 'v86' ? 3 : 0): void {
    const { state } = this.vcpu, long = mode === 'long', wide = mode === 'protected32' || mode === 'pae';
    this.#descriptors(long, mode === 'protected16' || mode === 'real');
    this.write(PLACE.handlers, Array.from({ length: 256 }, () => 0xf4));
    this.write(PLACE.code, code);
    state.set('cr0', mode === 'real' ? 0x30n : long || mode === 'pae' ? 0x8000_0031n : 0x31n);
    state.set('cr4', mode === 'real' ? 0n : long || mode === 'pae' ? 0x4_0620n : 0x601n);
    state.set('xcr0', 7n);
    state.set('efer', long ? 0x501n : 0n);
    state.set('cr3', BigInt(PLACE.tables));
    state.set('gdtrBase', BigInt(PLACE.gdt));
    state.setWord('gdtrLimit', 0x7f);
    state.set('idtrBase', mode === 'real' ? 0n : BigInt(PLACE.idt));
    state.setWord('idtrLimit', mode === 'real' ? 0x3ff : long ? 0xfff : 0x7ff);
    state.setWord('cpl', cpl);
    state.set('rflags', mode === 'v86' ? 0x2_3002n : 2n);
    if (long || mode === 'pae') this.#pageTables(long);
    if (mode === 'pae') for (let i = 0; i < 4; i++) state.set(`pdpte${i as 0}`, i === 0 ? BigInt(PLACE.tables + 0x1001) : 0n);
    const plain = mode === 'real' || mode === 'v86';
    const dpl = cpl << 5, size = long ? 0x2000 : wide ? 0x4000 : 0;
    const limit = plain || mode === 'protected16' ? 0xffff : 0xffff_ffff, granular = limit === 0xffff ? 0 : 0x8000;
    const put = (name: SegmentName, selector: number, rights: number): void => state.setSegment(name, { selector, rights, limit, base: 0n });
    put('cs', plain ? 0 : 8 | cpl, plain ? (mode === 'v86' ? 0xf3 : 0x9b) : 0x9b | dpl | size | granular);
    for (const name of ['ss', 'ds', 'es', 'fs', 'gs'] as const) put(name, plain ? 0 : 16 | cpl, mode === 'v86' ? 0xf3 : 0x93 | dpl | (wide ? 0x4000 : 0) | granular);
    state.setSegment('tr', { selector: 32, rights: 0x8b, limit: 0x1fff, base: BigInt(PLACE.tss) });
    state.setSegment('ldtr', { selector: 0, rights: 0x1_0082, limit: 0, base: 0n });
    state.set('rip', BigInt(PLACE.code));
    state.set('rsp', BigInt(PLACE.stack));
    state.setWord('activity', 0);
    this.vcpu.processor.translation.forgetAll();
  }

  /** Code, data, their CPL 3 twins at 40 and 48, a TSS; gates to the handlers, each a byte further. */
  #descriptors(long: boolean, small: boolean): void {
    const code = long ? 0x00af_9b00_0000_ffffn : small ? 0x0000_9b00_0000_ffffn : 0x00cf_9b00_0000_ffffn;
    const data = small ? 0x0000_9300_0000_ffffn : 0x00cf_9300_0000_ffffn;
    const user = 0x0000_6000_0000_0000n;
    const tss = 0x0000_8b00_0000_1fffn | (BigInt(PLACE.tss) << 16n);
    [0n, code, data, 0n, tss, 0n, code | user, data | user].forEach((d, i) => this.#quad(PLACE.gdt + 8 * i, d));
    for (let v = 0; v < 256; v++) {
      const low = BigInt(PLACE.handlers + v) | (8n << 16n), rights = (long || !small ? 0x8e00n : 0x8600n) << 32n;
      this.#quad(PLACE.idt + v * (long ? 16 : 8), low | rights);
      if (long) this.#quad(PLACE.idt + v * 16 + 8, 0n);
      if (small) this.write(v * 4, [(PLACE.handlers + v) & 0xff, (PLACE.handlers + v) >> 8, 0, 0]);
    }
    // Stacks of the inner levels.
    if (long) this.#quad(PLACE.tss + 4, BigInt(PLACE.stack));
    else this.write(PLACE.tss + 4, [PLACE.stack & 0xff, PLACE.stack >> 8, 0, 0, 16, 0, 0, 0]);
  }

  /** The first 2 MiB one to one, for user code too, and the device page. */
  #pageTables(long: boolean): void {
    const at = PLACE.tables;
    if (long) {
      this.#quad(at, BigInt(at + 0x1000) | 7n);
      this.#quad(at + 0x1000, BigInt(at + 0x2000) | 7n);
      this.#quad(at + 0x1000 + 24, 0xc000_0087n);
    } else {
      this.#quad(at, BigInt(at + 0x1000) | 1n);
      this.#quad(at + 0x1000, 0x87n);
    }
    this.#quad(at + 0x2000, 0x87n);
  }

  /** Runs until something else than the budget ends it. */
  run(limit = 1000): ReturnType<X86Vcpu['run']> {
    return this.vcpu.run(limit);
  }
  /** The vector whose handler the processor halted in, or −1. */
  get halted(): number {
    const rip = Number(this.vcpu.state.get('rip'));
    return rip > PLACE.handlers && rip <= PLACE.handlers + 256 ? rip - PLACE.handlers - 1 : -1;
  }
}
