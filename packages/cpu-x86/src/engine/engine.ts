/** Tier 0 of one virtual processor: the generated interpreter, its decode cache, and what brings it back. */
import type { CodeFrames} from '@polyvisor/core';
import {
  Access, FillStatus, FRAME_SHIFT, MMU_OFFSETS, QUAD_OFFSETS, SEGMENT_AT, SEGMENT_OFFSETS, TLB_ENTRIES, TLB_ENTRY_SIZE, TLB_OFFSETS, TlbTag,
  VcpuState, WORD_OFFSETS,
  type Host, type HostOffset, type IoAccess, type Mmu,
} from '@polyvisor/core';
import { MODE } from '../decode/codes.ts';
import { Decoder } from '../decode/decoder.ts';
import { engineBytes } from '../interp/engine-bytes.ts';
import { CR0, CR4, RFLAGS } from '../state/bits.ts';
import { ENGINE, ENGINE_BLOCK_SIZE, NESTED_FAULT, STATUS } from '../state/engine-layout.ts';
import { MODE_BIT, modeOf } from '../uop/mode.ts';
import { planNumber } from '../uop/plans.ts';
import { PSEUDO } from '../uop/pseudo.ts';
import { UOP, UOP_SIZE } from '../uop/record.ts';
import { DecodeCache, type DecodeCacheOptions } from './decode-cache.ts';
import { DeviceAccess } from './device-access.ts';

interface Generated {
  readonly run: (state: number) => number;
  readonly materialise: (state: number) => void;
  readonly assume: (state: number) => void;
}
/** What an engine needs of an MMU. */
export type EngineMmu = Pick<Mmu, 'attach' | 'imports'>;
export type FillFunction = (state: number, low: number, high: number, access: number) => number;
/** Told of an access of `bytes` bytes while data breakpoints are enabled. */
export type WatchFunction = (low: number, high: number, bytes: number, access: number) => void;

export interface EngineOptions extends DecodeCacheOptions {
  readonly decoder?: Decoder | undefined;
}

let compiled: WebAssembly.Module | undefined;
/** The module is the same for every processor of a process. */
const interpreterModule = (): WebAssembly.Module => (compiled ??= new WebAssembly.Module(engineBytes()));

/** Engines by the marks of their Host: when one decodes a frame, the TLBs of all must not write to it unseen. */
const engines = new WeakMap<CodeFrames, Set<Engine>>();

export class Engine {
  readonly state: VcpuState;
  readonly cache: DecodeCache;
  readonly decoder: Decoder;
  readonly host: Host;
  /** Host offset of the vCPU's block. */
  readonly block: HostOffset;
  readonly fill: FillFunction;
  readonly mmu: WebAssembly.ModuleImports;
  /** What generated modules import. */
  readonly imports: WebAssembly.Imports;
  watch: WatchFunction = () => undefined;
  /** The engine's mode word (`MODE_BIT`) at the last `execute`. */
  mode = 0;
  /** What the last `execute` retired. */
  retired = 0;
  readonly #generated: Generated;
  readonly #forget: () => void;

