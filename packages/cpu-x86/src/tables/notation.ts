/**
 * The notation of the tables. A table is text, one instruction form per line, five columns separated by `|`:
 *
 *     mnemonic | encoding | operands | flags | attributes
 *
 * Encoding, after the "Opcode" column of the Intel SDM Vol. 2 (3.1.1.1): optional words `NP` (no 66/F3/F2), `NFx` (no
 * F3/F2), `66`, `F3`, `F2` (mandatory prefixes), `W0`/`W1` (raw REX.W or VEX.W), `Y0`/`Y1` (W counted only in 64-bit mode),
 * `o16 o32 o64` and `a16 a32 a64` (effective sizes), `only64`, `no64`, `B0`/`B1` (REX.B); then the map (`0F`, `0F 38`,
 * `0F 3A`, or `VEX.<L>.<pp>.<map>.<W>` with L one of `128 256 x LIG LZ`); then the opcode byte (`+r`: low three bits name
 * a register; `+cc`: sixteen rows, one per condition); then ModRM: `/r`, `/0`..`/7`, either followed by `:m` (memory
 * only) or `:r` (register only), `=C8` (that very byte), `=C0+i` (that byte and the seven after it).
 *
 * Operands: codes of `operand-kinds.ts`, each with `:access` (read when left out). Flags: see `flags.ts`; `cc` stands for
 * the flags that the condition tests. Attributes: see {@link applyAttribute}. A line `@ ...` sets attributes for the lines
 * after it; a line `# ...` is a comment.
 */
import { isFeature, type Feature } from './features.ts';
import { parseFlags } from './flags.ts';
import { operandKind } from './operand-kinds.ts';
import type { Access, Operand, OpcodeMap, Row } from './types.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** A row while it is read. `index` is -1 until the row has its place in the whole list. */
export type Draft = Mutable<Row>;

/** Condition suffixes in the order of their codes 0 to 15, and the flags each tests (SDM Vol. 1, Appendix B). */
export const CONDITIONS = [
  ['O', 'O'], ['NO', 'O'], ['B', 'C'], ['AE', 'C'], ['E', 'Z'], ['NE', 'Z'], ['BE', 'CZ'], ['A', 'CZ'],
  ['S', 'S'], ['NS', 'S'], ['P', 'P'], ['NP', 'P'], ['L', 'SO'], ['GE', 'SO'], ['LE', 'ZSO'], ['G', 'ZSO'],
] as const;

const ACCESSES: ReadonlySet<string> = new Set(['r', 'w', 'rw', 'cw', 'rcw', 'cr', 'n']);
const MAPS: Readonly<Record<string, OpcodeMap>> = { '0F': 'vex1', '0F38': 'vex2', '0F3A': 'vex3' };
const SIZE_BITS: Readonly<Record<string, number>> = { '16': 1, '32': 2, '64': 4 };

/** The same few hundred operand lists recur in all rows. */
const operandLists = new Map<string, readonly Operand[]>();

function parseOperands(text: string): readonly Operand[] {
  let list = operandLists.get(text);
  if (list === undefined) operandLists.set(text, list = readOperands(text));
  return list;
}

function readOperands(text: string): readonly Operand[] {
  return text.split(' ').filter((w) => w !== '').map((word) => {
    const [code = '', access = 'r'] = word.split(':');
    if (!ACCESSES.has(access)) throw new Error(`unknown access in operand "${word}"`);
    return { code, kind: operandKind(code), access: access as Access };
  });
}

function parseVex(d: Draft, word: string): void {
  const [, length, pp, map = '', w] = word.split('.');
  d.vex = true;
  d.inReal = d.inV86 = false;
  d.map = MAPS[map] ?? fail(`unknown VEX map in "${word}"`);
  if (pp !== 'NP' && pp !== '66' && pp !== 'F3' && pp !== 'F2') fail(`unknown VEX.pp in "${word}"`);
  d.prefix = pp;
  if (length === '128' || length === 'LZ') d.l = 0;
  else if (length === '256') d.l = 1;
  else if (length !== 'x' && length !== 'LIG') fail(`unknown VEX.L in "${word}"`);
  if (w !== undefined && w !== 'WIG') parseEncodingWord(d, w);
}

