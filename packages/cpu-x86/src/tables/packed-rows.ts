/**
 * Rows as text that is fast to read at start-up: reading the tables' own notation takes many times as long. What recurs in
 * rows (operand lists, flags, features) stands once.
 */
import type { Feature } from './features.ts';
import { operandKind } from './operand-kinds.ts';
import type { Access, FlagEffects, Operand, Row } from './types.ts';

type Plain = Omit<Row, 'operands' | 'flags' | 'features'>;
/** Places of the shared fields, then the others in this order. */
type PackedRow = readonly [
  operands: number, flags: number, features: number,
  index: Row['index'], id: Row['id'], family: Row['family'], mnemonic: Row['mnemonic'], encoding: Row['encoding'],
  map: Row['map'], opcode: Row['opcode'], opcodeReg: Row['opcodeReg'], prefix: Row['prefix'], modrm: Row['modrm'],
  mod: Row['mod'], reg: Row['reg'], rm: Row['rm'], rexB: Row['rexB'], opSizes: Row['opSizes'],
  addrSizes: Row['addrSizes'], w: Row['w'], y: Row['y'], l: Row['l'], vex: Row['vex'], usesVvvv: Row['usesVvvv'],
  in64: Row['in64'], inLegacy: Row['inLegacy'], inReal: Row['inReal'], inV86: Row['inV86'], sizeRule: Row['sizeRule'],
  lock: Row['lock'], rep: Row['rep'], exceptions: Row['exceptions'], privilege: Row['privilege'],
  serialising: Row['serialising'], aligned: Row['aligned'], alias: Row['alias'], note: Row['note']
];
const NAMES = ['index', 'id', 'family', 'mnemonic', 'encoding', 'map', 'opcode', 'opcodeReg', 'prefix', 'modrm', 'mod', 'reg', 'rm', 'rexB', 'opSizes', 'addrSizes', 'w', 'y', 'l', 'vex', 'usesVvvv', 'in64', 'inLegacy', 'inReal', 'inV86', 'sizeRule', 'lock', 'rep', 'exceptions', 'privilege', 'serialising', 'aligned', 'alias', 'note'] as const satisfies readonly (keyof Plain)[];

interface Packed {
  readonly operands: readonly string[];
  readonly flags: readonly FlagEffects[];
  readonly features: readonly (readonly Feature[])[];
  readonly rows: readonly PackedRow[];
}

export function packRows(rows: readonly Row[]): string {
  const shared = { operands: new Map<string, number>(), flags: new Map<string, number>(), features: new Map<string, number>() };
  const place = (of: 'operands' | 'flags' | 'features', text: string): number => {
    const known = shared[of].get(text) ?? shared[of].size;
    shared[of].set(text, known);
    return known;
  };
  const list = rows.map((row) => [
    place('operands', row.operands.map((o) => `${o.code}:${o.access}`).join(' ')),
    place('flags', JSON.stringify(row.flags)), place('features', JSON.stringify(row.features)),
    ...NAMES.map((name) => row[name]),
  ]);
  const parsed = (of: 'flags' | 'features'): unknown[] => [...shared[of].keys()].map((text) => JSON.parse(text) as unknown);
  return JSON.stringify({ operands: [...shared.operands.keys()], flags: parsed('flags'), features: parsed('features'), rows: list });
}

function readOperands(text: string): readonly Operand[] {
  return text.split(' ').filter((word) => word !== '').map((word) => {
    const [code = '', access = 'r'] = word.split(':');
    return { code, kind: operandKind(code), access: access as Access };
  });
}

export function unpackRows(text: string): Row[] {
  const packed = JSON.parse(text) as Packed;
  const operands = packed.operands.map(readOperands);
  // Written out, because objects that are made field by field in a loop take ten times as long.
  return packed.rows.map((v) => ({
    operands: operands[v[0]]!, flags: packed.flags[v[1]]!, features: packed.features[v[2]]!,
    index: v[3], id: v[4], family: v[5], mnemonic: v[6], encoding: v[7], map: v[8], opcode: v[9], opcodeReg: v[10],
    prefix: v[11], modrm: v[12], mod: v[13], reg: v[14], rm: v[15], rexB: v[16], opSizes: v[17], addrSizes: v[18],
    w: v[19], y: v[20], l: v[21], vex: v[22], usesVvvv: v[23], in64: v[24], inLegacy: v[25], inReal: v[26],
    inV86: v[27], sizeRule: v[28], lock: v[29], rep: v[30], exceptions: v[31], privilege: v[32], serialising: v[33],
    aligned: v[34], alias: v[35], note: v[36],
  }));
}
