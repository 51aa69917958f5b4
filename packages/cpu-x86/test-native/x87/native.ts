/** The processor at hand as an oracle of instructions on x87, SSE and AVX state, through harness.c. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CODE = 0x20000000;
export const DATA = 0x10000000;
const HALF = 896;
/** Memory that a case sets and reports: both sides of the border between two pages. */
export const WINDOW = DATA + 4096 - HALF;
export const WINDOW_SIZE = 2 * HALF;
/** Bytes of an XSAVE area with AVX (Intel SDM vol. 1, 13.4). */
export const AREA = 832;
/** Bytes of code; what is left of them are breakpoints. */
export const CODE_SIZE = 64;

/** A few instructions and what they find. */
export interface StateCase {
  /** Rows of the instructions. */
  readonly rows: readonly string[];
  readonly bytes: Uint8Array;
  /** Offset in the code pages. */
  readonly offset: number;
  readonly legacy: boolean;
  readonly registers: BigUint64Array;
  readonly flags: number;
  /** XSAVE area in the standard format. */
  readonly area: Uint8Array;
  readonly memory: Uint8Array;
}
/** What they did; `vector` is −1 unless one faulted. */
export interface StateOutcome {
  readonly vector: number;
  readonly address: number;
  readonly rip: number;
  readonly registers: BigUint64Array;
  readonly flags: number;
  readonly area: Uint8Array;
  readonly memory: Uint8Array;
}

const INPUT = CODE_SIZE + 8 + 128 + 8 + AREA + WINDOW_SIZE;
const OUTPUT = 8 + 8 + 8 + 128 + 8 + AREA + WINDOW_SIZE;
const SIGTRAP = 5;

export class StateNative {
  readonly #folder = mkdtempSync(join(tmpdir(), 'polyvisor-state-'));
  readonly #program = join(this.#folder, 'harness');

  constructor() {
    execFileSync('gcc', ['-O1', '-o', this.#program, fileURLToPath(new URL('harness.c', import.meta.url))]);
  }

  run(cases: readonly StateCase[]): StateOutcome[] {
    const input = new Uint8Array(cases.length * INPUT), view = new DataView(input.buffer);
    cases.forEach((c, i) => {
      const at = i * INPUT;
      input.fill(0xcc, at, at + CODE_SIZE);
      input.set(c.bytes, at);
      view.setUint32(at + CODE_SIZE, c.offset, true);
      view.setUint32(at + CODE_SIZE + 4, c.legacy ? 1 : 0, true);
      c.registers.forEach((value, r) => view.setBigUint64(at + CODE_SIZE + 8 + r * 8, value, true));
      view.setBigUint64(at + CODE_SIZE + 136, BigInt(c.flags), true);
      input.set(c.area, at + CODE_SIZE + 144);
      input.set(c.memory, at + CODE_SIZE + 144 + AREA);
    });
    const { status, stdout } = spawnSync(this.#program, { input, maxBuffer: 2 ** 31 });
    if (status !== 0 || stdout.length !== cases.length * OUTPUT) {
      throw new Error(`the harness ended with ${status ?? 'a signal'} after ${Math.floor(stdout.length / OUTPUT)} of ${cases.length} cases`);
    }
    return cases.map((_, i) => outcome(stdout.subarray(i * OUTPUT, (i + 1) * OUTPUT)));
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

function outcome(bytes: Uint8Array): StateOutcome {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const signal = view.getUint32(0, true), trap = view.getUint32(4, true);
  const address = Number(view.getBigUint64(8, true)), rip = Number(view.getBigUint64(16, true));
  const registers = BigUint64Array.from({ length: 16 }, (_, r) => view.getBigUint64(24 + r * 8, true));
  const rest = { registers, flags: view.getUint32(152, true), area: Uint8Array.from(bytes.subarray(160, 160 + AREA)), memory: Uint8Array.from(bytes.subarray(160 + AREA)) };
  // INT3 behind the instructions: they were executed.
  if (signal === SIGTRAP && trap === 3) return { vector: -1, address: 0, rip: rip - 1, ...rest };
  return { vector: trap, address: trap === 14 ? address : 0, rip, ...rest };
}
