/** The processor at hand as an oracle: compiles the harness once and runs batches of cases through it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { INITIAL_STATE, readXsave, type VectorState, writeXsave, XSAVE_SIZE } from './vector-state.ts';

export const CODE = 0x20000000;
export const DATA = 0x10000000;
export const WINDOW = DATA + 4096 - 128;
export const WINDOW_SIZE = 256;

/** One instruction and what it finds. */
export interface Case {
  readonly row: string;
  readonly bytes: Uint8Array;
  /** How many instructions the bytes are; one unless told. */
  readonly count?: number;
  /** Offset in the code pages. */
  readonly offset: number;
  readonly legacy: boolean;
  readonly registers: BigUint64Array;
  readonly flags: number;
  readonly memory: Uint8Array;
  /** x87, SSE and AVX state; without it the initial one. */
  readonly state?: VectorState;
  /** Flags that are compared. */
  readonly mask: number;
}
/** What the instruction did; `vector` is −1 unless it faulted. */
export interface Outcome {
  readonly vector: number;
  readonly address: number;
  readonly rip: number;
  readonly registers: BigUint64Array;
  readonly flags: number;
  readonly memory: Uint8Array;
  readonly state: VectorState;
}

const INPUT = 16 + 8 + 128 + 8 + WINDOW_SIZE + XSAVE_SIZE;
const OUTPUT = 8 + 8 + 8 + 128 + 8 + WINDOW_SIZE + XSAVE_SIZE;
const SIGTRAP = 5, SIGSEGV = 11;

/** Why there is no oracle here, or `undefined`. */
export function missing(): string | undefined {
  if (arch() !== 'x64' || platform() !== 'linux') return `needs Linux on x86-64, this is ${platform()} on ${arch()}`;
  return spawnSync('gcc', ['--version']).status === 0 ? undefined : 'needs gcc';
}

export class Native {
  readonly #folder = mkdtempSync(join(tmpdir(), 'polyvisor-native-'));
  readonly #program = join(this.#folder, 'harness');

  constructor() {
    execFileSync('gcc', ['-O1', '-o', this.#program, fileURLToPath(new URL('harness.c', import.meta.url))]);
  }

  run(cases: readonly Case[]): Outcome[] {
    const input = new Uint8Array(cases.length * INPUT), view = new DataView(input.buffer);
    cases.forEach((c, i) => {
      const at = i * INPUT;
      input.fill(0xcc, at, at + 16);
      input.set(c.bytes, at);
      view.setUint32(at + 16, c.offset, true);
      view.setUint32(at + 20, c.legacy ? 1 : 0, true);
      c.registers.forEach((value, r) => view.setBigUint64(at + 24 + r * 8, value, true));
      view.setBigUint64(at + 152, BigInt(c.flags), true);
      input.set(c.memory, at + 160);
      writeXsave(input.subarray(at + 160 + WINDOW_SIZE, at + INPUT), c.state ?? INITIAL_STATE);
    });
    const { status, stdout } = spawnSync(this.#program, { input, maxBuffer: 2 ** 31 });
    if (status !== 0 || stdout.length !== cases.length * OUTPUT) {
      throw new Error(`the harness ended with ${status ?? 'a signal'} after ${Math.floor(stdout.length / OUTPUT)} of ${cases.length} cases`);
    }
    return cases.map((c, i) => outcome(c, stdout.subarray(i * OUTPUT, (i + 1) * OUTPUT)));
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

function outcome(c: Case, bytes: Uint8Array): Outcome {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const signal = view.getUint32(0, true), trap = view.getUint32(4, true);
  const address = Number(view.getBigUint64(8, true)), rip = Number(view.getBigUint64(16, true));
  const registers = BigUint64Array.from({ length: 16 }, (_, r) => view.getBigUint64(24 + r * 8, true));
  const rest = { registers, flags: view.getUint32(152, true), memory: bytes.slice(160, 160 + WINDOW_SIZE), state: readXsave(bytes.subarray(160 + WINDOW_SIZE)) };
  // INT3 behind the instruction or at a branch's target, or a target that is not mapped: it was executed.
  if (signal === SIGTRAP && trap === 3) return { vector: -1, address: 0, rip: rip - 1, ...rest };
  if (signal === SIGSEGV && trap === 14 && address === rip && rip !== CODE + c.offset) return { vector: -1, address: 0, rip, ...rest };
  return { vector: trap, address: trap === 14 ? address : 0, rip, ...rest };
}
