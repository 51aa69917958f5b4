import {
  FRAME_SIZE, PolyvisorError,
  type AddressSpace, type Backend, type BackendExit, type MachineEvents, type Vcpu, type Verdict, type VmExit,
} from '@polyvisor/core';
import type { MachineClock } from '../clock/clocks.ts';
import type { EventLoop } from '../clock/event-loop.ts';

/** What ends a run loop. */
export type Stop = Exclude<Verdict, { readonly kind: 'resume' | 'wait' }>;

interface LoopParts {
  readonly vcpus: readonly Vcpu[];
  readonly backend: Backend;
  readonly current: { index: number };
  readonly space: AddressSpace;
  readonly claims: (gpa: number) => boolean;
}

/** Longest time the event loop is kept waiting, in nanoseconds of host time. */
const SLICE = 1_000_000;
/** Instructions between two looks at the clock: well below a slice at the speed of an interpreter. */
const QUANTUM = 20_000;
/** By how much turns differ: a prime, which no loop's length divides. */
const SPREAD = 1021;

/**
 * Runs the vCPUs in turns on this thread, in slices, so that the event loop lives. When all of them sleep it waits
 * for the next timer or for somebody to wake it, and burns nothing.
 */
export class RunLoop {
  /** Set by devices (power off, reset) while a vCPU runs; looked at after each exit. */
  request: Stop | undefined;
  readonly #vcpus: readonly Vcpu[];
  readonly #backend: Backend;
  readonly #current: { index: number };
  readonly #parts: LoopParts;
  readonly #clock: MachineClock;
  readonly #events: MachineEvents;
  readonly #loop: EventLoop;
  readonly #onStop: (stop: Stop) => void;
  #running = false;
  #scheduled = false;
  #inSlice = false;
  #cancelSleep: (() => void) | undefined;

  constructor(
    parts: LoopParts,
    clock: MachineClock,
    events: MachineEvents,
    loop: EventLoop,
    onStop: (stop: Stop) => void,
  ) {
    this.#vcpus = parts.vcpus;
    this.#backend = parts.backend;
    this.#current = parts.current;
    this.#parts = parts;
    this.#clock = clock;
    this.#events = events;
    this.#loop = loop;
    this.#onStop = onStop;
    clock.queue.onEarlier = () => {
      if (this.#cancelSleep) this.wake();
    };
  }

  start(): void {
    this.#running = true;
    this.#clock.go();
    this.#schedule();
  }

  /** Takes effect at once: between slices nothing runs, and within one it ends after the current exit. */
  stop(): void {
    if (this.#running) this.#clock.stop();
    this.#running = false;
    this.#endSleep();
    for (const vcpu of this.#vcpus) vcpu.kick();
  }

  /** Something happened that a sleeping vCPU may wait for. */
  wake(): void {
    this.#endSleep();
    if (this.#running && !this.#inSlice) this.#schedule();
  }

  /** For tests and tools: runs at most `budget` instructions of each vCPU here and now, without the event loop. */
  runNow(budget: number): void {
    this.#clock.go();
    this.#running = true;
    let left = budget;
    while (this.#isRunning() && left > 0) {
      this.#clock.expire();
      const before = this.#retired();
      if (!this.#turn(Math.min(left, QUANTUM)) && !this.#clock.skip()) break;
      left -= Math.max(1, this.#retired() - before);
    }
    if (this.#isRunning()) this.#clock.stop();
    this.#running = false;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#loop.soon(() => {
      this.#scheduled = false;
      if (!this.#running) return;
      this.#inSlice = true;
      const rest = this.#slice();
      this.#inSlice = false;
      if (rest === 'more') this.#schedule();
      else if (rest === 'sleep') this.#sleep();
    });
  }

  #slice(): 'more' | 'sleep' | 'stopped' {
    const end = this.#loop.now() + SLICE;
    do {
      this.#clock.work();
      this.#clock.expire();
      this.#takeRequest();
      if (!this.#running) return 'stopped';
      if (!this.#turn(QUANTUM) && !this.#clock.skip()) {
        this.#clock.rest();
        return this.#isRunning() ? 'sleep' : 'stopped';
      }
    } while (this.#isRunning() && this.#loop.now() < end);
    return this.#isRunning() ? 'more' : 'stopped';
  }

  /** Asked again after calls that may have stopped the loop, which the compiler does not see. */
  #isRunning(): boolean {
    return this.#running;
  }

  #takeRequest(): void {
    const { request } = this;
    if (!request) return;
    this.request = undefined;
    this.#onStop(request);
  }

  /** One turn for each runnable vCPU; false when all of them sleep. */
  #turn(quantum: number): boolean {
    let ran = false;
    for (const vcpu of this.#vcpus) {
      if (!vcpu.runnable) continue;
      ran = true;
      this.#current.index = vcpu.index;
      const exit = vcpu.run(this.#events.step.active ? this.#step(vcpu) : Math.min(this.#share(vcpu, quantum), this.#clock.budget()));
      this.#answer(vcpu, exit);
      if (!this.#running) return ran;
    }
    return ran;
  }

  /**
   * Turns of different lengths, as the vCPU's own count says: with equal ones a spin lock could be seen at the same point of
   * another vCPU's loop each time, and never free.
   */
  #share(vcpu: Vcpu, quantum: number): number {
    return this.#vcpus.length > 1 && quantum > SPREAD ? quantum - (vcpu.instructions % SPREAD) : quantum;
  }

  #step(vcpu: Vcpu): number {
    this.#events.step.emit({ cpu: vcpu.index, time: this.#clock.now() });
    return 1;
  }

  #answer(vcpu: Vcpu, exit: VmExit): void {
    if (exit.kind !== 'budget' && exit.kind !== 'kicked') this.#handle(vcpu, exit);
    if (this.#running) this.#takeRequest();
  }

  #handle(vcpu: Vcpu, exit: BackendExit): void {
    if (exit.kind === 'nested-fault' && this.#showDevice(exit.gpa)) return;
    const verdict = this.#backend.handle(vcpu, exit);
    const point = this.#events.exit;
    if (point.active) point.emit({ cpu: vcpu.index, exit: { ...exit }, verdict: verdict.kind, time: this.#clock.now() });
    if (verdict.kind !== 'resume' && verdict.kind !== 'wait') this.request ??= verdict;
  }

  /** A region that was moved to where the address space has nothing: made device memory when the guest first looks. */
  #showDevice(gpa: number): boolean {
    const { space, claims } = this.#parts;
    const gfn = Math.floor(gpa / FRAME_SIZE);
    if (!claims(gpa) || space.lookup(gfn).kind !== 'absent') return false;
    try {
      space.mapMmio(gfn, 1);
    } catch (error) {
      // Tables take frames, and there is none: the backend says what that means.
      if (error instanceof PolyvisorError) return false;
      throw error;
    }
    return true;
  }

  #sleep(): void {
    const wait = this.#clock.wait();
    if (wait === Infinity) {
      this.#cancelSleep = () => undefined;
      return;
    }
    this.#cancelSleep = this.#loop.after(wait, () => {
      this.wake();
    });
  }

  #endSleep(): void {
    this.#cancelSleep?.();
    this.#cancelSleep = undefined;
  }

  #retired(): number {
    return this.#vcpus.reduce((sum, vcpu) => sum + vcpu.instructions, 0);
  }
}