/** Reads one word in front of the opcode. Returns false when the word is none of those. */
function parseEncodingWord(d: Draft, word: string): boolean {
  switch (word) {
    case 'NP': case 'NFx': case '66': case 'F3': case 'F2': d.prefix = word; return true;
    case 'W0': case 'W1': d.w = Number(word[1]); return true;
    case 'Y0': case 'Y1': d.y = Number(word[1]); return true;
    case 'B0': case 'B1': d.rexB = Number(word[1]); return true;
    case 'o16': case 'o32': case 'o64': d.opSizes = (d.opSizes === 7 ? 0 : d.opSizes) | (SIZE_BITS[word.slice(1)] ?? 0); return true;
    case 'a16': case 'a32': case 'a64': d.addrSizes = SIZE_BITS[word.slice(1)] ?? 0; return true;
    case 'only64': d.inLegacy = d.inReal = d.inV86 = false; return true;
    case 'no64': d.in64 = false; return true;
    default:
      if (!word.startsWith('VEX.')) return false;
      parseVex(d, word);
      return true;
  }
}

function parseModrm(d: Draft, word: string): void {
  const full = /^=([0-9A-F]{2})(\+i)?$/.exec(word);
  if (full !== null) {
    const byte = parseInt(full[1] ?? '', 16);
    d.modrm = 'normal'; d.mod = 'reg'; d.reg = (byte >> 3) & 7; d.rm = full[2] === undefined ? byte & 7 : -1;
    return;
  }
  const part = /^\/([r0-7])(?::([mrix]))?$/.exec(word) ?? fail(`unknown ModRM notation "${word}"`);
  d.modrm = part[2] === 'i' ? 'ignores-mod' : part[2] === 'x' ? 'vsib' : 'normal';
  if (part[2] === 'm' || part[2] === 'x') d.mod = 'mem';
  if (part[2] === 'r') d.mod = 'reg';
  if (part[1] !== 'r') d.reg = Number(part[1]);
}

function parseEncoding(d: Draft, text: string): void {
  const words = text.split(' ');
  let i = 0;
  // Before the map 66, F2 and F3 are prefixes; behind a VEX word or 0F they are opcodes.
  while (i < words.length && !d.vex && parseEncodingWord(d, words[i] ?? '')) i++;
  if (!d.vex && words[i] === '0F' && words.length > i + 1 && /^[0-9A-F]{2}/.test(words[i + 1] ?? '')) {
    d.map = '0F'; i++;
    if (words[i] === '38') { d.map = '0F38'; i++; } else if (words[i] === '3A') { d.map = '0F3A'; i++; }
  }
  const opcode = /^([0-9A-F]{2})(\+r)?$/.exec(words[i++] ?? '') ?? fail(`no opcode in "${text}"`);
  d.opcode = parseInt(opcode[1] ?? '', 16);
  d.opcodeReg = opcode[2] !== undefined;
  if (i < words.length) parseModrm(d, words[i++] ?? '');
  if (i < words.length) fail(`left-over words in "${text}"`);
}

/**
 * Attributes: `lock`; `rep`, `repe`, `bnd` (meaning of F3/F2); `v d64 f64 y n64` (operand-size rule); `cpl0 iopl io v86
 * cr4 any` (privilege); `noreal` (not in real-address and virtual-8086 mode), `nov86`; `serial`; `align`, `unaligned`;
 * `f=A+B` (features); `x=4` (exception class); `id=NAME`; `alias`; `note=text_with_underscores`.
 */
function applyAttribute(d: Draft, word: string): void {
  const eq = word.indexOf('=');
  const key = eq < 0 ? word : word.slice(0, eq), value = word.slice(eq + 1);
  switch (key) {
    case 'lock': d.lock = true; return;
    case 'rep': case 'repe': case 'bnd': d.rep = key; return;
    case 'v': case 'd64': case 'f64': case 'y': d.sizeRule = key; return;
    case 'n64': d.sizeRule = 'n'; return;
    case 'any': case 'cpl0': case 'iopl': case 'io': case 'v86': case 'cr4': d.privilege = key; return;
    case 'noreal': d.inReal = d.inV86 = false; return;
    case 'nov86': d.inV86 = false; return;
    case 'serial': d.serialising = true; return;
    case 'align': d.aligned = true; return;
    case 'unaligned': d.aligned = false; return;
    case 'alias': d.alias = true; return;
    case 'id': d.id = value; return;
    case 'note': d.note = value.replaceAll('_', ' '); return;
    case 'x': d.exceptions = value as Draft['exceptions']; return;
    case 'f': d.features = value.split('+').map((f): Feature => (isFeature(f) ? f : fail(`unknown feature "${f}"`))); return;
    default: fail(`unknown attribute "${word}"`);
  }
}

