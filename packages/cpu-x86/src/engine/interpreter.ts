/**
 * The engine in user mode by itself, without the system around it: every exception, system call and instruction that
 * needs a system comes back. For tests and benchmarks of the generated code.
 */
import type { VcpuState} from '@polyvisor/core';
import { type Host, type HostOffset, type VmExit } from '@polyvisor/core';
import { MODE, VERDICT } from '../decode/codes.ts';
import { formatInstruction } from '../disasm/format.ts';
import { Vector } from '../meaning/context.ts';
import { ENGINE, NOT_CANONICAL, STATUS } from '../state/engine-layout.ts';
import { rows } from '../tables/rows.ts';
import type { DecodeCache } from './decode-cache.ts';
import { Engine, type EngineMmu, type EngineOptions } from './engine.ts';
import { faultsInStack } from './stack-fault.ts';

/** Instructions in one call of the generated code, so that it is optimised soon and `run` is not held up for long. */
const SLICE = 1 << 20;

export class Interpreter {
  readonly engine: Engine;
  readonly state: VcpuState;
  readonly cache: DecodeCache;
  readonly block: HostOffset;
  readonly #host: Host;
  /** Instructions retired; each iteration of a repeated string instruction counts. */
  instructions = 0;

  constructor(host: Host, translation: EngineMmu, options: EngineOptions = {}) {
    const nothing = { mmioRead: () => -1, mmioWrite: () => undefined };
    this.#host = host;
    this.engine = new Engine(host, translation, nothing, 0, options);
    this.state = this.engine.state;
    this.cache = this.engine.cache;
    this.block = this.engine.block;
    // The units of user programs are switched on.
    this.state.set('cr0', 0x8000_0023n);
    this.state.set('cr4', 0x4_0620n);
    this.state.set('xcr0', 7n);
  }

  /** Runs at most `budget` instructions. */
  run(budget: number): VmExit {
    let left = budget;
    for (;;) {
      const status = this.engine.execute(Math.min(left, SLICE));
      this.instructions += this.engine.retired;
      left -= this.engine.retired;
      if (status !== STATUS.budget || left === 0) return this.#finish(status);
    }
  }

  /** Runs a function that was translated from straight-line code at RIP instead of the interpreter. */
  runTranslated(translated: (state: number) => number): VmExit {
    const status = this.engine.executeTranslated(translated);
    this.instructions += this.engine.retired;
    return this.#finish(status);
  }

  #finish(status: number): VmExit {
    switch (status) {
      case STATUS.budget: return { kind: 'budget' };
      case STATUS.exception: return this.#exception();
      case STATUS.system: return this.#system();
      default: return this.#unimplemented();
    }
  }

  #exception(): VmExit {
    const { view } = this.#host, { block } = this;
    const given = view.getInt32(block + ENGINE.faultVector, true);
    const vector = given === NOT_CANONICAL ? (faultsInStack(this.engine) ? Vector.stack : Vector.protection) : given;
    const errorCode = view.getInt32(block + ENGINE.faultCode, true);
    const linear = vector === 14 ? Number(view.getBigInt64(block + ENGINE.faultLinear, true)) : 0;
    return { kind: 'intercept', length: 0, info: { what: 'exception', vector, errorCode, linear } };
  }

  /** Decodes the instruction at RIP again: rare exits need more of it than a µop holds. */
  #current(): { mnemonic: string; bytes: Uint8Array; linear: number } {
    const { bytes } = this.#host, d = this.cache.decoded;
    const linear = this.state.get('rip') + this.#host.view.getBigUint64(this.block + ENGINE.codeBase, true);
    const low = Number(BigInt.asIntN(32, linear)), high = Number(BigInt.asIntN(32, linear >> 32n));
    const read = new Uint8Array(15);
    let have = 0;
    for (const [start, from] of [[low, 0], [(low & -4096) + 4096, 4096 - (low & 4095)]] as const) {
      if (from >= read.length) break;
      const at = this.engine.codeAt(start | 0, high);
      if (at < 0) break;
      const count = Math.min(read.length - from, 4096 - (start & 4095));
      read.set(bytes.subarray(at, at + count), from);
      have = from + count;
    }
    const verdict = this.engine.decoder.decode(d, read, 0, have, this.engine.mode & 7);
    const mnemonic = verdict === VERDICT.OK ? (rows[d.row]?.id ?? '') : '';
    return { mnemonic, bytes: read.slice(0, d.length), linear: Number(BigInt.asIntN(64, linear)) };
  }

  #system(): VmExit {
    const { mnemonic, bytes } = this.#current(), length = bytes.length;
    if (mnemonic === 'HLT') {
      this.instructions++;
      this.state.set('rip', this.state.get('rip') + BigInt(length));
      return { kind: 'halted' };
    }
    if (mnemonic === 'SYSCALL') return { kind: 'intercept', length, info: { what: 'syscall' } };
    if (mnemonic === 'CPUID') return { kind: 'intercept', length, info: { what: 'cpuid' } };
    if (mnemonic === 'RDTSC') return { kind: 'intercept', length, info: { what: 'rdtsc' } };
    const vector = mnemonic.startsWith('INTO') ? 4 : mnemonic === 'INT3' ? 3 : (this.cache.decoded.imm & 0xff);
    return { kind: 'intercept', length, info: { what: 'softwareInterrupt', vector } };
  }

  #unimplemented(): VmExit {
    const { mnemonic, bytes, linear } = this.#current();
    const mode = (this.engine.mode & MODE.BITS64) !== 0 ? 64 : (this.engine.mode & MODE.BITS32) !== 0 ? 32 : 16;
    return { kind: 'unimplemented', bytes, mode, linear, text: `no meaning for ${mnemonic}: ${formatInstruction(this.cache.decoded)}` };
  }
}
