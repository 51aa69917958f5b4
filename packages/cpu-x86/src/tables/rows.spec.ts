import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { instancesOf } from '../../oracle/encode-row.ts';
import { instructionsDocument } from '../../scripts/instructions-document.ts';
import { VERDICT } from '../decode/codes.ts';
import { Decoded } from '../decode/decoded.ts';
import { Decoder } from '../decode/decoder.ts';
import { FEATURES } from './features.ts';
import { rowById, rows } from './rows.ts';

describe('the instruction tables', () => {
  test('give every row a name of its own and its position as index', () => {
    expect(rowById.size).toBe(rows.length);
    expect(rows.every((row, i) => row.index === i)).toBe(true);
  });

  test('reach every row: each instance of a row decodes to it', () => {
    const decoder = new Decoder(), out = new Decoded(), wrong: string[] = [];
    for (const row of rows) {
      const instances = instancesOf(row);
      if (instances.length === 0) wrong.push(`${row.id}: no instance`);
      for (const { bytes, mode } of instances) {
        const verdict = decoder.decode(out, Uint8Array.from(bytes), 0, bytes.length, mode);
        if (verdict !== VERDICT.OK || out.row !== row.index) wrong.push(`${row.id}: ${bytes.map((b) => b.toString(16)).join(' ')}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('state disjoint effects on flags', () => {
    const clashing = rows.filter(({ flags: f }) => (f.written & f.cleared) !== 0 || (f.written & f.set) !== 0 || (f.cleared & f.set) !== 0
      || ((f.written | f.cleared | f.set) & f.undef) !== 0 || f.modified !== (f.written | f.cleared | f.set | f.undef));
    expect(clashing.map((row) => row.id)).toEqual([]);
  });

  test('allow LOCK only where memory is written', () => {
    const odd = rows.filter((row) => row.lock && !row.operands.some((o) => o.kind.source === 'rm' && o.kind.allowsMem && o.access.includes('w')));
    expect(odd.map((row) => row.id)).toEqual([]);
  });

  test('demand alignment of full-width memory only, and never of VEX loads that are not moves', () => {
    const aligned = rows.filter((row) => row.aligned);
    expect(aligned.every((row) => row.operands.some((o) => o.kind.source === 'rm' && o.kind.allowsMem))).toBe(true);
    expect(aligned.filter((row) => row.vex).map((row) => row.mnemonic).every((m) => /^VMOV(AP|NT|DQA)/.test(m))).toBe(true);
  });

  test('need each feature that is declared, in some row', () => {
    const used = new Set(rows.flatMap((row) => row.features));
    expect(FEATURES.filter((feature) => !used.has(feature))).toEqual([]);
  });

  test('keep VEX rows out of real-address and virtual-8086 mode', () => {
    expect(rows.filter((row) => row.vex && (row.inReal || row.inV86))).toEqual([]);
  });

  test('are what INSTRUCTIONS.md lists (run scripts/write-instructions.ts after a change)', () => {
    const written = readFileSync(new URL('../../INSTRUCTIONS.md', import.meta.url), 'utf8');
    expect(written).toBe(instructionsDocument());
  });
});
