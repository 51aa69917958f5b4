import { describe, expect, test } from 'vitest';
import { runCheck, type Check } from '../conformance/report.ts';

/** What every subject of a suite has. */
export interface Subject {
  readonly label: string;
  readonly skip: Readonly<Record<string, string>>;
}

/** A full run of one check can take long on a loaded machine; the suite has no other use for time. */
const TIMEOUT = 120_000;

/** One test for each check; the sentence that fails is the test's name. */
export function register<S extends Subject>(subjects: readonly S[], checks: readonly Check<S>[]): void {
  for (const subject of subjects) {
    describe(subject.label, () => {
      for (const check of checks) {
        test(`${check.name}: ${check.summary}`, { timeout: TIMEOUT }, async (context) => {
          const result = await runCheck(check, subject);
          if (result.skipped !== undefined) context.skip(result.skipped);
          expect(result.findings.map((f) => f.message)).toEqual([]);
        });
      }
    });
  }
}
