/**
 * AT&T syntax, as GNU as reads it (its manual, "AT&T Syntax versus Intel Syntax" and "i386-Mnemonics").
 */
import { BASE, SEGMENT } from '../decode/codes.ts';
import type { Decoded } from '../decode/decoded.ts';
import { branchTarget, OPERAND, type ResolvedOperand, resolveOperand, ripRelativeAddress } from '../decode/operands.ts';
import type { Operand, Row } from '../tables/types.ts';
import type { FormatOptions } from './format.ts';
import { immediateText, modeBits, operandRegister, showsSegment, vsibBits } from './intel.ts';
import { absoluteDisplacement, addressText, hex } from './numbers.ts';
import { registerName, SEGMENT_NAMES } from './register-names.ts';
import { hiddenSize, shownOperands } from './shown-operands.ts';

const INT_SUFFIX: Readonly<Record<number, string>> = { 8: 'b', 16: 'w', 32: 'l', 64: 'q' };
const FLOAT_SUFFIX: Readonly<Record<number, string>> = { 32: 's', 64: 'l', 80: 't' };
const X87_INT_SUFFIX: Readonly<Record<number, string>> = { 16: 's', 32: 'l', 64: 'll' };

/** Mnemonics that GNU as spells its own way. */
const RENAMED: Readonly<Record<string, string>> = {
  CBW: 'cbtw', CWDE: 'cwtl', CDQE: 'cltq', CWD: 'cwtd', CDQ: 'cltd', CQO: 'cqto',
  MOVSD: 'movsl', CMPSD: 'cmpsl', STOSD: 'stos', LODSD: 'lods', SCASD: 'scas', INSD: 'insl', OUTSD: 'outsl',
  WAIT: 'fwait', XLATB: 'xlat', STOSB: 'stos', STOSW: 'stos', STOSQ: 'stos', LODSB: 'lods', LODSW: 'lods', LODSQ: 'lods',
  SCASB: 'scas', SCASW: 'scas', SCASQ: 'scas',
};

/** Instructions whose memory operand has one size only, so no suffix is written although no register tells it. */
const UNSUFFIXED: ReadonlySet<string> = new Set([
  'SLDT', 'STR', 'LLDT', 'LTR', 'VERR', 'VERW', 'SMSW', 'LMSW', 'CMPXCHG8B', 'CMPXCHG16B', 'CLFLUSH', 'CLFLUSHOPT', 'CLWB',
  'LDMXCSR', 'STMXCSR', 'VLDMXCSR', 'VSTMXCSR', 'VMPTRLD', 'VMPTRST', 'VMCLEAR', 'VMXON', 'FLDCW', 'FNSTCW', 'FNSTSW',
  'PREFETCH', 'PREFETCHW', 'PREFETCHNTA', 'PREFETCHT0', 'PREFETCHT1', 'PREFETCHT2',
]);

function x87Suffix(row: Row, memory: ResolvedOperand): string {
  if (UNSUFFIXED.has(row.mnemonic)) return '';
  const { content } = memory.operand.kind;
  if (content === 'fp') return FLOAT_SUFFIX[memory.size] ?? '';
  return content === 'int' ? X87_INT_SUFFIX[memory.size] ?? '' : '';
}

/** Suffix by the size of the memory operand, when no register operand gives it. */
function sizeSuffix(row: Row, d: Decoded): string {
  const operands = row.operands.map((o) => resolveOperand(o, d));
  const memory = operands.find((o) => o.form === OPERAND.MEMORY);
  if (memory === undefined || UNSUFFIXED.has(row.mnemonic) || row.mnemonic.startsWith('SET')) return '';
  if (row.exceptions === 'x87') return x87Suffix(row, memory);
  if (memory.operand.code === 'Mp') return row.operands.length > 1 || modeBits(d) === d.operandSize ? '' : INT_SUFFIX[d.operandSize] ?? '';
  // A count in CL and a port in DX say nothing of the size.
  const tells = operands.some((o) => o.form === OPERAND.REGISTER && o.operand.code !== 'CL');
  if (tells && !/^V?CVTSI2S/.test(row.mnemonic)) return '';
  return memory.operand.kind.content === 'int' ? INT_SUFFIX[memory.size] ?? '' : '';
}

