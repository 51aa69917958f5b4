import { found, type Finding } from '../report.ts';

/** Collects what is not as expected. */
export class Expectations {
  readonly findings: Finding[] = [];

  equal(what: string, actual: string | number | boolean | undefined, expected: string | number | boolean | undefined): void {
    if (actual !== expected) this.findings.push(found(`${what}: ${String(actual)}, expected ${String(expected)}`));
  }
  none(what: string | undefined): void {
    if (what !== undefined) this.findings.push(found(what));
  }
}
