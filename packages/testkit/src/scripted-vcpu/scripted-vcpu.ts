import {
  Access, Activity, CONTROL_BLOCK_ALIGN, CONTROL_BLOCK_SIZE, ControlBlock, EventType, VCPU_STATE_ALIGN, VCPU_STATE_SIZE,
  VcpuState,
  type CpuHost, type HostOffset, type Vcpu, type VmExit,
} from '@polyvisor/core';
import { compile, type Compiled, type Instruction } from './compile.ts';
import type { ScriptedConfig, Size } from './config.ts';
import type { ScriptedState } from './scripted-state.ts';

/** RFLAGS.IF (Intel SDM vol. 1 §3.4.3.3); bit 1 of RFLAGS is always set. */
const IF = 0x200;
const RFLAGS_RESET = 2;

const BUDGET: VmExit = Object.freeze({ kind: 'budget' });
const KICKED: VmExit = Object.freeze({ kind: 'kicked' });
const HALTED: VmExit = Object.freeze({ kind: 'halted' });
const SHUTDOWN: VmExit = Object.freeze({ kind: 'shutdown' });

/**
 * A vCPU whose program is data. RIP counts instructions from 0 and is the program counter, so a backend that skips an
 * instruction of length 1 goes to the next step.
 *
 *     active ──HLT──▶ halted ──INTR with IF, NMI, injected event──▶ active
 *     active ──end of program──▶ halted or shutdown, or RIP 0 again
 *     wait-for-SIPI ──sipi──▶ active (RIP 0)
 *
 * The program has no exception handlers: an injected hardware exception is recorded and the step it hits is skipped.
 */
export class ScriptedVcpu implements Vcpu<ScriptedState> {
  readonly index: number;
  readonly state: VcpuState;
  readonly control: ControlBlock;
  /** Vectors of the interrupts it accepted, in order. */
  readonly vectors: number[] = [];
  /** Events that were injected and delivered, in order. */
  readonly delivered: { readonly vector: number; readonly type: number }[] = [];
  readonly #config: ScriptedConfig;
  readonly #host: CpuHost;
  readonly #program: Compiled;
  readonly #blocks: readonly [HostOffset, HostOffset];
  readonly #counters: number[];
  #instructions = 0;
  #intr = false;
  #nmi = false;
  #kicked = false;
  #returnTo = -1;
  #reported = -1;

  constructor(config: ScriptedConfig, host: CpuHost, saved: ScriptedState | undefined) {
    this.#config = config;
    this.#host = host;
    this.index = host.index;
    this.#program = compile(config, host.index);
    const registers = host.host.reserve(VCPU_STATE_SIZE, VCPU_STATE_ALIGN, `cpu${host.index}.state`);
    const control = host.host.reserve(CONTROL_BLOCK_SIZE, CONTROL_BLOCK_ALIGN, `cpu${host.index}.control`);
    this.#blocks = [registers, control];
    this.state = new VcpuState(host.host.bytes.buffer, registers);
    this.control = new ControlBlock(host.host.bytes.buffer, control);
    this.#counters = Array.from({ length: this.#program.counters }, () => 0);
    if (!saved) {
      this.reset();
      return;
    }
    this.state.load(saved.registers);
    this.#controlBytes().set(saved.control);
    this.#counters.splice(0, this.#counters.length, ...saved.counters);
    this.#instructions = saved.instructions;
    this.#intr = saved.intr;
    this.#nmi = saved.nmi;
    this.#kicked = saved.kicked;
    this.#returnTo = saved.returnTo;
    this.#reported = saved.reported;
    this.vectors.push(...saved.vectors);
    this.delivered.push(...saved.delivered);
  }

  get instructions(): number {
    return this.#instructions;
  }
  get runnable(): boolean {
    const activity = this.state.word('activity');
    return this.#kicked || activity === Activity.active || (activity === Activity.halted && this.#wakes());
  }

