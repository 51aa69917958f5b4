/** How many tests passed, failed and were skipped. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The part of vitest's JSON report that is counted. */
export interface VitestReport {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

export const add = (a: Tally, b: Tally): Tally => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

/** A step without tests of its own counts as one. */
export const tallyOfStep = (ok: boolean): Tally => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 });

/**
 * Counts a report. A file that failed without a failing test (it did not load) counts as one failure; so does a run
 * that failed for no reason the report knows (an unhandled rejection, a crash before the report was written).
 */
export const tallyOfReport = (ok: boolean, report: VitestReport | undefined): Tally => {
  const files = report?.testResults ?? [];
  const tests = files.flatMap((file) => file.assertionResults);
  const count = (status: string): number => tests.filter((test) => test.status === status).length;
  const passed = count('passed');
  const broken = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = count('failed') + broken.length;
  return {
    passed,
    failed: ok ? failed : Math.max(failed, 1),
    skipped: tests.length - passed - count('failed'),
  };
};

/** The line by which a run is read: `N passed, N failed`, and what was skipped if anything was. */
export const summary = ({ passed, failed, skipped }: Tally): string =>
  `${String(passed)} passed, ${String(failed)} failed` + (skipped > 0 ? `, ${String(skipped)} skipped` : '');
