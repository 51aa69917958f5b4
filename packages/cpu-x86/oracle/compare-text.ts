/**
 * Compares the disassembler's text with iced-x86's: Intel syntax with iced's MASM formatter, or its NASM formatter for
 * instructions without written operands; AT&T syntax with its GNU formatter. Spelling that is a matter of taste is set
 * alike through iced's options or brought to one form by the rules below.
 */
import { Code, Formatter, FormatterSyntax, MemorySizeOptions, type Instruction } from 'iced-x86';
import { VERDICT } from '../src/decode/codes.ts';
import type { Decoded } from '../src/decode/decoded.ts';
import { formatInstruction } from '../src/disasm/format.ts';
import { factsOf } from './compare.ts';
import { rows } from '../src/tables/rows.ts';

function formatter(syntax: FormatterSyntax): Formatter {
  const f = new Formatter(syntax);
  f.hexPrefix = '0x';
  f.hexSuffix = '';
  f.uppercaseHex = false;
  f.spaceAfterOperandSeparator = true;
  f.smallHexNumbersInDecimal = false;
  f.branchLeadingZeros = false;
  f.leadingZeros = false;
  f.addLeadingZeroToHexNumbers = false;
  f.usePseudoOps = false;
  f.showBranchSize = false;
  f.masmAddDsPrefix32 = false;
  f.memorySizeOptions = MemorySizeOptions.Always;
  return f;
}

const masm = formatter(FormatterSyntax.Masm), nasm = formatter(FormatterSyntax.Nasm), gas = formatter(FormatterSyntax.Gas);
gas.ripRelativeAddresses = true;
gas.alwaysShowScale = true;

/** A rule that brings both texts to one form, and why it may. */
interface Rule {
  readonly from: RegExp;
  readonly to: string;
  readonly why: string;
}

const BOTH: readonly Rule[] = [
  { from: /^(hint-taken|hint-not-taken|ht|hnt|notrack|xacquire|xrelease|bnd|data16|data32|addr16|addr32|rex\S*) (?=\w)/, to: '', why: 'prefixes without effect are not written by us' },
  { from: /^rep (?=ret)/, to: '', why: 'F3 has no effect on RET' },
  { from: /^a(ddr)?(16|32) (?=loop)/, to: '', why: 'we show the counter of LOOP as a prefix, MASM as a suffix, GNU as not at all' },
  { from: /^(aam|aad) \$?0xa$/, to: '$1', why: 'assemblers may leave out the base ten' },
  { from: /,p[tn] /, to: ' ', why: 'branch hints have no effect on current processors' },
  { from: /^fstpnce/, to: 'fstp', why: 'iced writes the undocumented variant like the documented one' },
  { from: /^(nop|xchg %?[er]?ax, %?[er]?ax)$/, to: 'nop', why: '90 with 66 or REX.W is NOP for the SDM, XCHG with itself for iced' },
];
const INTEL: readonly Rule[] = [
  { from: /^prefetchwt1/, to: 'prefetch', why: 'an alias where the feature is missing' },
  { from: /\brel /, to: '', why: 'MASM writes RIP-relative operands like absolute ones' },
  { from: /\bmmword ptr/, to: 'qword ptr', why: 'the size of MMX memory has two names' },
  { from: /\boword ptr/, to: 'xmmword ptr', why: 'the size of 16-byte memory has two names' },
  { from: /\bfpu(env|state)\d+ ptr /, to: '', why: 'we write no size for layouts' },
  { from: /^o(16|32|64) /, to: '', why: 'we write an operand size that no operand shows as a prefix, MASM as a suffix or not at all' },
  { from: /^(push|pop|enter|leave|ret|retf|retn|loop|loope|loopne)[wdq](?= |$)/, to: '$1', why: 'see above' },
  { from: /far ptr /, to: '', why: 'the colon tells a far pointer' },
  { from: /^int 0x3$/, to: 'int3', why: 'CC is INT3; MASM writes it like INT 3' },
  { from: /^(v?pcmpestr[im])64/, to: '$1', why: 'see SAME_MNEMONIC' },
  { from: /^retn\b/, to: 'ret', why: 'MASM may say near' },
  { from: /^([sl][gi]dt)[wd]?( fword ptr)?/, to: '$1', why: 'we write no size for layouts' },
  { from: /\[(dword|qword|word) (?=0x)/, to: '[', why: 'NASM may state the size of an address' },
];
const ATT: readonly Rule[] = [
  { from: /,\)/g, to: ')', why: 'iced shows a SIB byte without index by a comma' },
  { from: /%es:\((?=%[er]?di\))/, to: '(', why: 'the destination of string instructions is always in ES; iced says so only next to an override' },
  { from: /^(sysexit|sysret)l$/, to: '$1', why: 'the SDM has no suffix for the 32-bit form' },
  { from: /^prefetchwt1/, to: 'prefetch', why: 'an alias where the feature is missing' },
  { from: /^(v?pcmpestr[im])q/, to: '$1', why: 'see SAME_MNEMONIC' },
  { from: /^([sl][gi]dt)[wl] /, to: '$1 ', why: 'we write no size for layouts' },
  { from: /^(fldenv|fnstenv|frstor|fnsave)[sl]/, to: '$1', why: 'GNU as needs no suffix but for the form of the other size' },
  { from: /^crc32[bwlq]/, to: 'crc32', why: 'GNU as writes the suffix always, iced only with memory' },
  { from: /^mov([sz])ww/, to: 'mov$1xw', why: 'names of the useless 16-bit to 16-bit extension' },
  { from: /^\.byte 0x66; /, to: '', why: 'iced shows an operand-size prefix on LOOP and JCXZ as data, we show a suffix' },
  { from: /^(loop|loope|loopne|jcxz|jecxz|jrcxz)[wlq] /, to: '$1 ', why: 'see above' },
];

