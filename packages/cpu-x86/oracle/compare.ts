/**
 * Compares one decoded instruction with what iced-x86 makes of the same bytes: validity, length, mnemonic, prefixes,
 * registers, immediates, displacements and memory operands.
 */
import { Code, type CpuidFeature, type Instruction, MemorySizeExt, Mnemonic, OpKind, Register } from 'iced-x86';
import { BASE, MODE, PREFIX, REASON_NAMES, SEGMENT, VERDICT } from '../src/decode/codes.ts';
import type { Decoded } from '../src/decode/decoded.ts';
import { OPERAND, operandSegment, resolveOperand, type ResolvedOperand } from '../src/decode/operands.ts';
import { rows } from '../src/tables/rows.ts';
import type { Row } from '../src/tables/types.ts';
import { FOREIGN_ENCODINGS, FOREIGN_FEATURES } from './scope.ts';
import { REGISTER_SIZE_DIFFERENCES, SAME_MNEMONIC } from './known-differences.ts';

type RegisterName = keyof typeof Register;
const SEGMENTS = [Register.ES, Register.CS, Register.SS, Register.DS, Register.FS, Register.GS] as const;
const BYTES = [
  'AL', 'CL', 'DL', 'BL', 'SPL', 'BPL', 'SIL', 'DIL', 'R8L', 'R9L', 'R10L', 'R11L', 'R12L', 'R13L', 'R14L', 'R15L', 'AH', 'CH', 'DH', 'BH',
].map((name) => Register[name as RegisterName]);

const NONE: number = Register.None, YMM0: number = Register.YMM0;

/** iced's number for a register of ours. iced numbers each register file consecutively. */
export function icedRegister(file: string, size: number, n: number): number {
  switch (file) {
    case 'gpr':
      if (size === 8) return BYTES[n] ?? -1;
      return (size === 16 ? Register.AX : size === 32 ? Register.EAX : Register.RAX) + n;
    case 'vec': return (size === 256 ? Register.YMM0 : Register.XMM0) + n;
    case 'mmx': return Register.MM0 + n;
    case 'st': return Register.ST0 + n;
    case 'seg': return SEGMENTS[n] ?? -1;
    case 'cr': return Register.CR0 + n;
    case 'dr': return Register.DR0 + n;
    default: return -1;
  }
}

/** What of an iced code does not depend on the operands; looked up once per code. */
interface CodeFacts {
  readonly mnemonic: string;
  readonly opCount: number;
  readonly foreign: readonly string[] | null;
  readonly opString: string;
}

const facts = new Map<number, CodeFacts>();

/** The facts of the code that iced decoded. */
export function factsOf(instruction: Instruction): CodeFacts {
  const code: Code = instruction.code;
  let known = facts.get(code);
  if (known === undefined) {
    let foreign: readonly string[] | null = FOREIGN_ENCODINGS.has(instruction.encoding) ? ['invalid'] : null;
    for (const feature of instruction.cpuidFeatures() as Iterable<CpuidFeature>) {
      const expected = FOREIGN_FEATURES.get(feature);
      if (foreign === null && expected !== undefined) foreign = expected === 'invalid' ? ['invalid'] : expected.mnemonics;
    }
    const info = instruction.opCode;
    known = { mnemonic: Mnemonic[instruction.mnemonic].toUpperCase(), opCount: info.opCount, foreign, opString: info.opCodeString };
    info.free();
    facts.set(code, known);
  }
  return known;
}

const wide = (low: number, high: number): bigint => (BigInt(high | 0) << 32n) | BigInt(low >>> 0);

