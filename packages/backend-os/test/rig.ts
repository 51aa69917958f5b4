import {
  MMU_BLOCK_END, VCPU_STATE_ALIGN,
  type AddressSpace, type BackendExit, type Host, type QuadRegister, type Verdict,
} from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { WalkMmu, defaultWalkOptions } from '@polyvisor/mmu-npt';
import { FakeClock, FakeIo, RecordingLog, ScriptedVcpu } from '@polyvisor/testkit';
import { CALLS } from '../src/calls/table.ts';
import { osConfig } from '../src/config.ts';
import { memoryFiles, type MemoryFile } from '../src/files/memory-files.ts';
import type { Streams } from '../src/files/streams.ts';
import { Kernel } from '../src/kernel.ts';
import type { Alarm } from '../src/services.ts';
import { makeElf } from './elf.ts';
import { ScriptedInput, RecordingOutput } from './streams.ts';

export interface RigOptions {
  readonly files?: Readonly<Record<string, MemoryFile>>;
  /** The program's file, at /bin/program. */
  readonly program?: Uint8Array;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Bytes; default 4 MiB. */
  readonly memory?: number;
}

/** Linear address of memory that tests may use as they like; it is mapped when the rig is made. */
export const SCRATCH = 0x1000_0000;
const SCRATCH_SIZE = 0x10000;
const REGISTERS: Readonly<Record<32 | 64, readonly QuadRegister[]>> = {
  64: ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'], 32: ['rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp'],
};

/** A kernel with a program that does what the test says: its system calls, its faults, its accesses. */
export class OsRig {
  readonly input = new ScriptedInput();
  readonly output = new RecordingOutput();
  readonly error = new RecordingOutput();
  readonly clock = new FakeClock();
  readonly log = new RecordingLog();
  readonly alarms: number[] = [];
  readonly vcpu: ScriptedVcpu;
  readonly kernel: Kernel;
  readonly bits: 32 | 64;
  readonly #mmu: WalkMmu;
  readonly #host: Host;
  readonly #space: AddressSpace;
  readonly #alarm: Alarm = { set: (at) => { this.alarms.push(at); }, cancel: () => undefined, onRing: undefined };

