/** What scripts print. */

/** A line of the report. */
export function show(what: string, result?: string): void {
  console.log(result === undefined ? `\n${what}` : `${what}: ${result.includes('\n') ? `\n${result}` : result}`);
}

/** Measures from now; says how long it took. */
export function took(): () => string {
  const from = performance.now();
  return () => `${((performance.now() - from) / 1000).toFixed(1)} s`;
}

/** What is there; ends the script, with the reason, where it is not. */
export function needed<T extends object>(found: T | { readonly reason: string }): T {
  if (!('reason' in found)) return found;
  console.error(`cannot be shown here: ${found.reason}`);
  process.exit(2);
}