/** A segment prefix in front of an instruction that has no use for it. */
const IDLE_SEGMENT = /^(cs|ds|es|ss|fs|gs) (?=\w)/;

function normalise(text: string, rules: readonly Rule[]): string {
  let result = text;
  for (const rule of [...BOTH, ...rules, ...BOTH, ...rules]) result = result.replace(rule.from, rule.to);
  return result;
}

/** MASM calls the 32-bit form PUSHA where the SDM calls the 16-bit form so; the AT&T texts are still compared. */
const MASM_NAMES = /^(PUSHA|PUSHAD|POPA|POPAD)$/;

/** With W = 1 iced decodes a 64-bit register for these, as we do, and its MASM formatter writes the 32-bit name. */
function narrowed(text: string): string {
  if (!/^(v?extractps|vpinsr[bw]) /.test(text)) return text;
  return text.replace(/\br([a-d]x|[sb]p|[sd]i)\b/g, 'e$1').replace(/\br(\d+)\b/g, 'r$1d');
}

/** XCHG means the same in either order; MASM puts the memory operand last. */
function ordered(text: string): string {
  const xchg = /^((?:lock )?xchg) (.*), (.*)$/.exec(text);
  return xchg === null ? text : `${xchg[1] ?? ''} ${[xchg[2], xchg[3]].sort().join(', ')}`;
}

/** Compares the texts of one instruction at `address`. Returns '' or what differs. */
export function compareText(d: Decoded, iced: Instruction, address: number): string {
  if (d.verdict !== VERDICT.OK || iced.code === Code.INVALID) return '';
  const row = rows[d.row];
  if (row === undefined || factsOf(iced).foreign !== null) return '';
  const implied = row.operands.some((o) => ['string-src', 'string-dst', 'xlat', 'maskmov'].includes(o.kind.source));
  const ours = narrowed(ordered(normalise(formatInstruction(d, 'intel', { address }), INTEL)));
  const theirsFull = narrowed(ordered(normalise(implied ? nasm.format(iced) : masm.format(iced).replace(IDLE_SEGMENT, ''), INTEL)));
  // MASM writes implied registers of MONITOR, VMRUN and their like.
  const theirs = row.operands.length === 0 ? theirsFull.replace(/^((?:rep |repe |repne )?\w+) .*$/, '$1') : theirsFull;
  if (ours !== theirs && !MASM_NAMES.test(row.mnemonic)) return `intel ${row.id}: ${ours}   iced: ${theirs}`;
  const oursAtt = normalise(formatInstruction(d, 'att', { address }), ATT), theirsAtt = normalise(implied ? gas.format(iced) : gas.format(iced).replace(IDLE_SEGMENT, ''), ATT);
  return oursAtt === theirsAtt ? '' : `att ${row.id}: ${oursAtt}   iced: ${theirsAtt}`;
}