function compareMemory(d: Decoded, iced: Instruction, address: bigint): string {
  const base: number = iced.memoryBase, index: number = iced.memoryIndex, bits = d.addressSize;
  const vsib = rows[d.row]?.modrm === 'vsib';
  if (d.base === BASE.RIP) {
    const expected: number = bits === 64 ? Register.RIP : Register.EIP;
    if (base !== expected) return 'base is not RIP-relative';
    const target = BigInt.asUintN(bits, address + BigInt(d.length) + BigInt(d.disp));
    return target === iced.memoryDisplacement ? '' : `RIP-relative target ${target.toString(16)}`;
  }
  const expectedBase: number = d.base === BASE.NONE ? Register.None : icedRegister('gpr', bits, d.base);
  if (expectedBase !== base) return `base ${Register[base] ?? base}`;
  if (index !== NONE || d.index >= 0) {
    const size = index >= YMM0 && index < YMM0 + 32 ? 256 : 128;
    const expected: number = d.index < 0 ? Register.None : icedRegister(vsib ? 'vec' : 'gpr', vsib ? size : bits, d.index);
    if (expected !== index) return `index ${Register[index] ?? index}`;
    // The width of an index vector follows from the operand code.
    const kind = rows[d.row]?.operands.find((o) => o.kind.vsib !== 'none')?.kind.vsib;
    if (vsib && size !== (kind === 'x' ? d.vectorLength : 128)) return 'index vector length';
    if (d.index >= 0 && iced.memoryIndexScale !== 1 << d.scale) return `scale ${iced.memoryIndexScale}`;
  }
  // Without a displacement in the encoding iced says 0; with one, it is extended to the address size.
  const displacement = BigInt.asUintN(bits, wide(d.disp, d.dispHigh));
  return displacement === BigInt.asUintN(bits, iced.memoryDisplacement) ? '' : `displacement ${iced.memoryDisplacement.toString(16)}`;
}

const STRING_SOURCES: readonly number[] = [OpKind.MemorySegSI, OpKind.MemorySegESI, OpKind.MemorySegRSI];
const MASK_TARGETS: readonly number[] = [OpKind.MemorySegDI, OpKind.MemorySegEDI, OpKind.MemorySegRDI];
const STRING_TARGETS: readonly number[] = [OpKind.MemoryESDI, OpKind.MemoryESEDI, OpKind.MemoryESRDI];

function compareMemoryOperand(d: Decoded, o: ResolvedOperand, iced: Instruction, kind: OpKind, address: bigint): string {
  const width = d.addressSize === 16 ? 0 : d.addressSize === 32 ? 1 : 2;
  const source = o.operand.kind.source;
  if (source === 'string-dst') return kind === STRING_TARGETS[width] ? '' : 'not ES:rDI';
  // Segment overrides without effect are shown by iced; we report the segment that is used.
  const segment = operandSegment(o.operand, d);
  const shown = d.segmentPrefix !== SEGMENT.NONE ? d.segmentPrefix : segment;
  if (iced.memorySegment !== SEGMENTS[shown]) return `segment ${Register[iced.memorySegment]}`;
  if (source === 'string-src') return kind === STRING_SOURCES[width] ? '' : 'not rSI';
  if (source === 'maskmov') return kind === MASK_TARGETS[width] ? '' : 'not rDI';
  if (kind !== OpKind.Memory) return 'not memory';
  if (source === 'xlat') {
    const base: number = iced.memoryBase;
    return base === icedRegister('gpr', d.addressSize, 3) && iced.memoryIndex === Register.AL ? '' : 'not [rBX+AL]';
  }
  const size = MemorySizeExt.size(iced.memorySize) * 8;
  // Vector-indexed memory counts as one element for us, and sizes that iced leaves open are open.
  if (size !== o.size && size !== 0 && o.size !== 0) return `memory size ${size} instead of ${o.size}`;
  return compareMemory(d, iced, address);
}

