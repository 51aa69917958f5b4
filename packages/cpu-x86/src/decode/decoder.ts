/**
 * The decoder. Intel SDM Vol. 2A, chapter 2 "Instruction Format", and Vol. 2D, Appendix A; AMD APM Vol. 3, chapter 1.
 *
 * Order of verdicts, after the priority of exceptions (SDM Vol. 3A, "Priority Among Concurrent Events": faults in
 * fetching come before faults in decoding):
 * - No instruction begins with the bytes read so far: #UD at once, without reading another byte.
 * - An instruction is recognised but used wrongly (LOCK, VEX.vvvv, register number): all its bytes are read first, so a
 *   fetch fault in a later byte wins over the #UD.
 * - A sixteenth byte is never read: needing it is #GP(0).
 */
import { BASE, MODE, PREFIX, REASON, SEGMENT, VERDICT } from './codes.ts';
import type { Decoded } from './decoded.ts';
import { NODE, QUESTION } from './dispatch.ts';
import { dispatchFor } from './ready-dispatch.ts';
import { IMM, packRows, ROW, SIZE_RULE } from './layout.ts';
import { decodeMemory, int32At } from './memory-operand.ts';
import type { Feature } from '../tables/features.ts';
import { rows } from '../tables/rows.ts';

/** What a decoder may be told. */
export interface DecoderOptions {
  /**
   * Features the CPU has. Rows that need others are left out: their encodings are #UD, or fall back to what older CPUs
   * make of them (TZCNT without BMI1 is BSF; ENDBR64 without CET is NOP). Default: everything the tables hold.
   */
  readonly features?: ReadonlySet<Feature>;
  /**
   * What 66 does to near branches in 64-bit mode: Intel ignores it, AMD truncates the target to 16 bits (SDM Vol. 2A,
   * "CALL"; APM Vol. 3, 1.2.2). Default: `intel`.
   */
  readonly branch66?: 'intel' | 'amd';
}

/** Longest instruction in bytes (SDM Vol. 2A, 2.3.11). */
export const MAX_INSTRUCTION_LENGTH = 15;

/** Kinds of prefix bytes; 0 is no prefix. */
const P = { SEG: 1, OSZ: 7, ASZ: 8, LOCK: 9, REPNE: 10, REP: 11, REX: 12 } as const;

const prefixKinds = new Uint8Array(256);
[0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65].forEach((byte, segment) => { prefixKinds[byte] = P.SEG + segment; });
prefixKinds[0x66] = P.OSZ;
prefixKinds[0x67] = P.ASZ;
prefixKinds[0xf0] = P.LOCK;
prefixKinds[0xf2] = P.REPNE;
prefixKinds[0xf3] = P.REP;
prefixKinds.fill(P.REX, 0x40, 0x50);

const { imm: rowImm, sizeRule: rowSizeRule, flags: rowFlags } = packRows(rows);

/** Sizes in bits by the number that the tables use. */
const SIZE_BITS = Uint8Array.of(16, 32, 64);

/** Writes a #UD verdict. */
function invalid(out: Decoded, reason: number, length: number): number {
  out.reason = reason;
  out.length = length;
  return (out.verdict = VERDICT.INVALID);
}

/** Writes the verdict for a byte that is missing at `limit`. */
function missing(out: Decoded, start: number, limit: number): number {
  out.length = limit - start;
  return (out.verdict = limit - start >= MAX_INSTRUCTION_LENGTH ? VERDICT.TOO_LONG : VERDICT.TRUNCATED);
}

/** CR0, CR2, CR3, CR4 and CR8 exist (SDM Vol. 2B, "MOV—Move to/from Control Registers"). */
const CONTROL_REGISTERS = 0b1_0001_1101;

/**
 * Checks what can only be said of the whole instruction; returns a `REASON`.
 * @hot
 */
