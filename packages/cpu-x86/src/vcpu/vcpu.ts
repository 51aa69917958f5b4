/** The x86 virtual processor: core's `Vcpu` over the tier-0 engine and the system instructions. */
import {
  Activity, ControlBlock, CONTROL_BLOCK_ALIGN, CONTROL_BLOCK_SIZE, EventType, InterruptShadow, QUAD_OFFSETS,
  type CpuHost, type HostOffset, type Vcpu, type VcpuState, type VmExit,
} from '@polyvisor/core';
import { MODE, VERDICT } from '../decode/codes.ts';
import { Decoder } from '../decode/decoder.ts';
import { Decoded } from '../decode/decoded.ts';
import { formatInstruction } from '../disasm/format.ts';
import { decoderFeatures, type CpuModel } from '../cpuid/model.ts';
import { Engine } from '../engine/engine.ts';
import { RFLAGS } from '../state/bits.ts';
import { ENGINE, STATUS } from '../state/engine-layout.ts';
import { armDataBreakpoints, checkDataBreakpoints, codeBreakpoints, hasCodeBreakpoints } from '../system/breakpoints.ts';
import { ControlRegisters } from '../system/control-registers.ts';
import { raise, settleFault } from '../system/exception.ts';
import { intercept } from '../system/exits.ts';
import { systemInstructions } from '../system/instructions/table.ts';
import type { Instruction } from '../system/instructions/instruction.ts';
import { deliver, type Event } from '../system/interrupt.ts';
import { MsrBank } from '../system/msr-bank.ts';
import { nextRip } from '../system/operands.ts';
import { Exception, Processor, Step } from '../system/processor.ts';
import { enterSmm, inSmm } from '../system/smm.ts';
import { Translation } from '../system/translation.ts';
import { rows } from '../tables/rows.ts';
import { initialise, powerOn, startUp } from './reset.ts';
import type { X86State } from './state-schema.ts';

export interface VcpuOptions {
  readonly model: CpuModel;
  /** Bounds of the cache of decoded code. */
  readonly pages?: number | undefined;
  readonly uops?: number | undefined;
}

const BUDGET: VmExit = { kind: 'budget' }, KICKED: VmExit = { kind: 'kicked' }, HALTED: VmExit = { kind: 'halted' }, SHUTDOWN: VmExit = { kind: 'shutdown' };
/** DR6: a single step. */
const BS = 1 << 14;
/** Longest run of generated code, so that it is optimised soon. */
const SLICE = 1 << 20;
/** A handler that faults itself retires nothing and would never come to a budget's end: so often in a row is enough for a run. */
const MOST_FAULTS = 1000;
const BLOCKING = InterruptShadow.sti | InterruptShadow.movSs;

export class X86Vcpu implements Vcpu<X86State> {
  readonly index: number;
  readonly state: VcpuState;
  readonly control: ControlBlock;
  readonly engine: Engine;
  readonly processor: Processor;
  readonly #host: CpuHost;
  readonly #controlAt: HostOffset;
  readonly #instructions: readonly (Instruction | undefined)[];
  readonly #decoded = new Decoded();
  readonly #bytes = new Uint8Array(15);
  #interrupt = false;
  #nmi = false;
  #smi = false;
  #init = false;
  #sipi = -1;
  #kicked = false;