  run(budget: number): VmExit {
    const last = this.#instructions + budget;
    for (;;) {
      if (this.#kicked) {
        this.#kicked = false;
        return KICKED;
      }
      const activity = this.state.word('activity');
      if (activity === Activity.shutdown) return SHUTDOWN;
      if (activity === Activity.waitForSipi) return HALTED;
      if (activity === Activity.halted && !this.#wakes()) return HALTED;
      this.#deliver();
      if (this.state.word('activity') === Activity.halted) return HALTED;
      if (this.#instructions >= last) return BUDGET;
      const exit = this.#step();
      if (exit) return exit;
    }
  }

  kick(): void {
    this.#kicked = true;
  }
  setIntr(asserted: boolean): void {
    this.#intr = asserted;
  }
  nmi(): void {
    this.#nmi = true;
  }
  /** There is no system management mode here; the request is recorded as a delivered event of type 1. */
  smi(): void {
    this.delivered.push({ vector: 0, type: 1 });
  }
  init(): void {
    this.#powerOn();
    this.state.setWord('activity', this.index === 0 ? Activity.active : Activity.waitForSipi);
  }
  /** The vector is not an address here: the program begins at RIP 0. */
  sipi(_vector: number): void {
    if (this.state.word('activity') === Activity.waitForSipi) this.state.setWord('activity', Activity.active);
  }

  reset(): void {
    this.control.clear();
    this.#instructions = 0;
    this.vectors.length = 0;
    this.delivered.length = 0;
    this.#kicked = false;
    this.init();
  }

  save(): ScriptedState {
    return {
      registers: this.state.save(),
      control: Uint8Array.from(this.#controlBytes()),
      instructions: this.#instructions,
      counters: [...this.#counters],
      intr: this.#intr,
      nmi: this.#nmi,
      kicked: this.#kicked,
      returnTo: this.#returnTo,
      reported: this.#reported,
      vectors: [...this.vectors],
      delivered: this.delivered.map((e) => ({ ...e })),
    };
  }
  destroy(): void {
    for (const block of this.#blocks) this.#host.host.release(block);
  }

  #powerOn(): void {
    this.state.load(new Uint8Array(VCPU_STATE_SIZE));
    this.state.set('rflags', BigInt(RFLAGS_RESET | (this.#config.interrupts === true ? IF : 0)));
    this.#counters.fill(0);
    this.#nmi = false;
    this.#returnTo = -1;
    this.#reported = -1;
  }

  #controlBytes(): Uint8Array {
    return new Uint8Array(this.control.view.buffer, this.control.view.byteOffset, CONTROL_BLOCK_SIZE);
  }
  #interruptible(): boolean {
    return this.#intr && (this.state.low('rflags') & IF) !== 0;
  }
  #wakes(): boolean {
    return this.#nmi || this.#interruptible() || this.control.injected !== undefined;
  }

  /** Takes what waits at an instruction boundary: the injected event, then NMI, then INTR. */
  #deliver(): void {
    const event = this.control.injected;
    if (event) {
      this.control.clearInjected();
      this.delivered.push({ vector: event.vector, type: event.type });
      this.#wake();
      if (event.type === EventType.externalInterrupt) this.#enterHandler();
      else if (event.type === EventType.hardwareException) this.#goTo(this.#rip() + 1);
      return;
    }
    if (this.#nmi) {
      this.#nmi = false;
      this.vectors.push(2);
      this.#wake();
      return;
    }
    if (!this.#interruptible()) return;
    const vector = this.#host.io.acknowledgeInterrupt(this.index);
    if (vector < 0) return;
    this.vectors.push(vector);
    this.#wake();
    this.#enterHandler();
  }
  #wake(): void {
    this.state.setWord('activity', Activity.active);
  }
  #enterHandler(): void {
    if (this.#program.handler < 0) return;
    this.#returnTo = this.#rip();
    this.state.setHalves('rflags', this.state.low('rflags') & ~IF, this.state.high('rflags'));
    this.#goTo(this.#program.handler);
  }

  #rip(): number {
    return this.state.high('rip') === 0 ? this.state.low('rip') >>> 0 : Number(this.state.get('rip'));
  }
  #goTo(rip: number): void {
    this.state.set('rip', BigInt(rip));
    this.#reported = -1;
  }
  /** Nothing to report: the result is what `run` takes as "go on". */
  #retire(rip: number): VmExit | undefined {
    this.#instructions += 1;
    this.#goTo(rip);
    return undefined;
  }