function misuse(out: Decoded, flags: number, rawVvvv: number): number {
  if ((out.prefixes & PREFIX.LOCK) !== 0 && ((flags & ROW.LOCK) === 0 || out.hasMemory === 0)) return REASON.LOCK;
  if ((flags & (ROW.VEX | ROW.VVVV)) === ROW.VEX && rawVvvv !== 0) return REASON.VEX_VVVV;
  if ((flags & ROW.VSIB) !== 0) {
    return out.reg === out.index || out.reg === out.vvvv || out.index === out.vvvv ? REASON.VSIB : REASON.NONE;
  }
  if ((flags & (ROW.SREG | ROW.CR | ROW.DR)) === 0) return REASON.NONE;
  if ((flags & ROW.CR) !== 0) return ((CONTROL_REGISTERS >> out.reg) & 1) === 0 ? REASON.REGISTER : REASON.NONE;
  if ((flags & ROW.DR) !== 0) return out.reg > 7 ? REASON.REGISTER : REASON.NONE;
  const segment = out.reg & 7;
  return segment > SEGMENT.GS || ((flags & ROW.SREG_WRITE) !== 0 && segment === SEGMENT.CS) ? REASON.REGISTER : REASON.NONE;
}

/** Decodes instructions of one CPU model. Stateless between calls: one decoder serves any number of machines. */
export class Decoder {
  private readonly roots: Int32Array;
  private readonly nodes: Int32Array;
  private readonly amdBranches: boolean;

  constructor(options: DecoderOptions = {}) {
    const { features } = options;
    const dispatch = dispatchFor(features);
    this.roots = dispatch.roots;
    this.nodes = dispatch.nodes;
    this.amdBranches = options.branch66 === 'amd';
  }

