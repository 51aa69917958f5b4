/** Tier 0 of one virtual processor: the generated interpreter, its decode cache, and what brings it back. */
import {
  Access, FRAME_SHIFT, TLB_ENTRIES, TLB_ENTRY_SIZE, TLB_OFFSETS, TlbTag, VcpuState, type Host, type HostOffset, type VmExit,
} from '@polyvisor/core';
import { MODE, VERDICT } from '../decode/codes.ts';
import { Decoder } from '../decode/decoder.ts';
import { engineBytes } from '../interp/engine-bytes.ts';
import { Vector } from '../meaning/context.ts';
import { meanings } from '../meaning/meanings.ts';
import { ENGINE, ENGINE_BLOCK_SIZE, NOT_CANONICAL, STATUS, TLB_AT } from '../state/engine-layout.ts';
import { formatInstruction } from '../disasm/format.ts';
import { rows } from '../tables/rows.ts';
import { MODE_STACK16 } from '../uop/compile.ts';
import { handlers, PSEUDO_COUNT } from '../uop/handlers.ts';
import { STACK_SEGMENT, UOP } from '../uop/record.ts';
import { DecodeCache, type DecodeCacheOptions } from './decode-cache.ts';
import type { FlatTranslation } from './flat-translation.ts';

interface Generated {
  readonly run: (state: number) => number;
  readonly materialise: (state: number) => void;
  readonly assume: (state: number) => void;
}

/** Bits of a segment's access rights (Intel SDM vol. 3C, 25.4.1): 64-bit code, default size. */
const RIGHTS = { long: 1 << 13, big: 1 << 14 } as const;
const LONG_MODE_ACTIVE = 1 << 10;
const VIRTUAL_8086 = 1 << 17;
/** Instructions in one call of the generated code, so that it is optimised soon and `run` is not held up for long. */
const SLICE = 1 << 20;

let compiled: WebAssembly.Module | undefined;
/** The module is the same for every processor of a process. */
const interpreterModule = (): WebAssembly.Module => (compiled ??= new WebAssembly.Module(engineBytes()));

export interface InterpreterOptions extends DecodeCacheOptions {
  readonly decoder?: Decoder;
}

export class Interpreter {
  readonly state: VcpuState;
  readonly cache: DecodeCache;
  /** Host offset of the vCPU's block. */
  readonly block: HostOffset;
  readonly #host: Host;
  readonly #decoder: Decoder;
  readonly #generated: Generated;
  readonly #fill: (state: number, low: number, high: number, access: number) => number;
  #mode = 0;
  /** Instructions retired; each iteration of a repeated string instruction counts. */
  instructions = 0;

  constructor(host: Host, translation: FlatTranslation, options: InterpreterOptions = {}) {
    this.#host = host;
    this.#decoder = options.decoder ?? new Decoder();
    this.block = host.reserve(ENGINE_BLOCK_SIZE, 64, 'cpu-x86 vcpu');
    this.state = new VcpuState(host.bytes.buffer, this.block);
    this.cache = new DecodeCache(host, this.#decoder, this.block, options);
    translation.attach(this.cache);
    const { fill } = translation.imports();
    this.#fill = fill;
    // Tags of all ones never compare equal.
    host.bytes.fill(0xff, this.block + TLB_AT, this.block + ENGINE_BLOCK_SIZE);
    host.view.setInt32(this.block + ENGINE.tlbTag, TlbTag.first, true);
    const instance = new WebAssembly.Instance(interpreterModule(), {
      host: { memory: host.memory },
      mmu: { fill },
      engine: {
        enter: (_: number, low: number, high: number) => this.#enter(low, high),
        cross: (_: number, low: number, high: number) => this.#cross(low, high),
      },
    });
    this.#generated = instance.exports as unknown as Generated;
  }

  destroy(): void {
    this.cache.destroy();
    this.#host.release(this.block);
  }

  /** Runs at most `budget` instructions. */
  run(budget: number): VmExit {
    this.#synchroniseIn();
    let left = budget;
    for (;;) {
      const slice = Math.min(left, SLICE);
      const status = this.#slice(slice);
      const done = slice - this.#host.view.getInt32(this.block + ENGINE.budget, true);
      this.instructions += done;
      left -= done;
      if (status === STATUS.flush) this.cache.flush();
      else if (status !== STATUS.budget || left === 0) return this.#finish(status);
    }
  }

  /** Runs a function that was translated from straight-line code at RIP instead of the interpreter. */
  runTranslated(translated: (state: number) => number): VmExit {
    this.#synchroniseIn();
    const status = translated(this.block);
    this.instructions += this.#host.view.getInt32(this.block + ENGINE.budget, true);
    return this.#finish(status);
  }

  #slice(budget: number): number {
    const { view } = this.#host;
    view.setInt32(this.block + ENGINE.budget, budget, true);
    return this.#generated.run(this.block);
  }