  #step(): VmExit | undefined {
    const rip = this.#rip();
    const instruction = rip === this.#program.end ? undefined : this.#program.code[rip];
    return instruction ? this.#execute(instruction, rip) : this.#atEnd();
  }
  #atEnd(): VmExit | undefined {
    switch (this.#config.atEnd ?? 'halt') {
      case 'repeat':
        // An empty program would never come back.
        if (this.#program.end > 0) {
          this.#goTo(0);
          return undefined;
        }
        break;
      case 'shutdown':
        this.state.setWord('activity', Activity.shutdown);
        return SHUTDOWN;
      case 'halt':
        break;
    }
    this.state.setWord('activity', Activity.halted);
    return HALTED;
  }

  #execute(i: Instruction, rip: number): VmExit | undefined {
    const { io } = this.#host;
    switch (i.op) {
      case 'out':
        this.#setRax(i.size, i.value);
        if (this.#portIntercepted(i.port, i.size)) return portExit(i, 'out');
        io.pioWrite(i.port, i.size, i.value);
        return this.#retire(rip + 1);
      case 'in':
        if (this.#portIntercepted(i.port, i.size)) return portExit(i, 'in');
        this.#setRax(i.size, io.pioRead(i.port, i.size));
        return this.#retire(rip + 1);
      case 'mmioWrite':
        io.mmioWrite(i.gpa, i.size, i.value);
        return this.#retire(rip + 1);
      case 'mmioRead':
        this.#setRax(i.size, io.mmioRead(i.gpa, i.size));
        return this.#retire(rip + 1);
      case 'store':
      case 'load':
        return this.#access(i, rip);
      case 'exit':
        return this.#raise(i.exit, rip);
      case 'halt':
        if (this.control.intercepts('hlt')) return { kind: 'intercept', length: 1, info: { what: 'hlt' } };
        this.state.setWord('activity', Activity.halted);
        return this.#retire(rip + 1);
      case 'set':
        this.#retire(rip + 1);
        this.state.set(i.register, i.value);
        return undefined;
      case 'loop': {
        const left = (this.#counters[i.slot] === 0 ? i.times : this.#counters[i.slot]!) - 1;
        this.#counters[i.slot] = left;
        return this.#retire(left > 0 ? i.start : rip + 1);
      }
      case 'iret': {
        this.state.setHalves('rflags', this.state.low('rflags') | IF, this.state.high('rflags'));
        const back = this.#returnTo;
        this.#returnTo = -1;
        return this.#retire(back);
      }
    }
  }

  /** A fault or a breakpoint is reported once; entering again retries, and then it passes. */
  #raise(exit: VmExit, rip: number): VmExit | undefined {
    if (exit.kind === 'halted') {
      this.state.setWord('activity', Activity.halted);
      this.#retire(rip + 1);
      return undefined;
    }
    if (exit.kind === 'shutdown') this.state.setWord('activity', Activity.shutdown);
    if (exit.kind === 'nested-fault' || exit.kind === 'debug') {
      if (this.#reported === rip) return this.#retire(rip + 1);
      this.#reported = rip;
    }
    return exit;
  }

  #access(i: { op: string; gpa: number; size: Size; value?: number }, rip: number): VmExit | undefined {
    const { space, host, io } = this.#host;
    const write = i.op === 'store';
    if (space.lookup(Math.floor(i.gpa / 4096)).kind === 'mmio') {
      if (write) io.mmioWrite(i.gpa, i.size, i.value ?? 0);
      else this.#setRax(i.size, io.mmioRead(i.gpa, i.size));
      return this.#retire(rip + 1);
    }
    const access = write ? Access.write : Access.read;
    // All bytes are asked for first: a fault leaves memory as it was.
    const at: number[] = [];
    for (let n = 0; n < i.size; n += 1) {
      const offset = space.translate(i.gpa + n, access);
      if (offset < 0) {
        return { kind: 'nested-fault', gpa: i.gpa + n, access: write ? 'write' : 'read', reason: 'violation', linear: i.gpa + n };
      }
      at.push(offset);
    }
    let value = 0;
    at.forEach((offset, n) => {
      if (write) host.bytes[offset] = (i.value ?? 0) >>> (8 * n);
      else value |= host.bytes[offset]! << (8 * n);
    });
    if (!write) this.#setRax(i.size, value);
    return this.#retire(rip + 1);
  }

  #portIntercepted(port: number, size: Size): boolean {
    if (!this.control.intercepts('ports')) return false;
    for (let n = 0; n < size; n += 1) if (this.control.interceptsPort(port + n)) return true;
    return false;
  }

  #setRax(size: Size, value: number): void {
    if (size === 4) {
      this.state.setHalves('rax', value | 0, 0);
      return;
    }
    const mask = size === 1 ? 0xff : 0xffff;
    this.state.setHalves('rax', (this.state.low('rax') & ~mask) | (value & mask), this.state.high('rax'));
  }
}

function portExit(i: { readonly port: number; readonly size: Size }, direction: 'in' | 'out'): VmExit {
  const info = { what: 'port', port: i.port, size: i.size, direction, string: false, rep: false, linear: 0 } as const;
  return { kind: 'intercept', length: 1, info };
}
