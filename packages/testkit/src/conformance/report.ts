/** One thing that is wrong, in a sentence a plugin's author can act on. */
export interface Finding {
  readonly message: string;
}

/** Findings (none: it passed), or why the check could not be made. */
export type Outcome = readonly Finding[] | { readonly skipped: string };

/** A pure function of its subject: a check keeps nothing between runs. */
export interface Check<S> {
  /** Stable; a heading in the README's list. */
  readonly name: string;
  /** What holds when it passes, as a sentence. */
  readonly summary: string;
  run(subject: S): Outcome | Promise<Outcome>;
}

export interface CheckResult {
  readonly check: string;
  /** Which configuration it was made with. */
  readonly subject: string;
  readonly findings: readonly Finding[];
  /** Why it was not made. */
  readonly skipped?: string;
}

export function found(message: string): Finding {
  return { message };
}

/** At most `limit` findings, and how many more there were: a broken handler fails at every offset. */
export function capped(findings: readonly Finding[], limit = 8): readonly Finding[] {
  if (findings.length <= limit) return findings;
  return [...findings.slice(0, limit), found(`… and ${findings.length - limit} more`)];
}

/** An exception of the part under test, or of the way to it. */
export function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Runs one check; an exception on the way is a finding of that check, not a crash of the suite. */
export async function runCheck<S extends { readonly label: string; readonly skip: Readonly<Record<string, string>> }>(
  check: Check<S>,
  subject: S,
): Promise<CheckResult> {
  const about = { check: check.name, subject: subject.label };
  const reason = subject.skip[check.name];
  if (reason !== undefined) return { ...about, findings: [], skipped: reason };
  try {
    const outcome = await check.run(subject);
    if ('skipped' in outcome) return { ...about, findings: [], skipped: outcome.skipped };
    return { ...about, findings: capped(outcome) };
  } catch (error) {
    return { ...about, findings: [found(`the check could not be finished: ${describeError(error)}`)] };
  }
}
