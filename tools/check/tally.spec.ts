import { describe, expect, test } from 'vitest';
import { add, summary, tallyOfReport, tallyOfStep } from './tally.ts';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((name) => ({ status: name })),
});

describe('tallyOfReport', () => {
  test('counts tests by their status over all files', () => {
    const report = { testResults: [file('passed', 'passed', 'pending'), file('failed', 'passed', 'failed', 'todo')] };

    expect(tallyOfReport(false, report)).toEqual({ passed: 2, failed: 1, skipped: 2 });
  });

  test('counts a file that did not load as one failure', () => {
    const report = { testResults: [file('failed'), file('passed', 'passed')] };

    expect(tallyOfReport(false, report)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  test('counts a run that failed with nothing but passed tests as one failure', () => {
    const report = { testResults: [file('passed', 'passed')] };

    expect(tallyOfReport(false, report)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  test('counts a run that left no report as one failure', () => {
    expect(tallyOfReport(false, undefined)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

describe('summary', () => {
  test('names skipped tests only when there are any', () => {
    expect(summary(tallyOfStep(true))).toBe('1 passed, 0 failed');
    expect(summary(add(tallyOfStep(false), { passed: 2, failed: 0, skipped: 3 }))).toBe('2 passed, 1 failed, 3 skipped');
  });
});