/** The mnemonic as GNU as spells it in this instruction. */
export function attMnemonic(row: Row, d: Decoded): string {
  const { mnemonic } = row;
  const string = row.operands.some((o) => o.kind.source === 'string-src' || o.kind.source === 'string-dst');
  // MOVSD and CMPSD are also SSE2 instructions, which keep their names.
  const renamed = RENAMED[mnemonic];
  if (renamed !== undefined && (string || !mnemonic.endsWith('SD'))) return renamed;
  const name = mnemonic.toLowerCase();
  if (string) return name;
  const own = INT_SUFFIX[d.operandSize] ?? '';
  switch (mnemonic) {
    case 'MOVZX': case 'MOVSX': {
      const source = row.operands[1];
      const from = source === undefined ? '' : INT_SUFFIX[resolveOperand(source, d).size] ?? '';
      return `${name.slice(0, 4)}${from}${own}`;
    }
    case 'MOVSXD': return d.operandSize === 64 ? 'movslq' : 'movsxd';
    case 'MOV': return row.operands.some((o) => o.kind.source === 'moffs') && d.addressSize === 64 || row.operands[1]?.code === 'Iv' && d.operandSize === 64 ? 'movabs' : name + sizeSuffix(row, d);
    case 'CRC32': return name + (INT_SUFFIX[row.operands[1] === undefined ? 0 : resolveOperand(row.operands[1], d).size] ?? '');
    case 'IRET': return modeBits(d) === 16 ? name : 'iretw';
    case 'IRETD': return modeBits(d) === 32 ? 'iret' : 'iretl';
    case 'PUSHA': case 'POPA': return modeBits(d) === 16 ? name : `${name}w`;
    case 'PUSHAD': case 'POPAD': return modeBits(d) === 32 ? name.slice(0, -1) : `${name.slice(0, -1)}l`;
    case 'PUSHF': case 'POPF': return modeBits(d) === 16 ? name : `${name}w`;
    case 'PUSHFD': case 'POPFD': return modeBits(d) === 32 ? name.slice(0, -1) : `${name.slice(0, -1)}l`;
    case 'RETF': return `lret${modeBits(d) === d.operandSize && d.operandSize !== 64 ? '' : own}`;
    case 'PUSHFQ': case 'POPFQ': return name.slice(0, -1);
    case 'FSUB': case 'FSUBR': case 'FDIV': case 'FDIVR': case 'FSUBP': case 'FSUBRP': case 'FDIVP': case 'FDIVRP':
      return reversed(row, name) + sizeSuffix(row, d);
    case 'JMP': case 'CALL':
      if (row.operands[0]?.code === 'Mp' || row.operands[0]?.code === 'Ap') return `l${name}${row.operands[0].code === 'Mp' ? sizeSuffix(row, d) : modeBits(d) === d.operandSize ? '' : own}`;
      return name + (hiddenSize(row, d, modeBits(d)) && mnemonic === 'CALL' ? own : sizeSuffix(row, d));
    case 'VCVTPD2PS': case 'VCVTPD2DQ': case 'VCVTTPD2DQ': return name + (d.hasMemory === 0 ? '' : d.vectorLength === 256 ? 'y' : 'x');
    default: return name + (hiddenSize(row, d, modeBits(d)) && row.operands[0]?.kind.source !== 'rel' ? own : sizeSuffix(row, d));
  }
}

/** AT&T's assembler swapped the reversed operations whose destination is not ST(0); everybody after it had to follow. */
function reversed(row: Row, name: string): string {
  if (row.operands[0]?.code !== 'STi') return name;
  const pops = name.endsWith('p') ? 'p' : '', stem = pops === '' ? name : name.slice(0, -1);
  return (stem.endsWith('r') ? stem.slice(0, -1) : `${stem}r`) + pops;
}

function memoryText(o: ResolvedOperand, d: Decoded, options: FormatOptions): string {
  const segment = showsSegment(d) ? `%${SEGMENT_NAMES[d.segment] ?? '?'}:` : '';
  if (d.base === BASE.RIP) {
    // A number in front of (%rip) is the displacement for GNU as, a symbol is the target.
    const name = options.symbol?.(ripRelativeAddress(d, options.address ?? 0));
    const displacement = d.disp === 0 ? '' : d.disp < 0 ? `-${hex(-d.disp)}` : hex(d.disp);
    return `${segment}${name ?? displacement}(%${d.addressSize === 64 ? 'rip' : 'eip'})`;
  }
  const base = d.base >= 0 ? `%${registerName('gpr', d.addressSize, d.base)}` : '';
  const bits = vsibBits(o, d);
  let index = '';
  if (d.index >= 0) {
    index = `,%${bits > 0 ? registerName('vec', bits, d.index) : registerName('gpr', d.addressSize, d.index)}`;
    if (d.addressSize !== 16) index += `,${1 << d.scale}`;
  }
  if (base === '' && index === '') return segment + absoluteDisplacement(d);
  const displacement = d.disp === 0 ? '' : d.disp < 0 ? `-${hex(-d.disp)}` : hex(d.disp);
  return `${segment}${displacement}(${base}${index})`;
}

function operandText(o: ResolvedOperand, d: Decoded, options: FormatOptions): string {
  switch (o.form) {
    case OPERAND.REGISTER: return `%${operandRegister(o)}`;
    case OPERAND.MEMORY: return memoryText(o, d, options);
    case OPERAND.RELATIVE: return addressText(branchTarget(d, options.address ?? 0), options.symbol);
    case OPERAND.FAR: return `$${hex(d.imm2)}, $${hex(d.imm >>> 0)}`;
    default: return `$${immediateText(o, d)}`;
  }
}

/** Operands of string instructions and XLAT, which GNU as writes although there is no choice. */
function impliedText(o: Operand, d: Decoded): string {
  const { source } = o.kind;
  const resolved = resolveOperand(o, d);
  if (resolved.form === OPERAND.REGISTER) return `%${registerName(o.kind.registers, resolved.size, resolved.register)}`;
  const register = source === 'string-src' ? 6 : source === 'string-dst' ? 7 : 3;
  const segment = source === 'string-dst' ? '%es:' : d.segment === SEGMENT.DS ? '' : `%${SEGMENT_NAMES[d.segment] ?? '?'}:`;
  return `${segment}(%${registerName('gpr', d.addressSize, register)})`;
}

/** Operands in AT&T's order: sources first. BOUND, ENTER and far pointers keep Intel's order, as GNU as has it. */
export function attOperands(row: Row, d: Decoded, options: FormatOptions): string[] {
  const texts = shownOperands(row, d).map((o) => operandText(o, d, options));
  const implied = row.operands.filter((o) => o.kind.source.startsWith('string') || o.kind.source === 'xlat');
  if (implied.length > 0) return row.operands.map((o) => impliedText(o, d)).reverse();
  const indirect = (row.mnemonic === 'JMP' || row.mnemonic === 'CALL') && row.modrm !== 'none';
  if (indirect) return texts.map((text) => `*${text}`);
  return row.mnemonic === 'ENTER' || row.mnemonic === 'BOUND' ? texts : texts.reverse();
}
