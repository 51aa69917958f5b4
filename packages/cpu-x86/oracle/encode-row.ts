/**
 * Makes instances of a row: byte sequences that must decode to it, for every mode, operand size, vector length and operand
 * form the row has. They feed the tests that compare tables form by form.
 */
import { MODE, VERDICT } from '../src/decode/codes.ts';
import { Decoded } from '../src/decode/decoded.ts';
import { Decoder } from '../src/decode/decoder.ts';
import type { Row } from '../src/tables/types.ts';

/** One encoded instance. */
export interface Instance {
  readonly row: Row;
  readonly mode: number;
  readonly bits: 16 | 32 | 64;
  readonly bytes: readonly number[];
}

const MAP_BYTES: Readonly<Record<string, readonly number[]>> = { one: [], '0F': [0x0f], '0F38': [0x0f, 0x38], '0F3A': [0x0f, 0x3a] };
const PP: Readonly<Record<string, number>> = { NP: 0, '66': 1, F3: 2, F2: 3 };
const VEX_MAP: Readonly<Record<string, number>> = { vex1: 1, vex2: 2, vex3: 3 };
/** Bytes of immediates and displacements: long enough for all, each with a different value. */
const TAIL = [0x23, 0x32, 0x43, 0x54, 0x65, 0x76, 0x07, 0x18] as const;

function modrmBytes(row: Row, memory: boolean, mode: number, short: boolean): number[] {
  if (row.modrm === 'none') return [];
  // Segment 3 and control register 3 exist; 5 is a member of no hint group that has a meaning.
  const special = row.operands.some((o) => o.kind.source === 'reg' && (o.kind.registers === 'seg' || o.kind.registers === 'cr'));
  const reg = row.reg >= 0 ? row.reg : special ? 3 : 5;
  if (!memory) return [0xc0 | (reg << 3) | (row.rm >= 0 ? row.rm : 2)];
  if (row.modrm === 'vsib') return [(reg << 3) | 4, 0x4e];
  // [BX], [EBX] or [RBX].
  return [(reg << 3) | (short || (mode & 3) === MODE.BITS16 ? 7 : 3)];
}

/** All encodings that match the row by itself; a narrower row may claim some of them. */
function encodeRow(row: Row): Instance[] {
  const found: Instance[] = [];
  for (const [bits, mode] of [[16, MODE.BITS16], [32, MODE.BITS32], [64, MODE.BITS64]] as const) {
    if (bits === 64 ? !row.in64 : !row.inLegacy) continue;
    for (const memory of [false, true]) {
      if (row.modrm === 'none' && memory) continue;
      if (memory ? row.mod === 'reg' || row.modrm === 'ignores-mod' : row.mod === 'mem') continue;
      if (memory && row.rm >= 0) continue;
      for (const raw of [0, 1, 2]) {
        if (raw === 2 && bits !== 64) continue;
        found.push(...sized(row, bits, mode, memory, raw));
      }
    }
  }
  return found;
}

function sized(row: Row, bits: 16 | 32 | 64, mode: number, memory: boolean, raw: number): Instance[] {
  const prefixes: number[] = [];
  // VSIB needs 32-bit addressing; JCXZ and its kin are told apart by the address size.
  const native = bits === 16 ? 1 : bits === 32 ? 2 : 4;
  let short = false;
  const wanted = row.modrm === 'vsib' && bits === 16 ? 2 : row.addrSizes;
  if ((wanted & native) === 0) {
    if (((bits === 16 ? 2 : bits === 32 ? 1 : 2) & wanted) === 0) return [];
    prefixes.push(0x67);
    short = bits === 32;
  }
  const effective = (row.sizeRule === 'd64' || row.sizeRule === 'f64') && bits === 64 && raw === 1 ? 2 : raw;
  if (((row.opSizes >> effective) & 1) === 0) return [];
  const w = row.w >= 0 ? row.w : row.y >= 0 ? row.y : raw === 2 ? 1 : 0;
  if (w === 1 && bits !== 64 && !row.vex) return [];
  if (row.y === 1 && bits !== 64) return [];
  if (row.vex) return vex(row, bits, mode, memory, w, prefixes, short);
  const flips = bits === 16 ? raw === 1 : raw === 0;
  if (row.prefix === '66' || ((row.prefix === 'any' || row.prefix === 'NFx' || row.prefix === 'F2' || row.prefix === 'F3') && flips)) prefixes.push(0x66);
  else if (row.prefix === 'NP' && flips && bits !== 16) return [];
  if (row.prefix === 'F3') prefixes.push(0xf3);
  if (row.prefix === 'F2') prefixes.push(0xf2);
  const rex = (w === 1 ? 8 : 0) | (row.rexB === 1 ? 1 : 0);
  if (rex !== 0) prefixes.push(0x40 | rex);
  const opcode = row.opcode + (row.opcodeReg ? 3 : 0);
  const bytes = [...prefixes, ...(MAP_BYTES[row.map] ?? []), opcode, ...modrmBytes(row, memory, mode, short), ...TAIL];
  return [{ row, mode, bits, bytes }];
}

function vex(row: Row, bits: 16 | 32 | 64, mode: number, memory: boolean, w: number, prefixes: readonly number[], short: boolean): Instance[] {
  return (row.l >= 0 ? [row.l] : [0, 1]).map((l) => {
    const vvvv = row.usesVvvv ? 15 - 6 : 15;
    const payload = (w << 7) | (vvvv << 3) | (l << 2) | (PP[row.prefix] ?? 0);
    const bytes = [...prefixes, 0xc4, 0xe0 | (VEX_MAP[row.map] ?? 0), payload, row.opcode, ...modrmBytes(row, memory, mode, short), ...TAIL];
    return { row, mode, bits, bytes };
  });
}

/** Rows that stand for what is left of the hint space, so that other rows claim some of their encodings. */
const NARROWER: ReadonlySet<string> = new Set(['NOP_0F0D', 'NOP_0F18', 'NOP_0F1E', 'NOP_0F1F']);
const decoder = new Decoder();
const decoded = new Decoded();

/** All instances of a row. Encodings that a narrower row claims are left out. */
export function instancesOf(row: Row): Instance[] {
  return encodeRow(row).filter((instance) => {
    const bytes = Uint8Array.from(instance.bytes);
    return decoder.decode(decoded, bytes, 0, bytes.length, instance.mode) !== VERDICT.OK || decoded.row === row.index || !NARROWER.has(row.id);
  });
}