function compareOperand(d: Decoded, o: ResolvedOperand, iced: Instruction, i: number, address: bigint): string {
  const kind = iced.opKind(i);
  switch (o.form) {
    case OPERAND.REGISTER: {
      if (kind !== OpKind.Register) return 'not a register';
      const expected = icedRegister(o.operand.kind.registers, o.size, o.register), got: number = iced.opRegister(i);
      if (expected === got) return '';
      const wider = REGISTER_SIZE_DIFFERENCES.get(rows[d.row]?.id ?? '');
      if (wider !== undefined && wider.some((bits) => icedRegister(o.operand.kind.registers, bits, o.register) === got)) return '';
      return `register ${Register[got] ?? got} instead of ${Register[expected] ?? expected}`;
    }
    case OPERAND.MEMORY: return compareMemoryOperand(d, o, iced, kind, address);
    case OPERAND.RELATIVE: {
      const size = kind === OpKind.NearBranch16 ? 16 : kind === OpKind.NearBranch32 ? 32 : kind === OpKind.NearBranch64 ? 64 : 0;
      if (size !== d.operandSize) return `branch of ${size} bits`;
      const target = BigInt.asUintN(size, address + BigInt(d.length) + BigInt(d.imm));
      return target === iced.nearBranchTarget ? '' : `target ${iced.nearBranchTarget.toString(16)}`;
    }
    case OPERAND.FAR: {
      if (kind !== (d.operandSize === 16 ? OpKind.FarBranch16 : OpKind.FarBranch32)) return 'not a far pointer of this size';
      const offset = d.operandSize === 16 ? iced.farBranch16 : iced.farBranch32;
      return d.imm >>> 0 === offset && d.imm2 === iced.farBranchSelector ? '' : 'far pointer';
    }
    default: {
      if (o.operand.kind.source === 'one') return iced.immediate(i) === 1n ? '' : 'not the constant 1';
      if (o.operand.kind.source === 'imm2') return kind === OpKind.Immediate8_2nd && iced.immediate8_2nd === d.imm2 ? '' : 'second immediate';
      if (kind === OpKind.Immediate8) return iced.immediate8 === (d.imm & 0xff) && o.size === 8 ? '' : 'imm8';
      if (kind === OpKind.Immediate16) return iced.immediate16 === (d.imm & 0xffff) && o.size === 16 ? '' : 'imm16';
      if (kind === OpKind.Immediate32) return iced.immediate32 === d.imm >>> 0 && o.size === 32 ? '' : 'imm32';
      const value = BigInt.asUintN(o.size, wide(d.imm, d.immHigh)), got = BigInt.asUintN(o.size, iced.immediate(i));
      const bits = kind === OpKind.Immediate8to16 ? 16 : kind === OpKind.Immediate8to32 ? 32 : 64;
      return value === got && bits === o.size ? '' : `immediate ${got.toString(16)}`;
    }
  }
}

function comparePrefixes(d: Decoded, row: Row, iced: Instruction): string {
  if (((d.prefixes & PREFIX.LOCK) !== 0) !== iced.hasLockPrefix) return 'lock';
  if (row.rep === 'rep' || row.rep === 'repe') {
    // iced keeps REP and REPNE of string instructions apart as we do: the last one counts.
    if (((d.prefixes & PREFIX.REP) !== 0) !== iced.hasRepPrefix || ((d.prefixes & PREFIX.REPNE) !== 0) !== iced.hasRepnePrefix) return 'rep';
  }
  return '';
}

/**
 * Compares our decode with iced's. Returns '' when they agree, or what differs. `address` is that of the instruction;
 * iced's decoder was told the same.
 */
export function compare(d: Decoded, iced: Instruction, address: bigint): string {
  const ok = d.verdict === VERDICT.OK, valid = iced.code !== Code.INVALID;
  if (!valid) return ok ? `we decode ${rows[d.row]?.id} (length ${d.length}), iced says invalid` : '';
  const { mnemonic, foreign, opCount } = factsOf(iced);
  const row = ok ? rows[d.row] : undefined;
  if (foreign !== null) {
    const got = row === undefined ? 'invalid' : row.mnemonic;
    return foreign.includes(got) ? '' : `${mnemonic} is outside the tables: expected ${foreign.join(' or ')}, got ${row?.id ?? 'invalid'}`;
  }
  if (row === undefined) return `we say ${d.verdict === VERDICT.INVALID ? REASON_NAMES[d.reason] : `verdict ${d.verdict}`}, iced ${Code[iced.code]}`;
  if (d.length !== iced.length) return `length ${d.length}, iced ${iced.length} (${row.id}, ${Code[iced.code]})`;
  if (mnemonic !== row.mnemonic && SAME_MNEMONIC.get(mnemonic) !== row.mnemonic) return `mnemonic ${row.id}, iced ${Code[iced.code]}`;
  const prefix = comparePrefixes(d, row, iced);
  if (prefix !== '') return `${prefix} prefix (${row.id}, ${Code[iced.code]})`;
  // iced leaves out an operand that is always XMM0.
  const count = row.operands.length - (row.operands.at(-1)?.code === 'XMM0' ? 1 : 0);
  if (count !== opCount) return `${row.operands.length} operands, iced ${opCount} (${row.id}, ${Code[iced.code]})`;
  for (let i = 0; i < count; i++) {
    const operand = row.operands[i];
    if (operand === undefined) continue;
    const problem = compareOperand(d, resolveOperand(operand, d), iced, i, address);
    if (problem !== '') return `operand ${i} (${row.id}, ${Code[iced.code]}): ${problem}`;
  }
  return (d.mode & MODE.BITS64) !== 0 && !row.in64 ? `${row.id} is not a 64-bit row` : '';
}