  /**
   * Decodes the instruction at `bytes[start]` into `out` and returns the verdict. Bytes at and after `end` count as not
   * there: pass the end of the page, and decode again with the next page's bytes behind them when the verdict is
   * `TRUNCATED`; or raise the fetch fault for linear address + `out.length`.
   * @param mode a combination of `MODE`
   * @hot
   */
  decode(out: Decoded, bytes: Uint8Array, start: number, end: number, mode: number): number {
    const long = (mode & MODE.BITS64) !== 0;
    let limit = start + MAX_INSTRUCTION_LENGTH;
    if (end < limit) limit = end;

    out.mode = mode;
    out.reason = REASON.NONE;
    let p = start, prefixes = 0, rex = 0, segmentPrefix: number = SEGMENT.NONE, byte = 0;
    for (;;) {
      if (p >= limit) { out.prefixes = prefixes; return missing(out, start, limit); }
      byte = bytes[p++]!;
      const kind = prefixKinds[byte]!;
      if (kind === 0 || (kind === P.REX && !long)) break;
      if (kind === P.REX) { rex = byte; continue; }
      // A REX that a legacy prefix follows is ignored (SDM Vol. 2A, 2.2.1).
      rex = 0;
      if (kind < P.OSZ) {
        const segment = kind - P.SEG;
        if (!long || segment >= SEGMENT.FS || segmentPrefix < SEGMENT.FS) segmentPrefix = segment;
        prefixes |= PREFIX.SEGMENT;
      } else if (kind === P.OSZ) prefixes |= PREFIX.OPERAND_SIZE;
      else if (kind === P.ASZ) prefixes |= PREFIX.ADDRESS_SIZE;
      else if (kind === P.LOCK) prefixes |= PREFIX.LOCK;
      else if (kind === P.REP) prefixes = (prefixes & ~PREFIX.REPNE) | PREFIX.REP;
      else prefixes = (prefixes & ~PREFIX.REP) | PREFIX.REPNE;
    }
    if (rex !== 0) { prefixes |= PREFIX.REX; rex &= 15; }

    let map = 0, mandatory = 0, vvvv = 0, rawVvvv = 0, vectorLength = 128;
    if (byte === 0x0f) {
      if (p >= limit) { out.prefixes = prefixes; return missing(out, start, limit); }
      byte = bytes[p++]!;
      map = 1;
      if (byte === 0x38 || byte === 0x3a) {
        if (p >= limit) { out.prefixes = prefixes; return missing(out, start, limit); }
        map = byte === 0x38 ? 2 : 3;
        byte = bytes[p++]!;
      }
    } else if (byte === 0xc4 || byte === 0xc5 || byte === 0x62) {
      // Outside 64-bit mode these are LES, LDS and BOUND unless the next byte, read as ModRM, names two registers.
      let isVex = long;
      if (!long && (mode & MODE.REAL_OR_V86) === 0) {
        if (p >= limit) { out.prefixes = prefixes; return missing(out, start, limit); }
        isVex = bytes[p]! >= 0xc0;
      }
      if (isVex) {
        out.prefixes = prefixes;
        // Outside 64-bit mode the byte after has been looked at, too.
        const seen = p - start + (long ? 0 : 1);
        if (byte === 0x62) return invalid(out, REASON.EVEX, seen);
        if ((prefixes & (PREFIX.OPERAND_SIZE | PREFIX.REP | PREFIX.REPNE | PREFIX.LOCK | PREFIX.REX)) !== 0) {
          return invalid(out, REASON.PREFIX_BEFORE_VEX, seen);
        }
        if (p >= limit) return missing(out, start, limit);
        let payload = bytes[p++]!;
        map = 4;
        // R, X and B are stored inverted; outside 64-bit mode they are ignored.
        if (byte === 0xc4) {
          prefixes |= PREFIX.VEX3;
          if (long) rex = (~payload >> 5) & 7;
          map = 3 + (payload & 31);
          if (map < 4 || map > 6) return invalid(out, REASON.VEX_MAP, p - start);
          if (p >= limit) return missing(out, start, limit);
          payload = bytes[p++]!;
          rex |= (payload >> 4) & 8;
        } else {
          prefixes |= PREFIX.VEX2;
          if (long) rex = (~payload >> 5) & 4;
        }
        rawVvvv = (~payload >> 3) & 15;
        vvvv = long ? rawVvvv : rawVvvv & 7;
        if ((payload & 4) !== 0) { prefixes |= PREFIX.VEX_L; vectorLength = 256; }
        mandatory = payload & 3;
        if (p >= limit) { out.prefixes = prefixes; return missing(out, start, limit); }
        byte = bytes[p++]!;
      }
    }
    out.prefixes = prefixes;

    const has66 = (prefixes & PREFIX.OPERAND_SIZE) !== 0, has67 = (prefixes & PREFIX.ADDRESS_SIZE) !== 0;
    let rawSize = 0, addressSize = 0;
    if (long) {
      rawSize = (rex & 8) !== 0 ? 2 : has66 ? 0 : 1;
      addressSize = has67 ? 1 : 2;
    } else {
      const bits32 = (mode & MODE.BITS32) !== 0;
      rawSize = bits32 !== has66 ? 1 : 0;
      addressSize = bits32 !== has67 ? 1 : 0;
    }
    if (map < 4) {
      mandatory = (prefixes & PREFIX.REP) !== 0 ? 2 : (prefixes & PREFIX.REPNE) !== 0 ? 3 : has66 ? 1 : 0;
    }

    // Walk the decision tree. ModRM is fetched by the first question that needs it.
    const nodes = this.nodes;
    let modrm = -1;
    let entry = this.roots[((long ? 7 : 0) + map) * 256 + byte]!;
    while (entry >= NODE) {
      const at = entry - NODE, question = nodes[at]!;
      let answer = 0;
      if (question >= QUESTION.MOD && modrm < 0) {
        if (p >= limit) return missing(out, start, limit);
        modrm = bytes[p++]!;
      }
      switch (question) {
        case QUESTION.REAL: answer = (mode & MODE.REAL_OR_V86) !== 0 ? 1 : 0; break;
        case QUESTION.PREFIX: answer = mandatory; break;
        case QUESTION.OPERAND_SIZE: answer = rawSize; break;
        case QUESTION.ADDRESS_SIZE: answer = addressSize; break;
        case QUESTION.W: answer = rex >> 3; break;
        case QUESTION.L: answer = vectorLength === 256 ? 1 : 0; break;
        case QUESTION.B: answer = rex & 1; break;
        case QUESTION.MOD: answer = modrm >= 0xc0 ? 1 : 0; break;
        case QUESTION.REG: answer = (modrm >> 3) & 7; break;
        default: answer = modrm & 7; break;
      }
      entry = nodes[at + 1 + answer]!;
    }
    if (entry < 0) return invalid(out, -entry, p - start);

    const flags = rowFlags[entry]!;
    out.row = entry;
    out.opcode = byte;
    out.rex = rex;
    out.vvvv = vvvv;
    out.vectorLength = vectorLength;
    out.opcodeReg = (byte & 7) | ((rex & 1) << 3);
    out.addressSize = SIZE_BITS[addressSize]!;
    out.operandSize = SIZE_BITS[this.effectiveSize(rowSizeRule[entry]!, rawSize, long, rex)]!;
    out.segmentPrefix = segmentPrefix;
    out.segment = segmentPrefix === SEGMENT.NONE || (long && segmentPrefix < SEGMENT.FS) ? SEGMENT.DS : segmentPrefix;
    out.hasMemory = 0;
    out.base = BASE.NONE;
    out.index = -1;
    out.scale = 0;
    out.disp = 0;
    out.dispHigh = 0;
    out.dispSize = 0;

    if ((flags & ROW.MODRM) !== 0) {
      if (modrm < 0) {
        if (p >= limit) return missing(out, start, limit);
        modrm = bytes[p++]!;
      }
      out.reg = ((modrm >> 3) & 7) | ((rex & 4) << 1);
      out.rm = (modrm & 7) | ((rex & 1) << 3);
      if (modrm < 0xc0 && (flags & ROW.IGNORES_MOD) === 0) {
        const vsib = (flags & ROW.VSIB) !== 0;
        if (vsib && (addressSize === 0 || (modrm & 7) !== 4)) return invalid(out, REASON.VSIB, p - start);
        p = decodeMemory(out, bytes, p, limit, modrm, rex, addressSize, long, vsib);
        if (p < 0) return missing(out, start, limit);
      }
    } else {
      out.reg = 0;
      out.rm = 0;
    }
    out.modrm = modrm;

    p = this.immediate(out, bytes, p, limit, rowImm[entry]!, addressSize);
    if (p < 0) return missing(out, start, limit);
    if (flags !== 0 || (prefixes & PREFIX.LOCK) !== 0) {
      const reason = misuse(out, flags, rawVvvv);
      if (reason !== REASON.NONE) return invalid(out, reason, p - start);
    }
    out.length = p - start;
    return (out.verdict = VERDICT.OK);
  }