function fail(message: string): never {
  throw new Error(message);
}

function parseRow(family: string, columns: readonly string[], defaults: readonly string[]): Draft {
  const [mnemonic = '', encoding = '', operands = '', flags = '', attributes = ''] = columns;
  const d: Draft = {
    index: -1, id: '', family, mnemonic, encoding, map: 'one', opcode: 0, opcodeReg: false, prefix: 'any', modrm: 'none', mod: 'any',
    reg: -1, rm: -1, rexB: -1, opSizes: 7, addrSizes: 7, w: -1, y: -1, l: -1, vex: false, usesVvvv: false,
    operands: parseOperands(operands), in64: true, inLegacy: true, inReal: true, inV86: true, sizeRule: 'v', lock: false,
    rep: 'none', features: [], exceptions: 'int', flags: parseFlags(flags), privilege: 'any', serialising: false,
    aligned: false, alias: false, note: '',
  };
  const sizes = d.operands.flatMap((o) => [o.kind.regSize, o.kind.memSize]);
  if (sizes.includes('y') && !sizes.includes('v') && !sizes.includes('z')) d.sizeRule = 'y';
  for (const word of defaults) applyAttribute(d, word);
  if (attributes !== '') for (const word of attributes.split(' ')) applyAttribute(d, word);
  parseEncoding(d, encoding);
  // Only instructions with a memory operand can be misaligned, and one that can only be a register cannot name memory.
  const memory = d.operands.find((o) => o.kind.source === 'rm');
  if (memory !== undefined && d.mod === 'any' && !memory.kind.allowsReg) d.mod = 'mem';
  if (memory !== undefined && d.mod === 'any' && !memory.kind.allowsMem && d.modrm !== 'ignores-mod') d.mod = 'reg';
  if (d.mod === 'reg') d.aligned = false;
  if (!d.vex && (d.prefix === 'F3' || d.prefix === 'F2')) d.rep = 'mandatory';
  // What only REX.W or 64-bit addressing selects does not exist in the other modes; what they displace not in 64-bit mode.
  if (d.opSizes === 4 || d.addrSizes === 4 || d.y === 1) d.inLegacy = d.inReal = d.inV86 = false;
  if (d.addrSizes === 1 || (d.sizeRule === 'd64' && d.opSizes === 2)) d.in64 = false;
  // Virtual-8086 mode runs at CPL 3.
  if (d.privilege === 'cpl0') d.inV86 = false;
  d.usesVvvv = d.operands.some((o) => o.kind.source === 'vvvv');
  if (d.id === '') d.id = [mnemonic, ...d.operands.map((o) => o.code.replace('/', ''))].join('_').replaceAll('-', '');
  if (d.features.length === 0) fail('no feature given');
  return d;
}

/** Parses one table. Throws with the line at fault: a wrong table is a mistake of ours, found when the module loads. */
export function parseTable(family: string, text: string): Draft[] {
  const rows: Draft[] = [];
  let defaults: readonly string[] = [];
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    if (trimmed.startsWith('@')) { defaults = trimmed.slice(1).trim().split(/ +/); continue; }
    try {
      const columns = trimmed.split('|').map((c) => c.trim().replace(/ +/g, ' '));
      if (columns.length > 5) fail('too many columns');
      const [mnemonic = '', encoding = '', operands, flags = '', ...rest] = columns;
      if (!encoding.includes('+cc')) { rows.push(parseRow(family, columns, defaults)); continue; }
      CONDITIONS.forEach(([suffix, tested], code) => {
        const place = encoding.replace(/([0-9A-F])0\+cc/, (_, high: string) => high + code.toString(16).toUpperCase());
        rows.push(parseRow(family, [mnemonic.replace('cc', suffix), place, operands ?? '', flags.replace('r=cc', `r=${tested}`), ...rest], defaults));
      });
    } catch (cause) {
      throw new Error(`table ${family}: ${trimmed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
  return rows;
}
