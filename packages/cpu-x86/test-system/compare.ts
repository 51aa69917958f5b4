/** Line by line: what QEMU, Bochs and the engine say about each test. */
import { knownDifferences, type KnownDifference } from './known-differences.ts';

export interface Difference {
  readonly test: string;
  readonly qemu: string;
  readonly bochs: string;
  /** Absent when the engine did not run. */
  readonly engine: string | undefined;
  /** What is right; nothing while it is undecided. */
  readonly right: readonly string[];
}
export interface Comparison {
  readonly lines: number;
  /** Lines on which the oracles differ, or are both wrong, and `known-differences.ts` says what is right. */
  readonly explained: number;
  readonly used: ReadonlySet<KnownDifference>;
  readonly differences: readonly Difference[];
}

const ABSENT = '(no such line)';

/** A log as a map from a test's name to what followed the colon; the same name again gets a number. */
export function parse(lines: readonly string[]): Map<string, string> {
  const out = new Map<string, string>(), seen = new Map<string, number>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const base = colon < 0 ? line : line.slice(0, colon);
    const count = (seen.get(base) ?? 0) + 1;
    seen.set(base, count);
    out.set(count === 1 ? base : `${base} #${count}`, colon < 0 ? '' : line.slice(colon + 1).trim());
  }
  return out;
}

export function compare(
  guest: string, qemuLines: readonly string[] | undefined, bochsLines: readonly string[], engineLines?: readonly string[],
): Comparison {
  const bochs = parse(bochsLines), qemu = qemuLines ? parse(qemuLines) : bochs, engine = engineLines && parse(engineLines);
  const tests = new Set([...qemu.keys(), ...bochs.keys(), ...(engine?.keys() ?? [])]);
  const differences: Difference[] = [];
  const used = new Set<KnownDifference>();
  let explained = 0;
  for (const test of tests) {
    const q = qemu.get(test) ?? ABSENT, b = bochs.get(test) ?? ABSENT;
    const known = knownDifferences.find((entry) => entry.guest === guest && matches(entry, test, q, b));
    if (known !== undefined) {
      used.add(known);
      explained++;
    }
    const mine = engine === undefined ? undefined : engine.get(test) ?? ABSENT;
    const right = known === undefined ? (q === b ? [q] : []) : rightValues(known, q, b, mine);
    if (right.length === 0 || (mine !== undefined && !right.includes(mine))) {
      differences.push({ test, qemu: q, bochs: b, engine: mine, right });
    }
  }
  return { lines: tests.size, explained, used, differences };
}

function matches(entry: KnownDifference, test: string, qemu: string, bochs: string): boolean {
  if (typeof entry.test === 'string' ? entry.test !== test : !entry.test.test(test)) return false;
  if (entry.qemu?.test(qemu) === false || entry.bochs?.test(bochs) === false) return false;
  if ('is' in entry) return qemu !== entry.is || bochs !== entry.is;
  if ('fix' in entry) return qemu !== bochs || entry.fix(bochs) !== bochs;
  return 'matches' in entry || qemu !== bochs;
}

function rightValues(entry: KnownDifference, qemu: string, bochs: string, mine: string | undefined): string[] {
  if ('is' in entry) return [entry.is];
  if ('fix' in entry) return [entry.fix(bochs)];
  if ('matches' in entry) return [qemu, bochs, mine ?? bochs].filter((line) => entry.matches.test(line));
  if ('either' in entry) return [qemu, bochs];
  return [entry.wrong === 'qemu' ? bochs : qemu];
}

export function describeDifference(guest: string, d: Difference): string {
  const lines = [`${guest} / ${d.test}`, `  qemu   ${d.qemu}`, `  bochs  ${d.bochs}`];
  if (d.engine !== undefined) lines.push(`  engine ${d.engine}`);
  if (d.right.length > 0) lines.push(`  right  ${d.right.join('  or  ')}`);
  return lines.join('\n');
}
