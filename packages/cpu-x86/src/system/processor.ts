/**
 * One processor as system instructions see it: its state, its memory, the exception or exit that an instruction led to.
 * What TypeScript executes works on this; the hot part is generated code.
 */
import {
  Activity, QUAD_OFFSETS, SEGMENT_AT, SEGMENT_OFFSETS, WORD_OFFSETS,
  type ControlBlock, type Clock, type CpuHost, type Dma, type IoAccess, type LocalApics, type Segment, type SegmentName, type VcpuState, type VmExit,
} from '@polyvisor/core';
import type { CpuModel } from '../cpuid/model.ts';
import type { Engine } from '../engine/engine.ts';
import { CR0, EFER, RFLAGS, SEGMENT_RIGHTS as RIGHTS } from '../state/bits.ts';
import { ENGINE } from '../state/engine-layout.ts';
import { LinearMemory } from './linear-memory.ts';
import type { MsrBank } from './msr-bank.ts';
import type { Translation } from './translation.ts';

/** What came of an instruction. */
export const Step = {
  /** It retired; RIP goes on behind it. */
  done: 0,
  /** An exception is due, recorded by `fault`. The instruction has had no effect. */
  fault: 1,
  /** `exit` says why the guest is left. The instruction has had no effect. */
  exit: 2,
  /** It retired and set RIP itself. */
  jump: 3,
} as const;
export type Step = (typeof Step)[keyof typeof Step];

export const Exception = {
  divide: 0, debug: 1, nmi: 2, breakpoint: 3, overflow: 4, bound: 5, invalidOpcode: 6, noDevice: 7, doubleFault: 8, invalidTss: 10,
  notPresent: 11, stack: 12, protection: 13, pageFault: 14, x87: 16, alignment: 17, machineCheck: 18, simd: 19,
} as const;

/** Bits that an error code gets from its circumstances (Intel SDM vol. 3A, 6.13). */
export const EXTERNAL = 1;

/** Places in the state, in 32-bit words: by name they take ten times as long. */
const CPL = WORD_OFFSETS.cpl >> 2, SHADOW = WORD_OFFSETS.interruptShadow >> 2, ACTIVITY = WORD_OFFSETS.activity >> 2;
const FLAGS = QUAD_OFFSETS.rflags >> 2, CR0_AT = QUAD_OFFSETS.cr0 >> 2, EFER_AT = QUAD_OFFSETS.efer >> 2, RIP = QUAD_OFFSETS.rip >> 2;
const DR7 = QUAD_OFFSETS.dr7 >> 2;
const CS_RIGHTS = (SEGMENT_AT.cs + SEGMENT_OFFSETS.rights) >> 2;

export class Processor {
  readonly engine: Engine;
  readonly state: VcpuState;
  readonly control: ControlBlock;
  readonly memory: LinearMemory;
  readonly io: IoAccess;
  readonly clock: Clock;
  readonly model: CpuModel;
  readonly index: number;
  readonly apics: LocalApics | undefined;
  /** Guest-physical memory, for the state save area of system-management mode. */
  readonly physical: Dma;
  msrs!: MsrBank;
  translation!: Translation;
  exit: VmExit | undefined;
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #random = new Int32Array(1);
  #drawn = 0;
  /** Added to error codes of exceptions while an event is being delivered. */
  external = 0;
  /** The last instruction was an iteration of a repeated one, and more are due: RF is pushed set. */
  repeating = false;
  /** A single-step trap is due behind the present instruction. */
  tracing = false;
  /** Bits of DR6 of traps that are due behind the present instruction. */
  pendingDebug = 0;
  /** Instructions retired since power-on. */
  instructions = 0;

  constructor(engine: Engine, control: ControlBlock, physical: Dma, model: CpuModel, host: Pick<CpuHost, 'io' | 'clock' | 'index' | 'apics'>) {
    const { io, clock, index } = host;
    this.apics = host.apics;
    this.engine = engine;
    this.#words = engine.host.words;
    this.#at = engine.block >> 2;
    this.state = engine.state;
    this.control = control;
    this.physical = physical;
    this.memory = new LinearMemory(engine, io);
    this.io = io;
    this.clock = clock;
    this.model = model;
    this.index = index;
  }

