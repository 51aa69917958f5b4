import {
  Activity, FRAME_SIZE, PolyvisorError, RESUME, WAIT,
  type Backend, type BackendExit, type BackendHost, type InterceptExit, type Problem, type Token, type Vcpu, type Verdict,
} from '@polyvisor/core';
import type { Caller } from './calls/call.ts';
import { dispatch } from './calls/dispatch.ts';
import type { OsConfig } from './config.ts';
import { BLOCKED } from './errno.ts';
import { HostTree } from './files/host-tree.ts';
import type { HostFiles } from './files/host-files.ts';
import { openStreams, processFiles } from './files/setup.ts';
import type { Streams } from './files/streams.ts';
import { FramePool } from './memory/frames.ts';
import { KERNEL_PAGE, LAYOUT_32, LAYOUT_64, Prot } from './memory/layout.ts';
import { PageTables } from './memory/page-tables.ts';
import { ProcessMemory } from './memory/process-memory.ts';
import { UserMemory } from './memory/user-memory.ts';
import { osErrors } from './problems.ts';
import { enterProgram, setIntercepts } from './process/cpu.ts';
import { answerException } from './process/exceptions.ts';
import { Process } from './process/process.ts';
import { report } from './process/report.ts';
import { kernelPage } from './process/segments.ts';
import { Signal } from './process/signals.ts';
import { findProgram, loadProgram } from './process/start.ts';
import type { System } from './process/system.ts';
import type { Alarm, Entropy } from './services.ts';

export interface KernelServices {
  readonly files: Token<HostFiles>;
  readonly streams: Token<Streams>;
  readonly entropy: Token<Entropy>;
  readonly alarm: Token<Alarm>;
  readonly [name: string]: Token<unknown>;
}

/** Number that the only process has. */
const PID = 1000;
/** Status of a program that a signal ended, as shells tell it. */
const SIGNAL_STATUS = 128;
/** Vector of the 32-bit system call. */
const INT_80 = 0x80;

/** The kernel: it loads a program, answers its exceptions and system calls, and ends the machine with it. */
export class Kernel implements Backend<undefined> {
  readonly #config: OsConfig;
  readonly #host: BackendHost<KernelServices>;
  #caller: Caller | undefined;
  #blocked = false;

  constructor(config: OsConfig, host: BackendHost<KernelServices>) {
    this.#config = config;
    this.#host = host;
    const { alarm, streams } = host.services;
    alarm.onRing = () => {
      this.#wake();
    };
    // Input arrives while the machine sleeps; the alarm brings it to the vCPU's thread.
    streams.input.onReady = () => {
      alarm.set(host.clock.now());
    };
  }

  boot(): void {
    const { vcpus } = this.#host;
    this.#caller?.process.descriptors.closeAll();
    this.#blocked = false;
    for (const vcpu of vcpus) {
      setIntercepts(vcpu);
      vcpu.state.setWord('activity', Activity.waitForSipi);
    }
    const [vcpu] = vcpus;
    if (vcpu) this.#caller = this.#start(vcpu);
  }

  handle(vcpu: Vcpu, exit: BackendExit): Verdict {
    const place = `cpu.${vcpu.index}`;
    switch (exit.kind) {
      case 'halted':
        return WAIT;
      case 'intercept':
        return this.#intercept(vcpu, exit, place);
      case 'nested-fault':
        return fault(osErrors['no-memory'](place, { gpa: exit.gpa, access: exit.access, linear: exit.linear }));
      case 'shutdown':
        return fault(osErrors.shutdown(place, { cpu: vcpu.index }));
      case 'hypercall':
        return fault(osErrors['unexpected-exit'](place, { what: exit.instruction }));
      case 'debug':
        return fault(osErrors['no-debugger'](place, { cause: exit.cause, linear: exit.linear }));
      case 'unimplemented': {
        const bytes = Array.from(exit.bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
        return fault(osErrors.unimplemented(place, { text: exit.text, bytes, linear: exit.linear }));
      }
    }
  }

  save(): undefined {
    return undefined;
  }

  destroy(): void {
    this.#host.services.alarm.onRing = undefined;
    this.#host.services.streams.input.onReady = undefined;
    this.#caller?.process.descriptors.closeAll();
  }

  #intercept(vcpu: Vcpu, { info, length }: InterceptExit, place: string): Verdict {
    const caller = this.#caller;
    if (caller === undefined || vcpu.index !== 0) return fault(osErrors['unexpected-exit'](place, { what: info.what }));
    const { process } = caller;
    switch (info.what) {
      case 'syscall':
        return this.#call(vcpu, { ...caller, wide: true }, length);
      case 'softwareInterrupt':
        if (info.vector === INT_80) return this.#call(vcpu, { ...caller, wide: false }, length);
        process.fail(Signal.SEGV, `it used interrupt 0x${info.vector.toString(16)}`);
        break;
      case 'sysenter':
        process.fail(Signal.ILL, 'it used SYSENTER, for which a program needs the address of a vDSO, and there is none');
        break;
      case 'exception':
        answerException(process, info);
        break;
      default:
        return fault(osErrors['unexpected-exit'](place, { what: info.what }));
    }
    return this.#goOn(vcpu, caller);
  }