  constructor(host: CpuHost, mmu: NonNullable<CpuHost['mmu']>, options: VcpuOptions, saved: X86State | undefined) {
    const { host: memory, index } = host, { model, pages, uops } = options;
    this.#host = host;
    this.index = index;
    this.#controlAt = memory.reserve(CONTROL_BLOCK_SIZE, CONTROL_BLOCK_ALIGN, `cpu-x86 control block ${index}`);
    this.control = new ControlBlock(memory.bytes.buffer, this.#controlAt);
    const bounds = { ...(pages === undefined ? {} : { pages }), ...(uops === undefined ? {} : { uops }) };
    this.engine = new Engine(memory, mmu, host.io, index, { decoder: new Decoder({ features: decoderFeatures(model) }), ...bounds });
    this.state = this.engine.state;
    const p = new Processor(this.engine, this.control, host.space.dma(), model, host);
    p.translation = new Translation(this.engine);
    const control = new ControlRegisters(p, p.translation);
    p.msrs = new MsrBank(p, control);
    this.processor = p;
    this.#instructions = systemInstructions(control, p.translation);
    this.engine.watch = (low, high, bytes, access) => checkDataBreakpoints(p, high * 2 ** 32 + (low >>> 0), bytes, access);
    if (saved === undefined) this.reset();
    else this.#restore(saved);
  }

  get instructions(): number {
    return this.processor.instructions;
  }

  run(budget: number): VmExit {
    const end = this.processor.instructions + budget;
    let faults = 0;
    for (;;) {
      const before = this.#events();
      if (before !== undefined) return before;
      if (this.#kicked) {
        this.#kicked = false;
        return KICKED;
      }
      const activity = this.processor.activity;
      if (activity !== Activity.active) return activity === Activity.shutdown ? SHUTDOWN : HALTED;
      const left = end - this.processor.instructions;
      if (left <= 0 || faults === MOST_FAULTS) return BUDGET;
      const exit = this.#advance(left);
      if (exit !== undefined) return exit;
      faults = end - this.processor.instructions === left ? faults + 1 : 0;
    }
  }

  /** Runs some instructions; an exit when the guest is left. */
  #advance(left: number): VmExit | undefined {
    const p = this.processor, flags = p.flags, byCode = hasCodeBreakpoints(p), byData = armDataBreakpoints(p);
    const single = byCode || byData || (flags & (RFLAGS.TF | RFLAGS.RF)) !== 0 || (this.#blocked && this.#deliverable);
    const held = (flags & RFLAGS.RF) !== 0 || (p.shadow & InterruptShadow.movSs) !== 0;
    if (byCode && !held && this.#codeBreakpoint()) return this.#finish(raise(p));
    this.engine.awaitInterrupts(this.#interrupt || this.control.intercepts('virtualInterrupt'));
    p.tracing = (flags & RFLAGS.TF) !== 0;
    const due = p.pendingDebug;
    const status = this.engine.execute(single ? 1 : Math.min(left, SLICE));
    const { retired } = this.engine;
    p.repeating = retired > 0 && this.engine.repeating;
    if (retired > 0) this.#retired(retired, (flags & RFLAGS.RF) !== 0, this.engine.shadowed);
    switch (status) {
      case STATUS.budget: return undefined;
      case STATUS.exception:
        settleFault(p, true);
        // An instruction that faults meets no breakpoints.
        if (retired === 0) p.pendingDebug = due;
        return this.#finish(raise(p));
      case STATUS.system: return this.#system();
      default: return this.#unimplemented();
    }
  }

  /** Bookkeeping behind instructions of generated code. */
  #retired(count: number, resumed: boolean, shadowed: boolean): void {
    const p = this.processor;
    p.instructions += count;
    const shadow = p.shadow;
    const now = (shadow & ~BLOCKING) | (shadowed ? InterruptShadow.sti : 0);
    if (now !== shadow) p.shadow = now;
    if (resumed && !p.repeating) p.flags &= ~RFLAGS.RF;
    if (p.tracing) p.pendingDebug |= BS;
  }

  /** An instruction that TypeScript executes. */
  #system(): VmExit | undefined {
    const p = this.processor, d = this.#decoded;
    if (!this.#decode()) return this.#finish(raise(p));
    const instruction = this.#instructions[d.row];
    if (instruction === undefined) return this.#unimplemented();
    const shadow = p.shadow, blocking = shadow & BLOCKING, resumed = (p.flags & RFLAGS.RF) !== 0;
    p.shadow = shadow & ~BLOCKING;
    p.repeating = false;
    const due = p.pendingDebug, step = instruction(p, d);
    if (step === Step.done || step === Step.jump) {
      if (step === Step.done) p.rip = nextRip(p, d);
      p.instructions++;
      // IRET and POPF may set RF for the next instruction.
      if (resumed && step === Step.done) p.flags &= ~RFLAGS.RF;
      if (p.tracing) p.pendingDebug |= BS;
      return undefined;
    }
    p.shadow = p.shadow | blocking;
    p.pendingDebug = due;
    return this.#finish(step === Step.fault ? raise(p) : step);
  }

  #finish(step: Step): VmExit | undefined {
    if (step !== Step.exit) return undefined;
    const { exit } = this.processor;
    this.processor.exit = undefined;
    return exit;
  }

  /** Decodes the instruction at RIP; false when its bytes cannot be fetched. */
  #decode(): boolean {
    const { engine } = this, { words, bytes } = engine.host;
    const low = (words[(engine.block + QUAD_OFFSETS.rip) >> 2]! + words[(engine.block + ENGINE.codeBase) >> 2]!) | 0;
    const long = (engine.mode & MODE.BITS64) !== 0;
    const at = engine.codeAt(low, long ? words[(engine.block + QUAD_OFFSETS.rip + 4) >> 2]! : 0);
    if (at < 0) return false;
    const verdict = engine.decoder.decode(this.#decoded, bytes, at, (at | 4095) + 1, engine.mode & 7);
    if (verdict !== VERDICT.TRUNCATED) return verdict === VERDICT.OK;
    const have = this.#fetch();
    return engine.decoder.decode(this.#decoded, this.#bytes, 0, have, engine.mode & 7) === VERDICT.OK;
  }
  /** Copies up to 15 bytes at RIP and says how many there are. */
  #fetch(): number {
    const { engine } = this, { view, bytes } = engine.host;
    const low = (this.state.low('rip') + view.getInt32(engine.block + ENGINE.codeBase, true)) | 0;
    const long = (engine.mode & MODE.BITS64) !== 0, high = long ? this.state.high('rip') : 0;
    const first = engine.codeAt(low, high);
    if (first < 0) return 0;
    const within = Math.min(15, 4096 - (low & 4095));
    this.#bytes.set(bytes.subarray(first, first + within));
    if (within === 15) return 15;
    const next = ((low & -4096) + 4096) | 0;
    const second = engine.codeAt(next, long && next === 0 ? (high + 1) | 0 : high);
    if (second < 0) return within;
    this.#bytes.set(bytes.subarray(second, second + 15 - within), within);
    return 15;
  }

  #unimplemented(): VmExit {
    const have = this.#fetch(), d = this.#decoded;
    const verdict = this.engine.decoder.decode(d, this.#bytes, 0, have, this.engine.mode & 7);
    const mode = (this.engine.mode & MODE.BITS64) !== 0 ? 64 : (this.engine.mode & MODE.BITS32) !== 0 ? 32 : 16;
    const text = verdict === VERDICT.OK ? `no meaning for ${rows[d.row]?.id ?? ''}: ${formatInstruction(d)}` : 'bytes that do not decode';
    const linear = Number(BigInt.asIntN(64, this.state.get('rip') + this.engine.host.view.getBigUint64(this.engine.block + ENGINE.codeBase, true)));
    return { kind: 'unimplemented', bytes: this.#bytes.slice(0, verdict === VERDICT.OK ? d.length : have), mode, linear, text };
  }

  #codeBreakpoint(): boolean {
    const p = this.processor, base = p.code64 ? 0 : Number(p.segment('cs').base);
    const hit = codeBreakpoints(p, p.rip + base);
    if (hit === 0) return false;
    p.state.setHalves('dr6', p.state.low('dr6') | hit, 0);
    p.fault(Exception.debug);
    return true;
  }

  get #blocked(): boolean {
    return (this.processor.shadow & BLOCKING) !== 0;
  }
  get #deliverable(): boolean {
    return (this.#interrupt || this.control.intercepts('virtualInterrupt')) && (this.processor.flags & RFLAGS.IF) !== 0;
  }

