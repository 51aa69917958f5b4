/**
 * Compiles rows into flat decision tables. For each mode (legacy, 64-bit), map and opcode there is one root; a root is
 * either a row, a #UD reason, or a node that asks one question about the instruction and has one child per answer.
 * Questions that need no further byte come first, those about ModRM last, so a byte is fetched only when every answer so
 * far leaves an instruction possible.
 */
import { REASON } from './codes.ts';
import { MAP_NUMBERS } from './layout.ts';
import type { Row } from '../tables/types.ts';

/** Questions a node can ask; the answer is the index of the child. */
export const QUESTION = { REAL: 0, PREFIX: 1, OPERAND_SIZE: 2, ADDRESS_SIZE: 3, W: 4, L: 5, B: 6, MOD: 7, REG: 8, RM: 9 } as const;

/** Answers per question. MOD: 0 memory, 1 register. PREFIX: none, 66, F3, F2. Sizes: 16, 32, 64. */
const ANSWERS: readonly number[] = [2, 4, 3, 3, 2, 2, 2, 2, 8, 8];
const FULL: readonly number[] = ANSWERS.map((n) => (1 << n) - 1);
const REASONS = [
  REASON.REAL_OR_V86, REASON.PREFIX, REASON.SIZE, REASON.SIZE, REASON.W, REASON.VEX_L, REASON.OPCODE, REASON.MODRM, REASON.MODRM, REASON.MODRM,
] as const;

/** First value of a table entry that is a node; below are rows (>= 0) and reasons (-reason). */
export const NODE = 0x10000;

/** The compiled tables. */
export interface Dispatch {
  /** `(long * 7 + map) * 256 + opcode` to an entry: row index, `-reason`, or `NODE + offset`. */
  readonly roots: Int32Array;
  /** At each node offset: the question, then one entry per answer. */
  readonly nodes: Int32Array;
}

/** One row as seen in one mode: for each question the answers it accepts, as a bit mask. */
interface Candidate {
  readonly row: Row;
  readonly accepts: readonly number[];
  readonly weight: number;
}

const oneOf = (wanted: number, all: number): number => (wanted < 0 ? all : 1 << wanted);

/** Raw operand sizes (before the row's size rule) that give one of the sizes the row wants. */
function rawSizes(row: Row, long: boolean): number {
  let accepted = 0;
  for (let raw = 0; raw < 3; raw++) {
    const effective = row.sizeRule === 'd64' || row.sizeRule === 'f64' ? (long && raw === 1 ? 2 : raw) : raw;
    if (((row.opSizes >> effective) & 1) !== 0) accepted |= 1 << raw;
  }
  return accepted;
}

const PREFIXES = { any: 15, NP: 1, NFx: 3, '66': 2, F3: 4, F2: 8 } as const;

function candidate(row: Row, long: boolean): Candidate {
  const w = row.y >= 0 && !long && row.vex ? (row.y === 0 ? 3 : 0) : oneOf(row.w >= 0 ? row.w : row.y, 3);
  const accepts = [
    row.inReal || row.inV86 ? 3 : 1, PREFIXES[row.prefix], rawSizes(row, long), row.addrSizes, w, oneOf(row.l, 3),
    oneOf(row.rexB, 3), row.mod === 'any' ? 3 : row.mod === 'mem' ? 1 : 2, oneOf(row.reg, 255), oneOf(row.rm, 255),
  ];
  // A narrower row wins over a wider one; a mandatory prefix weighs most (PAUSE before NOP, TZCNT before BSF).
  let weight = PREFIXES[row.prefix] === 15 ? 0 : 16;
  for (const q of [QUESTION.B, QUESTION.MOD, QUESTION.REG, QUESTION.RM, QUESTION.W]) {
    if (accepts[q] !== FULL[q]) weight++;
  }
  return { row, accepts, weight };
}

class Compiler {
  readonly nodes: number[] = [];
  /** Equal nodes are stored once. */
  private readonly known = new Map<string, number>();

  entry(candidates: readonly Candidate[], question: number, reason: number): number {
    if (candidates.length === 0) return -reason;
    let q = question;
    while (q < ANSWERS.length && candidates.every((c) => c.accepts[q] === FULL[q])) q++;
    if (q === ANSWERS.length) return this.leaf(candidates);
    const node = [q];
    let key = String(q), previous: readonly Candidate[] | undefined, child = 0, differs = false;
    for (let answer = 0; answer < (ANSWERS[q] ?? 0); answer++) {
      const left = candidates.filter((c) => (((c.accepts[q] ?? 0) >> answer) & 1) !== 0);
      // Neighbouring answers often leave the same candidates.
      if (previous?.length !== left.length || left.some((c, i) => c !== previous?.[i])) {
        child = this.entry(left, q + 1, REASONS[q] ?? REASON.OPCODE);
      }
      previous = left;
      if (answer > 0 && child !== node[1]) differs = true;
      node.push(child);
      key += `,${child}`;
    }
    // Every answer leads to the same place: the question need not be asked.
    if (!differs) return child;
    let at = this.known.get(key);
    if (at === undefined) {
      at = NODE + this.nodes.length;
      this.nodes.push(...node);
      this.known.set(key, at);
    }
    return at;
  }

  private leaf(candidates: readonly Candidate[]): number {
    let best: Candidate | undefined, rival: Candidate | undefined;
    for (const c of candidates) {
      if (best === undefined || c.weight > best.weight) { best = c; rival = undefined; } else if (c.weight === best.weight) rival = c;
    }
    if (best === undefined) return -REASON.OPCODE;
    if (rival !== undefined) throw new Error(`rows ${best.row.id} and ${rival.row.id} claim the same encoding`);
    return best.row.index;
  }
}

/** Compiles the given rows (all of them, or those a CPU model has). */
export function compileDispatch(rows: readonly Row[]): Dispatch {
  const roots = new Int32Array(2 * 7 * 256).fill(-REASON.OPCODE);
  const compiler = new Compiler();
  const slots = new Map<number, Row[]>();
  for (const row of rows) {
    for (let i = 0; i < (row.opcodeReg ? 8 : 1); i++) {
      const slot = MAP_NUMBERS[row.map] * 256 + row.opcode + i;
      const list = slots.get(slot);
      if (list === undefined) slots.set(slot, [row]);
      else list.push(row);
    }
  }
  for (const long of [false, true]) {
    // A row with a register in its opcode is a candidate in eight slots.
    const candidates = new Map<Row, Candidate>();
    for (const [slot, list] of slots) {
      const usable: Candidate[] = [];
      for (const row of list) {
        if (!(long ? row.in64 : row.inLegacy)) continue;
        let known = candidates.get(row);
        if (known === undefined) candidates.set(row, known = candidate(row, long));
        usable.push(known);
      }
      roots[(long ? 7 * 256 : 0) + slot] = compiler.entry(usable, 0, REASON.MODE);
    }
  }
  return { roots, nodes: Int32Array.from(compiler.nodes) };
}