  /** Records an exception; always false. `code` −1 means that it has none. */
  fault(vector: number, code = -1): false {
    const { view } = this.engine.host, { block } = this.engine;
    view.setInt32(block + ENGINE.faultVector, vector, true);
    view.setInt32(block + ENGINE.faultCode, code, true);
    return false;
  }
  /** #GP with a selector's index as error code. */
  protection(selector = 0): false {
    return this.fault(Exception.protection, (selector & 0xfffc) | this.external);
  }
  get faultVector(): number {
    return this.engine.host.view.getInt32(this.engine.block + ENGINE.faultVector, true);
  }
  get faultCode(): number {
    return this.engine.host.view.getInt32(this.engine.block + ENGINE.faultCode, true);
  }

  get cpl(): number {
    return this.#words[this.#at + CPL]!;
  }
  set cpl(cpl: number) {
    this.state.setWord('cpl', cpl);
  }
  get flags(): number {
    return this.#words[this.#at + FLAGS]!;
  }
  set flags(value: number) {
    this.#words[this.#at + FLAGS] = value;
    this.#words[this.#at + FLAGS + 1] = 0;
  }
  /** Bits of `InterruptShadow`. */
  get shadow(): number {
    return this.#words[this.#at + SHADOW]!;
  }
  set shadow(value: number) {
    this.#words[this.#at + SHADOW] = value;
  }
  /** DR7. */
  get debugControl(): number {
    return this.#words[this.#at + DR7]!;
  }
  get activity(): number {
    return this.#words[this.#at + ACTIVITY]!;
  }
  get iopl(): number {
    return (this.flags >> 12) & 3;
  }
  get protectedMode(): boolean {
    return (this.#words[this.#at + CR0_AT]! & CR0.PE) !== 0;
  }
  get virtual8086(): boolean {
    return (this.flags & RFLAGS.VM) !== 0;
  }
  /** IA-32e mode: long or compatibility. */
  get longMode(): boolean {
    return (this.#words[this.#at + EFER_AT]! & EFER.LMA) !== 0;
  }
  /** 64-bit code. */
  get code64(): boolean {
    return this.longMode && (this.#words[this.#at + CS_RIGHTS]! & RIGHTS.long) !== 0;
  }

  /** RIP, RSP and other registers as numbers: signed in 64-bit mode; exact when canonical. */
  address(register: 'rip' | 'rsp' | 'rbp' | 'lstar' | 'cstar' | 'sysenterEip' | 'sysenterEsp' | 'rcx' | 'rdx'): number {
    const at = this.#at + (QUAD_OFFSETS[register] >> 2);
    return this.#words[at + 1]! * 2 ** 32 + (this.#words[at]! >>> 0);
  }
  get rip(): number {
    return this.#words[this.#at + RIP + 1]! * 2 ** 32 + (this.#words[this.#at + RIP]! >>> 0);
  }
  set rip(value: number) {
    this.#words[this.#at + RIP] = value | 0;
    this.#words[this.#at + RIP + 1] = Math.floor(value / 2 ** 32) | 0;
  }
  setAddress(register: 'rip' | 'rsp' | 'rbp' | 'rcx' | 'cr2', value: number): void {
    this.state.setHalves(register, value | 0, Math.floor(value / 2 ** 32) | 0);
  }

  segment(name: SegmentName): Segment {
    return this.state.segment(name);
  }
  /** Makes a segment register null. */
  clearSegment(name: SegmentName, selector = 0): void {
    this.state.setSegment(name, { selector, rights: RIGHTS.unusable, limit: 0, base: 0n });
  }
  /** Selector, base and fixed limit and rights of virtual-8086 mode. */
  setVirtualSegment(name: SegmentName, selector: number): void {
    this.state.setSegment(name, { selector, rights: 0xf3, limit: 0xffff, base: BigInt(selector << 4) });
  }

  /** A triple fault, or state that RSM cannot take. */
  shutDown(): Step {
    this.state.setWord('activity', Activity.shutdown);
    return this.exitWith({ kind: 'shutdown' });
  }
  /** 32 random bits. */
  random(): number {
    if (this.clock.source === 'host') return crypto.getRandomValues(this.#random)[0] ?? 0;
    // A deterministic machine draws from the instruction count (the finaliser of MurmurHash3).
    let x = (this.instructions + ++this.#drawn) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x85eb_ca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35);
    return x ^ (x >>> 16);
  }
  exitWith(exit: VmExit): Step {
    this.exit = exit;
    return Step.exit;
  }
}

/** Bits 63 to 47 are equal. */
export const canonical = (address: number): boolean => {
  const top = (Math.floor(address / 2 ** 32) | 0) >> 15;
  return (top === 0 || top === -1) && Math.abs(address) < 2 ** 53;
};
