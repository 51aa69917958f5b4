import { atomicOps } from './atomic.ts';
import { memoryOps } from './memory.ts';
import { numericOps } from './numeric.ts';
import type { OpRow } from './op-table.ts';
import { relaxedSimdOps } from './relaxed-simd.ts';
import { simdOps } from './simd.ts';
import { structuredOps } from './structured.ts';

/** The instructions whose builder methods are derived from their rows. */
export const plainOps = { ...numericOps, ...memoryOps, ...simdOps, ...relaxedSimdOps, ...atomicOps } as const;
export type PlainOps = typeof plainOps;

/** Every instruction, by the name the specification spells. */
export const allOps = { ...structuredOps, ...plainOps } as const;
export type OpName = keyof typeof allOps;

export { structuredOps };
export type { OpRow };

const byCode = new Map<number, string>();
for (const [name, row] of Object.entries<OpRow>(allOps)) byCode.set(row[0], name);

/** The name of an opcode (`prefix << 12 | number` for prefixed ones). */
export const opName = (code: number): string => byCode.get(code) ?? `opcode 0x${code.toString(16)}`;

/** The row of an opcode, or undefined where there is no such instruction. */
export const opRow = (code: number): OpRow | undefined => {
  const name = byCode.get(code);
  return name === undefined ? undefined : allOps[name as OpName];
};