  /** A system call. One that has to wait leaves RIP at its instruction, so that it is made again. */
  #call(vcpu: Vcpu, caller: Caller, length: number): Verdict {
    const { state } = vcpu;
    const { log } = this.#host;
    const trace = this.#config.trace ? (line: string) => { log.info(line); } : undefined;
    const result = dispatch(caller, { trace });
    if (caller.process.end !== undefined) return this.#goOn(vcpu, caller);
    if (result === BLOCKED) {
      this.#blocked = true;
      state.setWord('activity', Activity.halted);
      return WAIT;
    }
    const next = BigInt.asUintN(64, state.get('rip') + BigInt(length));
    if (caller.wide) {
      // As SYSCALL leaves them (Intel SDM vol. 2B).
      state.set('rcx', next);
      state.set('r11', state.get('rflags'));
    }
    state.set('rip', next);
    state.set('rax', BigInt.asUintN(caller.wide ? 64 : 32, BigInt(result)));
    return RESUME;
  }

  /** Enters the program again, or ends the machine with it. */
  #goOn(vcpu: Vcpu, { process, user }: Caller): Verdict {
    const { end } = process;
    if (end === undefined) return RESUME;
    vcpu.state.setWord('activity', Activity.halted);
    if (end.kind === 'exit') return { kind: 'power-off', status: end.status };
    if (end.unexpected) this.#host.log.guestError(report(process, end, vcpu.state, user));
    return { kind: 'power-off', status: SIGNAL_STATUS + end.signal };
  }

  /** Something happened that a blocked call may wait for: it is made again. */
  #wake(): void {
    const [vcpu] = this.#host.vcpus;
    if (!this.#blocked || vcpu === undefined) return;
    this.#blocked = false;
    vcpu.state.setWord('activity', Activity.active);
  }

  #start(vcpu: Vcpu): Caller {
    const { memory, space, clock, services } = this.#host;
    const config = this.#config;
    const frames = new FramePool(memory, space.ranges());
    if (frames.free < LEAST_FRAMES) throw new PolyvisorError([osErrors['little-memory']('memory', { frames: frames.total })]);
    const tables = new PageTables(memory, frames);
    const kernel = frames.allocate(kernelPage(KERNEL_PAGE));
    tables.map(KERNEL_PAGE, kernel, Prot.read | Prot.write, false);

    const system: System = {
      clock, frames, hostname: config.hostname,
      epoch: BigInt(Math.round(config.epoch)) * 1_000_000n,
      random: (into) => { services.entropy.fill(into); },
      wakeAt: (at) => { services.alarm.set(at); },
      setDescriptor: (entry, low, high) => {
        memory.store(kernel * FRAME_SIZE + entry * 8, 4, low);
        memory.store(kernel * FRAME_SIZE + entry * 8 + 4, 4, high);
      },
    };
    const files = processFiles(new HostTree(services.files), system, () => this.#caller?.process);
    const program = findProgram(files, config);
    const { bits } = program.image;
    const forget = (from: number, to: number): void => { this.#forget(from, to); };
    const processMemory = new ProcessMemory({ layout: bits === 64 ? LAYOUT_64 : LAYOUT_32, frames, tables, forget });
    const user = new UserMemory(memory, processMemory);
    const process = new Process({
      identity: { pid: PID, uid: config.uid, gid: config.gid },
      bits, files, tables, executable: program.path, argv: program.argv, memory: processMemory, workingDirectory: config.cwd,
    });
    openStreams(process.descriptors, services.streams);
    const random = new Uint8Array(16);
    system.random(random);
    const start = loadProgram(program, config, processMemory, user, files, random);
    enterProgram(vcpu, { bits, entry: start.entry, stackPointer: start.stackPointer, pageTables: tables.root });
    return { process, user, system, state: vcpu.state, wide: bits === 64 };
  }

  /** Translations of these addresses became narrower or went away. */
  #forget(start: number, end: number): void {
    const { mmu } = this.#host;
    if ((end - start) / FRAME_SIZE > MOST_SINGLE_FLUSHES) mmu?.flush({ what: 'cpu', cpu: 0 });
    else for (let linear = start; linear < end; linear += FRAME_SIZE) mmu?.flush({ what: 'page', cpu: 0, linear });
  }
}

/** Above so many pages all of a vCPU's translations are dropped at once. */
const MOST_SINGLE_FLUSHES = 32;
/** Frames without which not even the tables and the stack of a program fit. */
const LEAST_FRAMES = 64;

function fault(problem: Problem): Verdict {
  return { kind: 'fault', problem };
}
