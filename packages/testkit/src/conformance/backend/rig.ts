import {
  Activity, FRAME_SIZE, GENERAL_REGISTERS, decodeSnapshot, encodeSnapshot, openSection, saveSection,
  type Backend, type BackendExit, type Section, type Verdict,
} from '@polyvisor/core';
import { FakeAddressSpace } from '../../fakes/fake-address-space.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { FakeHost } from '../../fakes/fake-host.ts';
import { FakeIo } from '../../fakes/fake-io.ts';
import { FakeMmu } from '../../fakes/fake-mmu.ts';
import { fakeServices } from '../../fakes/fake-services.ts';
import { RecordingLog } from '../../fakes/power.ts';
import { Random } from '../../random/random.ts';
import { ScriptedVcpu } from '../../scripted-vcpu/scripted-vcpu.ts';
import type { ScriptedState } from '../../scripted-vcpu/scripted-state.ts';
import { Trace } from '../../trace/trace.ts';
import { difference } from '../values.ts';
import type { BackendSubject } from './options.ts';
import { RecordingDma } from './recording-dma.ts';

export interface BackendStart {
  /** Restore from this, with vCPUs and memory as they are in `like`. */
  readonly section?: Section | undefined;
  readonly like?: BackendRig;
  readonly around?: <T>(act: () => T) => T;
}

/** The answer to one exit, and what came of it. */
export interface Answer {
  readonly verdict: unknown;
  /** What changed: a register, the control block, memory, a device; `undefined` when nothing did. */
  readonly effect: string | undefined;
}

/** Frames that belong to nobody the guest knows. */
const CANARIES = 16;
const CANARY = 0xa5;
const RIP = 0x1000n;
/** Calls of one answer; a hypercall may copy pages, not all of memory. */
const MOST_CALLS = 65536;

/** One backend over fakes and scripted vCPUs. It is booted unless it was restored. */
export class BackendRig {
  readonly subject: BackendSubject;
  readonly trace = new Trace();
  readonly host: FakeHost;
  readonly space: FakeAddressSpace;
  readonly vcpus: readonly ScriptedVcpu[];
  readonly backend: Backend;
  readonly #canaries: readonly number[];
  readonly #around: <T>(act: () => T) => T;

  constructor(subject: BackendSubject, start: BackendStart = {}) {
    this.subject = subject;
    this.#around = start.around ?? ((act) => act());
    const { plugin, config } = subject;
    this.trace.maxCalls = MOST_CALLS;
    const layout = this.#around(() => plugin.layout(subject.memory, config));
    const frames = layout.reduce((sum, range) => sum + range.count, 0);
    this.host = new FakeHost({ frames: frames + 2 * CANARIES, reserved: 0x10000 + subject.cpus * 0x8000 });
    this.space = new FakeAddressSpace(this.host, { name: 'guest' });
    const before = this.#allocateCanaries();
    for (const range of layout) this.space.populate(range.gfn, range.count, range.rights);
    this.#canaries = [...before, ...this.#allocateCanaries()];

    const io = new FakeIo(this.trace);
    const clock = new FakeClock(start.like ? 1000 : 0, this.trace);
    const log = new RecordingLog();
    const mmu = new FakeMmu();
    this.vcpus = Array.from({ length: subject.cpus }, (_, index) =>
      new ScriptedVcpu({ program: [] }, { index, host: this.host, space: this.space, mmu, io, clock, log }, start.like?.vcpus[index]?.save()));
    if (start.like) this.#copyMemory(start.like);
    const random = new Random(subject.seed);
    const services = fakeServices(plugin.services, subject.options.services?.({ trace: this.trace, random }) ?? {}, this.trace);
    const memory = new RecordingDma(this.space.dma(), this.trace);
    const saved = start.section === undefined ? undefined : openSection('backend', plugin.state, start.section);
    const backendHost = { vcpus: this.vcpus, space: this.space, ram: this.space.ranges(), mmu: undefined, memory, io, clock, log, services };
    this.backend = this.#around(() => plugin.create(config, backendHost, saved));
    if (!start.like) this.boot('power-on');
  }

  boot(why: 'power-on' | 'warm'): void {
    this.trace.startOperation();
    this.#around(() => { this.backend.boot(why); });
  }

