/**
 * Rows as text that is fast to read at start-up: reading the tables' own notation takes many times as long. What recurs in
 * rows (operand lists, flags, features) stands once.
 */
import type { Feature } from './features.ts';
import { operandKind } from './operand-kinds.ts';
import type { Access, FlagEffects, Operand, Row } from './types.ts';

type Plain = Omit<Row, 'operands' | 'flags' | 'features'>;
const SHARED = ['operands', 'flags', 'features'] as const;
/** Names of the other fields, then for each row their values and the places of the shared ones. */
interface Packed {
  readonly names: readonly (keyof Plain)[];
  readonly operands: readonly string[];
  readonly flags: readonly FlagEffects[];
  readonly features: readonly (readonly Feature[])[];
  readonly rows: readonly (readonly (string | number | boolean)[])[];
}

export function packRows(rows: readonly Row[]): string {
  const shared = { operands: new Map<string, number>(), flags: new Map<string, number>(), features: new Map<string, number>() };
  const place = (of: (typeof SHARED)[number], text: string): number => {
    const known = shared[of].get(text) ?? shared[of].size;
    shared[of].set(text, known);
    return known;
  };
  const names = Object.keys(rows[0] ?? {}).filter((name) => !(SHARED as readonly string[]).includes(name)) as (keyof Plain)[];
  const list = rows.map((row) => [
    place('operands', row.operands.map((o) => `${o.code}:${o.access}`).join(' ')),
    place('flags', JSON.stringify(row.flags)), place('features', JSON.stringify(row.features)),
    ...names.map((name) => row[name]),
  ]);
  const parsed = (of: 'flags' | 'features'): unknown[] => [...shared[of].keys()].map((text) => JSON.parse(text) as unknown);
  return JSON.stringify({ names, operands: [...shared.operands.keys()], flags: parsed('flags'), features: parsed('features'), rows: list });
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
  return packed.rows.map(([o, f, c, ...values]) => {
    const row: Record<string, unknown> = { operands: operands[o as number], flags: packed.flags[f as number], features: packed.features[c as number] };
    packed.names.forEach((name, i) => {
      row[name] = values[i];
    });
    return row as unknown as Row;
  });
}