  #synchroniseIn(): void {
    const { view } = this.#host, { state, block } = this;
    const cs = state.segment('cs'), ss = state.segment('ss');
    const long = (state.low('efer') & LONG_MODE_ACTIVE) !== 0 && (cs.rights & RIGHTS.long) !== 0;
    const real = (state.low('cr0') & 1) === 0 || (state.low('rflags') & VIRTUAL_8086) !== 0;
    this.#mode = long ? MODE.BITS64 : (cs.rights & RIGHTS.big) !== 0 ? MODE.BITS32 : MODE.BITS16;
    if (real) this.#mode |= MODE.REAL_OR_V86;
    if (!long && (ss.rights & RIGHTS.big) === 0) this.#mode |= MODE_STACK16;
    view.setInt32(block + ENGINE.codeMode, this.#mode, true);
    view.setBigUint64(block + ENGINE.codeBase, long ? 0n : cs.base, true);
    view.setBigUint64(block + ENGINE.codeMask, long ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn, true);
    view.setBigUint64(block + ENGINE.target, state.get('rip'), true);
    this.#generated.assume(block);
  }

  /** Frame of a linear code address, or −1 with the exception recorded. */
  #codeFrame(low: number, high: number): number {
    const { view } = this.#host, { block } = this;
    if (this.#fill(block, low, high, Access.execute) !== 0) return -1;
    const entry = block + TLB_AT + ((low >>> FRAME_SHIFT) & (TLB_ENTRIES - 1)) * TLB_ENTRY_SIZE;
    return (low + view.getInt32(entry + TLB_OFFSETS.addend, true)) >>> FRAME_SHIFT;
  }

  /** Answers generated code that has no µop for an address; 0 ends the run with the status left in the block. */
  #enter(low: number, high: number): number {
    const { view } = this.#host;
    const frame = this.#codeFrame(low, high);
    view.setInt32(this.block + ENGINE.uop, frame < 0 ? STATUS.exception : STATUS.flush, true);
    return frame < 0 ? 0 : this.cache.enter(frame, low & 4095, this.#mode);
  }

  #cross(low: number, high: number): number {
    const { view } = this.#host;
    view.setInt32(this.block + ENGINE.uop, STATUS.exception, true);
    const first = this.#codeFrame(low, high);
    if (first < 0) return 0;
    const nextLow = ((low & -4096) + 4096) | 0;
    const long = (this.#mode & MODE.BITS64) !== 0;
    const second = this.#codeFrame(nextLow, nextLow === 0 && long ? (high + 1) | 0 : high);
    return this.cache.cross(first, low & 4095, second, this.#mode);
  }

  #finish(status: number): VmExit {
    const { view } = this.#host, { block, state } = this;
    state.set('rip', view.getBigUint64(block + ENGINE.target, true));
    this.#generated.materialise(block);
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
    const vector = given === NOT_CANONICAL ? (this.#inStack() ? Vector.stack : Vector.protection) : given;
    const errorCode = view.getInt32(block + ENGINE.faultCode, true);
    const linear = vector === 14 ? Number(view.getBigInt64(block + ENGINE.faultLinear, true)) : 0;
    return { kind: 'intercept', length: 0, info: { what: 'exception', vector, errorCode, linear } };
  }

  /** Whether the access that was not canonical went to the stack's segment. */
  #inStack(): boolean {
    const { view } = this.#host, uop = view.getInt32(this.block + ENGINE.uop, true);
    const operand = (view.getUint8(uop + UOP.scale) & STACK_SEGMENT) !== 0;
    const spec = handlers[view.getUint16(uop + UOP.handler, true) - PSEUDO_COUNT];
    if (spec === undefined || meanings[spec.meaning]?.stack !== true) return operand;
    // Besides its operand it uses the stack itself; its own accesses begin where the operand's did not fault.
    if (!spec.operands.some((o) => o.kind === 'm')) return true;
    const top = this.state.get('rsp');
    return operand || BigInt.asIntN(48, top) !== BigInt.asIntN(64, top);
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
      const frame = this.#codeFrame(start | 0, high);
      if (frame < 0) break;
      const at = frame * 4096 + (start & 4095), count = Math.min(read.length - from, 4096 - (start & 4095));
      read.set(bytes.subarray(at, at + count), from);
      have = from + count;
    }
    const verdict = this.#decoder.decode(d, read, 0, have, this.#mode & 7);
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
    const mode = (this.#mode & MODE.BITS64) !== 0 ? 64 : (this.#mode & MODE.BITS32) !== 0 ? 32 : 16;
    return { kind: 'unimplemented', bytes, mode, linear, text: `no meaning for ${mnemonic}: ${formatInstruction(this.cache.decoded)}` };
  }
}