  constructor(options: RigOptions = {}) {
    const bytes = options.memory ?? 4 * 2 ** 20;
    const host = createHost({ frames: bytes + 2 ** 21 });
    this.#host = host;
    const space = host.createAddressSpace({ name: 'guest' });
    this.#space = space;
    space.populate(0, bytes / 4096, 7);
    this.#mmu = new WalkMmu({ strategy: 'ept', ...defaultWalkOptions }, { host, space, cpus: 1 });
    const io = new FakeIo();
    const { clock, log } = this;
    this.vcpu = new ScriptedVcpu({ program: [] }, { index: 0, host, space, mmu: this.#mmu, io, clock, log }, undefined);
    this.#mmu.attach(0, host.reserve(MMU_BLOCK_END, VCPU_STATE_ALIGN, 'TLB'));
    const program = options.program ?? makeElf();
    const files = memoryFiles({ '/bin/program': program, ...options.files });
    const streams: Streams = { input: this.input, output: this.output, error: this.error };
    const entropy = { fill: (into: Uint8Array) => { into.fill(0x5a); } };
    this.bits = program[4] === 1 ? 32 : 64;
    this.kernel = new Kernel(osConfig.parse({ program: '/bin/program', ...options.config }), {
      vcpus: [this.vcpu], space, ram: space.ranges(), mmu: this.#mmu, memory: space.dma(), io, clock, log, services: { files, streams, entropy, alarm: this.#alarm },
    });
    this.kernel.boot();
    const before = this.vcpu.state.save();
    this.call(this.bits === 64 ? 'mmap' : 'mmap2', SCRATCH, SCRATCH_SIZE, 3, 0x32, -1, 0);
    // The program's registers are those of its start.
    this.vcpu.state.load(before);
  }

  /** Makes a system call; what the program finds in RAX. `undefined` when the program did not go on. */
  call(name: string, ...args: readonly number[]): number | undefined {
    return this.answer(name, ...args).kind === 'resume' ? this.result : undefined;
  }

  answer(name: string, ...args: readonly number[]): Verdict {
    const wide = this.bits === 64;
    const call = CALLS.find((c) => c.name === name && (wide ? c.x64 : c.i386) >= 0);
    return this.answerNumber(call === undefined ? Number(name) : wide ? call.x64 : call.i386, ...args);
  }

  answerNumber(number: number, ...args: readonly number[]): Verdict {
    const { state } = this.vcpu;
    state.set('rax', BigInt(number));
    REGISTERS[this.bits].forEach((name, i) => { state.set(name, BigInt.asUintN(this.bits, BigInt(args[i] ?? 0))); });
    return this.again();
  }

  /** The program comes to its system call instruction, again. */
  again(): Verdict {
    const info = this.bits === 64 ? { what: 'syscall' as const } : { what: 'softwareInterrupt' as const, vector: 0x80 };
    return this.kernel.handle(this.vcpu, { kind: 'intercept', length: 2, info });
  }

  /** What is in RAX: a negated error number, or a value. */
  get result(): number {
    const rax = this.vcpu.state.get('rax');
    const signed = Number(BigInt.asIntN(this.bits, rax));
    return signed < 0 && signed > -4096 ? signed : Number(rax);
  }

  exit(exit: BackendExit): Verdict {
    return this.kernel.handle(this.vcpu, exit);
  }

  fault(linear: number, errorCode: number): Verdict {
    return this.exit({ kind: 'intercept', length: 2, info: { what: 'exception', vector: 14, errorCode, linear } });
  }

  ring(): void {
    this.#alarm.onRing?.();
  }

  /** What hardware makes of an access by the program. */
  translate(linear: number, access = 1, cpl = 3) {
    return this.#mmu.translate(this.vcpu.state, linear, access, cpl);
  }

  /** Writes as the program would, with page faults answered. */
  poke(linear: number, bytes: Uint8Array | string): number {
    const from = typeof bytes === 'string' ? Uint8Array.from(bytes, (c) => c.charCodeAt(0)) : bytes;
    for (const [i, byte] of from.entries()) this.#host.bytes[this.#reach(linear + i, 2)] = byte;
    return linear;
  }

  peek(linear: number, length: number): Uint8Array {
    return Uint8Array.from({ length }, (_, i) => this.#host.bytes[this.#reach(linear + i, 1)]!);
  }

  view(linear: number, length: number): DataView {
    return new DataView(this.peek(linear, length).buffer);
  }

  text(linear: number, length: number): string {
    return String.fromCharCode(...this.peek(linear, length));
  }

  /** An entry of the descriptor table, as hardware would read it for itself. */
  descriptor(entry: number): readonly [low: number, high: number] {
    const found = this.translate(Number(BigInt.asIntN(64, this.vcpu.state.get('gdtrBase'))) + entry * 8, 1, 0);
    if (found.kind !== 'ok') throw new Error('the descriptor table is not mapped');
    const at = this.#space.translate(found.gpa, 1);
    return [this.#host.view.getUint32(at, true), this.#host.view.getUint32(at + 4, true)];
  }

  #reach(linear: number, access: 1 | 2): number {
    let found = this.translate(linear, access);
    if (found.kind === 'page-fault') {
      const verdict = this.fault(linear, found.errorCode);
      if (verdict.kind !== 'resume') throw new Error(`the program died of an access to 0x${linear.toString(16)}`);
      found = this.translate(linear, access);
    }
    if (found.kind !== 'ok') throw new Error(`0x${linear.toString(16)} cannot be reached: ${found.kind}`);
    return this.#space.translate(found.gpa, access);
  }
}