  constructor(host: Host, mmu: EngineMmu, io: Pick<IoAccess, 'mmioRead' | 'mmioWrite'>, index = 0, options: EngineOptions = {}) {
    this.host = host;
    this.decoder = options.decoder ?? new Decoder();
    this.block = host.reserve(ENGINE_BLOCK_SIZE, 64, `cpu-x86 vcpu ${index}`);
    this.state = new VcpuState(host.bytes.buffer, this.block);
    this.cache = new DecodeCache(host, this.decoder, this.block, options);
    mmu.attach(index, this.block);
    this.mmu = mmu.imports();
    this.fill = this.mmu['fill'] as FillFunction;
    const device = new DeviceAccess(host, this.block, io);
    this.imports = {
      host: { memory: host.memory },
      mmu: { fill: this.fill },
      engine: {
        enter: (_: number, low: number, high: number) => this.#enter(low, high),
        cross: (_: number, low: number, high: number) => this.#cross(low, high),
        borrow: () => device.borrow(),
        giveBack: () => device.giveBack(),
        codeWritten: (at: number, bytes: number) => this.codeWritten(at, bytes),
        watch: (_: number, low: number, high: number, bytes: number, access: number) => this.watch(low, high, bytes, access),
      },
    };
    const instance = new WebAssembly.Instance(interpreterModule(), this.imports);
    this.#generated = instance.exports as unknown as Generated;
    this.cache.onMark = (frame) => this.#mark(frame);
    const stop = host.code.onWritten((frame) => this.cache.invalidate(frame));
    const peers = engines.get(host.code) ?? new Set();
    engines.set(host.code, peers.add(this));
    this.#forget = () => {
      stop();
      peers.delete(this);
    };
  }

  destroy(): void {
    this.#forget();
    this.cache.destroy();
    this.host.release(this.block);
  }

  /** Runs at most `budget` instructions; gives a `STATUS`. RIP and flags are in the state afterwards. */
  execute(budget: number): number {
    const { words } = this.host, at = this.block >> 2;
    this.enterState();
    let left = budget, status: number = STATUS.budget;
    do {
      words[at + (ENGINE.budget >> 2)] = left;
      words[at + (ENGINE.cut >> 2)] = 0;
      words[at + (ENGINE.shadowAt >> 2)] = -1;
      words[at + (ENGINE.repeatAt >> 2)] = -1;
      status = this.#generated.run(this.block);
      left = words[at + (ENGINE.budget >> 2)]!;
      // What was cut from the budget was not run; the run ends early.
      const cut = words[at + (ENGINE.cut >> 2)]!;
      if (cut !== 0) {
        left += cut;
        break;
      }
      if (status === STATUS.flush) this.cache.flush();
    } while (status === STATUS.flush);
    this.retired = budget - left;
    words[at + (QUAD_OFFSETS.rip >> 2)] = words[at + (ENGINE.target >> 2)]!;
    words[at + (QUAD_OFFSETS.rip >> 2) + 1] = words[at + (ENGINE.target >> 2) + 1]!;
    this.#generated.materialise(this.block);
    return status;
  }

  /** Whether the last instruction that retired begins an interrupt shadow. */
  get shadowed(): boolean {
    const { view } = this.host;
    return view.getInt32(this.block + ENGINE.shadowAt, true) === view.getInt32(this.block + ENGINE.budget, true);
  }

  /** Whether the run ended between two iterations of a repeated instruction. */
  get repeating(): boolean {
    const { view } = this.host, { block } = this;
    if (view.getInt32(block + ENGINE.repeatAt, true) !== view.getInt32(block + ENGINE.budget, true)) return false;
    // Checks may stand in front of the instruction's own µop.
    let uop = view.getInt32(block + ENGINE.uop, true);
    while (view.getUint16(uop + UOP.handler, true) === PSEUDO.segment) uop += UOP_SIZE;
    return planNumber(view.getUint16(uop + UOP.handler, true))?.repeat !== '';
  }

  /** Runs a function that was translated from straight-line code at RIP instead of the interpreter. */
  executeTranslated(translated: (state: number) => number): number {
    this.enterState();
    const status = translated(this.block);
    this.retired = this.host.view.getInt32(this.block + ENGINE.budget, true);
    this.state.set('rip', this.host.view.getBigUint64(this.block + ENGINE.target, true));
    this.#generated.materialise(this.block);
    return status;
  }

  /** Ends the current run of generated code behind its present instruction. */
  interrupt(): void {
    this.host.view.setInt32(this.block + ENGINE.attention, 1, true);
  }

  /** @hot Whether an interrupt waits for RFLAGS.IF: STI and POPF come to TypeScript while one does. */
  awaitInterrupts(waits: boolean): void {
    this.host.words[(this.block + ENGINE.interrupt) >> 2] = waits ? 1 : 0;
  }

  /** @hot Derives the mode, the tag and what else generated code reads from the architectural state. */
  enterState(): void {
    const { words } = this.host, at = this.block >> 2;
    const mode = modeOf(words, at), long = (mode & MODE.BITS64) !== 0, cs = at + (SEGMENT_AT.cs >> 2);
    this.mode = mode;
    words[at + (ENGINE.codeMode >> 2)] = mode;
    words[at + (ENGINE.codeBase >> 2)] = long ? 0 : words[cs + (SEGMENT_OFFSETS.base >> 2)]!;
    words[at + (ENGINE.codeMask >> 2)] = -1;
    words[at + (ENGINE.codeMask >> 2) + 1] = long ? -1 : 0;
    words[at + (ENGINE.codeLimit >> 2)] = long ? -1 : words[cs + (SEGMENT_OFFSETS.limit >> 2)]!;
    words[at + (ENGINE.codeLimit >> 2) + 1] = long ? -1 : 0;
    words[at + (ENGINE.target >> 2)] = words[at + (QUAD_OFFSETS.rip >> 2)]!;
    words[at + (ENGINE.target >> 2) + 1] = words[at + (QUAD_OFFSETS.rip >> 2) + 1]!;
    words[at + (ENGINE.attention >> 2)] = 0;
    words[at + (ENGINE.alignment >> 2)] = this.#checksAlignment() ? 1 : 0;
    words[at + (ENGINE.tlbTag >> 2)] = this.currentTag();
    this.#generated.assume(this.block);
  }

  /** @hot */
  #checksAlignment(): boolean {
    const { words } = this.host, at = this.block >> 2;
    return (words[at + (QUAD_OFFSETS.rflags >> 2)]! & RFLAGS.AC) !== 0 && (words[at + (QUAD_OFFSETS.cr0 >> 2)]! & CR0.AM) !== 0
      && words[at + (WORD_OFFSETS.cpl >> 2)] === 3;
  }

  /**
   * @hot The tag of the accesses that come. With data breakpoints and alignment checks no entry matches, so that every
   * access is looked at.
   */
  currentTag(): number {
    const { words } = this.host, at = this.block >> 2;
    if (words[at + (ENGINE.watch >> 2)] !== 0 || words[at + (ENGINE.alignment >> 2)] !== 0) return TlbTag.none;
    if (words[at + (WORD_OFFSETS.cpl >> 2)] === 3) return words[at + (MMU_OFFSETS.tagUser >> 2)]!;
    const lenient = (words[at + (QUAD_OFFSETS.cr4 >> 2)]! & CR4.SMAP) !== 0 && (words[at + (QUAD_OFFSETS.rflags >> 2)]! & RFLAGS.AC) !== 0;
    return words[at + ((lenient ? MMU_OFFSETS.tagSupervisorAc : MMU_OFFSETS.tagSupervisor) >> 2)]!;
  }

  /** Bytes at a host address, which may belong to code, are about to be written. */
  codeWritten(at: number, bytes: number): void {
    const frame = at >>> FRAME_SHIFT;
    for (const engine of engines.get(this.host.code) ?? []) {
      if (engine.cache.overlaps(frame, at & 4095, bytes)) {
        this.host.code.written(frame);
        return;
      }
    }
  }

  /** Host address of a linear code address, or −1 with the exception recorded. */
  codeAt(low: number, high: number): number {
    const { view, words } = this.host, { block } = this;
    const entry = (words[(block + MMU_OFFSETS.tlb) >> 2]! >>> 2) + ((low >>> FRAME_SHIFT) & (TLB_ENTRIES - 1)) * (TLB_ENTRY_SIZE / 4);
    const tag = entry + TLB_OFFSETS.fetchTag / 4;
    if (words[tag] === ((low & -4096) | words[(block + ENGINE.tlbTag) >> 2]!) && words[tag + 1] === high) {
      return (low + words[entry + TLB_OFFSETS.addend / 4]!) >>> 0;
    }
    const top = high >> 15;
    const canonical = top === 0 || top === -1;
    const status = canonical ? this.fill(block, low, high, Access.execute) : -1;
    if (status === FillStatus.ok || status === FillStatus.code) return view.getInt32(block + MMU_OFFSETS.host, true) >>> 0;
    const fault = status === FillStatus.pageFault;
    view.setInt32(block + ENGINE.faultVector, fault ? 14 : canonical ? NESTED_FAULT : 13, true);
    view.setInt32(block + ENGINE.faultCode, fault ? view.getInt32(block + MMU_OFFSETS.errorCode, true) : 0, true);
    view.setInt32(block + ENGINE.faultLinear, low, true);
    view.setInt32(block + ENGINE.faultLinear + 4, high, true);
    return -1;
  }

  /** Answers generated code that has no µop for an address; 0 ends the run with the status left in the block. */
  #enter(low: number, high: number): number {
    const at = this.codeAt(low, high);
    this.host.view.setInt32(this.block + ENGINE.uop, at < 0 ? STATUS.exception : STATUS.flush, true);
    return at < 0 ? 0 : this.cache.enter(at >>> FRAME_SHIFT, low & 4095, this.#modeAt(low));
  }

  #cross(low: number, high: number): number {
    this.host.view.setInt32(this.block + ENGINE.uop, STATUS.exception, true);
    const first = this.codeAt(low, high);
    if (first < 0) return 0;
    const nextLow = ((low & -4096) + 4096) | 0;
    const long = (this.mode & MODE.BITS64) !== 0;
    const second = this.#beyondLimit(nextLow) ? -1 : this.codeAt(nextLow, nextLow === 0 && long ? (high + 1) | 0 : high);
    return this.cache.cross(first >>> FRAME_SHIFT, low & 4095, second < 0 ? -1 : second >>> FRAME_SHIFT, this.#modeAt(low));
  }

  /** Whether the page at a linear address lies behind the end of the code segment: then #GP(0) is recorded. */
  #beyondLimit(low: number): boolean {
    if ((this.mode & MODE_BIT.limited) === 0) return false;
    const { view } = this.host, { block } = this, cs = this.state.segment('cs');
    if (((low - Number(cs.base)) >>> 0) <= cs.limit) return false;
    view.setInt32(block + ENGINE.faultVector, 13, true);
    view.setInt32(block + ENGINE.faultCode, 0, true);
    return true;
  }

  /** In the page where the code segment's limit lies, but not at its end, each instruction is checked. */
  #modeAt(low: number): number {
    if ((this.mode & MODE_BIT.limited) === 0) return this.mode;
    const cs = this.state.segment('cs'), last = (Number(cs.base) + cs.limit) | 0;
    return (last & -4096) === (low & -4096) && (last & 4095) !== 4095 ? this.mode | MODE_BIT.edge : this.mode;
  }

  #mark(frame: number): void {
    if (this.host.code.marked(frame)) return;
    this.host.code.mark(frame);
    for (const engine of engines.get(this.host.code) ?? []) engine.#forbidWrites(frame);
  }

  /** TLB entries of this frame send writes to the slow path from now on. */
  #forbidWrites(frame: number): void {
    const { view } = this.host, tlb = view.getInt32(this.block + MMU_OFFSETS.tlb, true);
    for (let entry = tlb; entry < tlb + TLB_ENTRIES * TLB_ENTRY_SIZE; entry += TLB_ENTRY_SIZE) {
      // The tag's low 12 bits are the address-space tag; the sum's low 32 bits are all that matters.
      const linear = view.getInt32(entry + TLB_OFFSETS.writeTag, true) & -4096;
      const at = (linear + view.getInt32(entry + TLB_OFFSETS.addend, true)) >>> FRAME_SHIFT;
      if (at !== frame) continue;
      view.setInt32(entry + TLB_OFFSETS.writeTag, -1, true);
      view.setInt32(entry + TLB_OFFSETS.writeTag + 4, -1, true);
    }
  }
}