  /** Asks for the answer to `exit` as the machine would. Throws what the backend throws. */
  answer(exit: BackendExit, cpu = 0): Answer {
    const vcpu = this.vcpus[cpu]!;
    // An engine delivers what was injected before it exits again.
    vcpu.control.clearInjected();
    if (exit.kind === 'halted') vcpu.state.setWord('activity', Activity.halted);
    const before = this.vcpuStates();
    const mappings = this.space.changes;
    const mark = this.trace.entries.length;
    this.trace.startOperation();
    const verdict = this.#around(() => this.backend.handle(vcpu, exit));
    const remapped = this.space.changes === mappings ? undefined : 'mappings changed';
    return { verdict, effect: difference(before, this.vcpuStates(), 'vcpus') ?? this.trace.entries[mark] ?? remapped };
  }

  /** General registers as a guest might leave them, or zeros. */
  setRegisters(random: Random | undefined, cpu = 0): void {
    const { state } = this.vcpus[cpu]!;
    state.setWord('activity', Activity.active);
    state.set('rip', RIP);
    for (const name of GENERAL_REGISTERS) {
      if (random) state.setHalves(name, random.value(), random.chance(1, 2) ? 0 : random.value());
      else state.set(name, 0n);
    }
  }

  /** As a snapshot would carry it. Throws when the state does not fit its schema. */
  save(): Section | undefined {
    const { plugin } = this.subject;
    const section = this.#around(() => saveSection('backend', plugin.kind, plugin.state, () => this.backend.save()));
    if (!section) return undefined;
    const bytes = encodeSnapshot({ format: 'polyvisor', version: 1, description: null, sections: [section] });
    return decodeSnapshot(bytes).sections[0];
  }

  vcpuStates(): readonly ScriptedState[] {
    return this.vcpus.map((vcpu) => vcpu.save());
  }

  /** Guest memory, all ranges one after the other. */
  guestMemory(): Uint8Array {
    const pages: Uint8Array[] = [];
    for (const { gfn, count } of this.space.ranges()) {
      for (let i = 0; i < count; i += 1) pages.push(this.#page(this.space.lookup(gfn + i).mfn));
    }
    const out = new Uint8Array(pages.length * FRAME_SIZE);
    pages.forEach((page, i) => { out.set(page, i * FRAME_SIZE); });
    return out;
  }

  /** Whether a byte outside guest memory changed. */
  get escaped(): boolean {
    return this.#canaries.some((mfn) => this.#page(mfn).some((byte) => byte !== CANARY));
  }

  #allocateCanaries(): number[] {
    return Array.from({ length: CANARIES }, () => {
      const mfn = this.host.frames.allocate();
      this.#page(mfn).fill(CANARY);
      return mfn;
    });
  }
  #page(mfn: number): Uint8Array {
    const at = this.host.frames.offset(mfn);
    return this.host.bytes.subarray(at, at + FRAME_SIZE);
  }
  #copyMemory(like: BackendRig): void {
    for (const { gfn, count } of like.space.ranges()) {
      for (let i = 0; i < count; i += 1) {
        const here = this.space.lookup(gfn + i);
        if (here.kind === 'ram') this.#page(here.mfn).set(like.#page(like.space.lookup(gfn + i).mfn));
      }
    }
  }
}

const KINDS = ['resume', 'wait', 'power-off', 'reset', 'fault'];

/** What is wrong with a verdict, or `undefined`. */
export function verdictProblem(verdict: unknown): string | undefined {
  if (typeof verdict !== 'object' || verdict === null || !('kind' in verdict)) return `the answer is ${String(verdict)}, which is no verdict`;
  const { kind } = verdict;
  if (typeof kind !== 'string' || !KINDS.includes(kind)) return `there is no verdict "${String(kind)}"`;
  if (kind === 'power-off' && !('status' in verdict && Number.isInteger(verdict.status))) return 'power-off needs an integer status';
  if (kind === 'fault' && !('problem' in verdict && typeof verdict.problem === 'object' && verdict.problem !== null)) return 'a fault needs a problem';
  return undefined;
}

/** A verdict that `verdictProblem` has nothing against. */
export function asVerdict(verdict: unknown): Verdict | undefined {
  return verdictProblem(verdict) === undefined ? (verdict as Verdict) : undefined;
}
