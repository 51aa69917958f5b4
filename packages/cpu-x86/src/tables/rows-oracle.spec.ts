import { describe, expect, test } from 'vitest';
import { coverage } from '../../oracle/coverage.ts';
import { STATIC_DIFFERENCES } from '../../oracle/known-differences.ts';
import { type StaticFinding, staticFindings } from '../../oracle/static-facts.ts';
import { rowById, rows } from './rows.ts';

describe('access, flags, features, modes and privileges of every row', () => {
  const findings: StaticFinding[] = rows.flatMap(staticFindings);
  const explains = (finding: StaticFinding) => (known: (typeof STATIC_DIFFERENCES)[number]): boolean => known.aspect === finding.aspect && known.rows.test(finding.row);

  test('are those that iced-x86 states, but for the differences listed with a reason', () => {
    expect(findings.filter((finding) => !STATIC_DIFFERENCES.some(explains(finding)))).toEqual([]);
  });

  test('leave no listed difference without use', () => {
    expect(STATIC_DIFFERENCES.filter((known) => !findings.some((finding) => explains(finding)(known)))).toEqual([]);
  });

  test('are looked at: a wrong flag, access or feature is found', () => {
    const add = rowById.get('ADD_Ev_Gv');
    if (add === undefined) throw new Error('no ADD');
    const wrong = { ...add, lock: false, features: ['AVX'] as const, flags: { ...add.flags, written: 0 }, operands: add.operands.map((o) => ({ ...o, access: 'r' as const })) };
    expect(new Set(staticFindings(wrong).map((f) => f.aspect))).toEqual(new Set(['lock', 'features', 'written', 'access 0']));
  });
});

test('the tables reach every form that iced-x86 knows within their scope', () => {
  const { missing, inScope, unusedReasons } = coverage();
  expect(missing).toEqual([]);
  expect(unusedReasons).toEqual([]);
  expect(inScope).toBeGreaterThan(2000);
});
