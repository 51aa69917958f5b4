/** Nanoseconds for one operation: the median of several timed loops, after a warm-up that lets the compiler finish. */
export function nanoseconds(operations: number, loop: (operations: number) => void, rounds = 15): number {
  for (let i = 0; i < 5; i++) loop(operations);
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = process.hrtime.bigint();
    loop(operations);
    times.push(Number(process.hrtime.bigint() - start) / operations);
  }
  return times.sort((a, b) => a - b)[rounds >> 1]!;
}

/** One line of the report: a figure, and what was aimed at. */
export function report(what: string, figure: number, unit: string, target?: number): void {
  const digits = figure < 10 ? 2 : figure < 1000 ? 1 : 0;
  const aim = target === undefined ? '' : `   target < ${target} ${unit}: ${figure < target ? 'met' : 'MISSED'}`;
  console.log(`${what.padEnd(66)} ${figure.toFixed(digits).padStart(9)} ${unit.padEnd(4)}${aim}`);
}