  /** Takes what is due at an instruction boundary, in the order of Intel SDM vol. 3A, table 6-2. */
  #events(): VmExit | undefined {
    const { control, state } = this, p = this.processor;
    if (control.injected !== undefined) {
      const exit = this.#inject();
      if (exit !== undefined) return exit;
    }
    if (this.#init || this.#sipi >= 0) {
      const exit = this.#start();
      if (exit !== undefined) return exit;
    }
    if (p.pendingDebug !== 0 && (p.shadow & InterruptShadow.movSs) === 0) {
      state.setHalves('dr6', state.low('dr6') | p.pendingDebug, 0);
      p.pendingDebug = 0;
      p.fault(Exception.debug);
      const exit = this.#finish(raise(p));
      if (exit !== undefined) return exit;
    }
    const activity = this.processor.activity;
    if (activity === Activity.waitForSipi || activity === Activity.shutdown) return undefined;
    if (this.#smi && !inSmm(p)) return this.#takeSmi();
    if (this.#nmi && (p.shadow & (InterruptShadow.nmi | InterruptShadow.movSs)) === 0) return this.#takeNmi();
    if (this.#blocked || (p.flags & RFLAGS.IF) === 0) return undefined;
    if (this.#interrupt) return this.#takeInterrupt();
    // A backend that has an interrupt of its own to inject waits for this moment.
    if (control.intercepts('virtualInterrupt')) return this.#finish(intercept(p, 0, { what: 'virtualInterrupt' }));
    return undefined;
  }

  #takeSmi(): VmExit | undefined {
    if (this.control.intercepts('smi')) return this.#finish(intercept(this.processor, 0, { what: 'smi' }));
    this.#smi = false;
    const halted = this.processor.activity === Activity.halted;
    this.state.setWord('activity', Activity.active);
    enterSmm(this.processor, halted);
    return undefined;
  }

  #takeNmi(): VmExit | undefined {
    if (this.control.intercepts('nmi')) return this.#finish(intercept(this.processor, 0, { what: 'nmi' }));
    this.#nmi = false;
    return this.#deliver({ vector: Exception.nmi, errorCode: -1, software: false, resume: this.processor.repeating }, () => {
      this.processor.shadow = this.processor.shadow | InterruptShadow.nmi;
    });
  }

  #takeInterrupt(): VmExit | undefined {
    if (this.control.intercepts('externalInterrupt')) return this.#finish(intercept(this.processor, 0, { what: 'externalInterrupt' }));
    const vector = this.#host.io.acknowledgeInterrupt(this.index);
    if (vector < 0) return undefined;
    return this.#deliver({ vector, errorCode: -1, software: false, resume: this.processor.repeating });
  }

  /** Enters a handler; exceptions on the way are delivered instead. */
  #deliver(event: Event, entered: () => void = () => undefined): VmExit | undefined {
    const p = this.processor;
    this.state.setWord('activity', Activity.active);
    if (deliver(p, event)) {
      entered();
      return undefined;
    }
    if (p.exit !== undefined) return this.#finish(Step.exit);
    return this.#finish(raise(p, event.software || event.vector > 31 ? -1 : event.vector));
  }

  /** The event that a backend wants delivered. */
  #inject(): VmExit | undefined {
    const event = this.control.injected, p = this.processor;
    if (event === undefined) return undefined;
    this.control.clearInjected();
    const { vector, type } = event;
    const software = type === EventType.softwareInterrupt || type === EventType.softwareException;
    if (type === EventType.hardwareException) {
      if (vector === Exception.debug) p.state.setHalves('dr7', p.state.low('dr7') & ~(1 << 13), 0);
    }
    return this.#deliver({ vector, errorCode: event.errorCode ?? -1, software, resume: type === EventType.hardwareException && vector !== Exception.debug }, () => {
      if (type === EventType.nmi) this.processor.shadow = this.processor.shadow | InterruptShadow.nmi;
    });
  }

  #start(): VmExit | undefined {
    if (this.#init) {
      if (this.control.intercepts('init')) return this.#finish(intercept(this.processor, 0, { what: 'init' }));
      this.#init = false;
      initialise(this.processor);
      return undefined;
    }
    // A start-up IPI counts only while it is waited for.
    if (this.processor.activity === Activity.waitForSipi) startUp(this.processor, this.#sipi);
    this.#sipi = -1;
    return undefined;
  }

  kick(): void {
    this.#kicked = true;
    this.engine.interrupt();
  }
  /** @hot */
  setIntr(asserted: boolean): void {
    this.#interrupt = asserted;
    if (asserted) this.engine.interrupt();
  }
  nmi(): void {
    this.#nmi = true;
    this.engine.interrupt();
  }
  smi(): void {
    this.#smi = true;
    this.engine.interrupt();
  }
  init(): void {
    this.#init = true;
    this.#sipi = -1;
    this.engine.interrupt();
  }
  sipi(vector: number): void {
    this.#sipi = vector & 0xff;
    this.engine.interrupt();
  }

  get runnable(): boolean {
    const p = this.processor;
    if (this.#kicked || this.#init || this.control.injected !== undefined) return true;
    switch (p.activity) {
      case Activity.active: return true;
      case Activity.waitForSipi: return this.#sipi >= 0;
      case Activity.halted: return this.#smi || (this.#nmi && (p.shadow & InterruptShadow.nmi) === 0) || this.#deliverable;
      default: return false;
    }
  }

  reset(): void {
    powerOn(this.processor);
    this.processor.instructions = 0;
    this.control.clear();
    this.#nmi = this.#smi = this.#init = this.#kicked = false;
    this.#sipi = -1;
  }

  save(): X86State {
    const { view } = this.control;
    return {
      registers: this.state.save(),
      control: Uint8Array.from(new Uint8Array(view.buffer, view.byteOffset, CONTROL_BLOCK_SIZE)),
      msrs: [...this.processor.msrs.others].map(([index, value]) => [index, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))]),
      instructions: this.processor.instructions, pendingDebug: this.processor.pendingDebug,
      interrupt: this.#interrupt, nmi: this.#nmi, smi: this.#smi, init: this.#init, sipi: this.#sipi,
    };
  }

  #restore(saved: X86State): void {
    const { view } = this.control, p = this.processor;
    this.state.load(saved.registers);
    new Uint8Array(view.buffer, view.byteOffset, CONTROL_BLOCK_SIZE).set(saved.control);
    for (const [index, low, high] of saved.msrs) p.msrs.others.set(index, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));
    p.instructions = saved.instructions;
    p.pendingDebug = saved.pendingDebug;
    this.setIntr(saved.interrupt);
    this.#nmi = saved.nmi;
    this.#smi = saved.smi;
    this.#init = saved.init;
    this.#sipi = saved.sipi;
    p.translation.forgetAll();
  }

  destroy(): void {
    this.engine.destroy();
    this.#host.host.release(this.#controlAt);
  }
}