  /**
   * Number of the effective operand size (0, 1, 2 for 16, 32, 64 bits) by the row's rule.
   * @hot
   */
  private effectiveSize(rule: number, raw: number, long: boolean, rex: number): number {
    switch (rule) {
      case SIZE_RULE.d64: return long && raw === 1 ? 2 : raw;
      case SIZE_RULE.f64: return !long ? raw : this.amdBranches && raw === 0 ? 0 : 2;
      case SIZE_RULE.y: return long && (rex & 8) !== 0 ? 2 : 1;
      case SIZE_RULE.n: return long ? 2 : 1;
      default: return raw;
    }
  }

  /**
   * Reads the immediate and returns the position after it, or -1 when a byte is missing.
   * @hot
   */
  private immediate(out: Decoded, bytes: Uint8Array, at: number, limit: number, layout: number, addressSize: number): number {
    let p = at;
    out.imm = 0;
    out.immHigh = 0;
    out.imm2 = 0;
    switch (layout) {
      case IMM.NONE: return p;
      case IMM.IB:
        if (p >= limit) return -1;
        out.imm = bytes[p]!;
        return p + 1;
      case IMM.IBS:
        if (p >= limit) return -1;
        out.imm = (bytes[p]! << 24) >> 24;
        out.immHigh = out.imm >> 31;
        return p + 1;
      case IMM.IW:
      case IMM.IW_IB:
        if (p + (layout === IMM.IW ? 2 : 3) > limit) return -1;
        out.imm = bytes[p]! | (bytes[p + 1]! << 8);
        if (layout === IMM.IW) return p + 2;
        out.imm2 = bytes[p + 2]!;
        return p + 3;
      case IMM.MOFFS: {
        const size = 2 << addressSize;
        if (p + size > limit) return -1;
        out.hasMemory = 1;
        out.dispSize = size;
        out.disp = size === 2 ? bytes[p]! | (bytes[p + 1]! << 8) : int32At(bytes, p);
        out.dispHigh = size === 8 ? int32At(bytes, p + 4) : 0;
        return p + size;
      }
      default: break;
    }
    // IZ, IV and FAR go by the operand size.
    if (out.operandSize === 16) {
      if (p + 2 > limit) return -1;
      out.imm = (bytes[p]! | (bytes[p + 1]! << 8)) << 16 >> 16;
      p += 2;
    } else {
      if (p + 4 > limit) return -1;
      out.imm = int32At(bytes, p);
      p += 4;
    }
    out.immHigh = out.imm >> 31;
    if (layout === IMM.FAR) {
      if (p + 2 > limit) return -1;
      if (out.operandSize === 16) out.imm &= 0xffff;
      out.immHigh = 0;
      out.imm2 = bytes[p]! | (bytes[p + 1]! << 8);
      return p + 2;
    }
    if (layout === IMM.IV && out.operandSize === 64) {
      if (p + 4 > limit) return -1;
      out.immHigh = int32At(bytes, p);
      p += 4;
    }
    return p;
  }
}
