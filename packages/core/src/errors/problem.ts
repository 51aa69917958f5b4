/**
 * What a user did wrong, as a value. A problem names the thing, the place and the remedy; an error carries all
 * problems that were found, so that a description with five mistakes is corrected in one round.
 */
export interface Problem<C extends string = string> {
  /** `package/what-went-wrong`; stable, and a heading in docs/errors.md. */
  readonly code: C;
  /** What is wrong: a plugin kind, a config key, a region, a file. */
  readonly thing: string;
  /** Where it stands, as a path a reader can follow: `devices.com1.at.regs`. */
  readonly place: string;
  readonly message: string;
  /** What to do about it, as a sentence. */
  readonly remedy: string;
  readonly cause?: unknown;
}

export function problem<const C extends string>(p: Problem<C>): Problem<C> {
  return p;
}

export function formatProblem(p: Problem): string {
  const where = p.place === '' ? '' : ` at ${p.place}`;
  return `${p.code}: ${p.message} (${p.thing}${where}). ${p.remedy}`;
}

/** Thrown on user mistakes only. What a guest does wrong is a value or an architectural fault, never this. */
export class PolyvisorError extends Error {
  readonly problems: readonly [Problem, ...Problem[]];

  constructor(problems: readonly [Problem, ...Problem[]], options?: ErrorOptions) {
    super(problems.map(formatProblem).join('\n'), options ?? causeOf(problems));
    this.name = 'PolyvisorError';
    this.problems = problems;
  }

  /** The first problem's code; tests usually match on it. */
  get code(): string {
    return this.problems[0].code;
  }
}

function causeOf(problems: readonly Problem[]): ErrorOptions | undefined {
  const first = problems.find((p) => p.cause !== undefined);
  return first ? { cause: first.cause } : undefined;
}

/** Throws when there is at least one problem. */
export function throwIfAny(problems: readonly Problem[]): void {
  const [first, ...rest] = problems;
  if (first) throw new PolyvisorError([first, ...rest]);
}

/**
 * A package's catalogue: one file lists every error its users can meet. Each entry makes the message and the remedy
 * from typed parameters; the code is `area/key`.
 */
export type CatalogueEntry<P> = (params: P) => { readonly thing: string; readonly message: string; readonly remedy: string };

export type Catalogue<A extends string, E> = {
  readonly [K in keyof E & string]: E[K] extends CatalogueEntry<infer P>
    ? (place: string, params: P, cause?: unknown) => Problem<`${A}/${K}`>
    : never;
} & { readonly codes: readonly string[] };

// `never` as the parameter accepts every entry's own parameter type.
export function defineErrors<const A extends string, const E extends Record<string, CatalogueEntry<never>>>(
  area: A,
  entries: E,
): Catalogue<A, E> {
  const out: Record<string, unknown> = { codes: Object.keys(entries).map((k) => `${area}/${k}`) };
  for (const [key, entry] of Object.entries(entries)) {
    out[key] = (place: string, params: never, cause?: unknown): Problem => ({
      code: `${area}/${key}`,
      place,
      ...entry(params),
      ...(cause === undefined ? {} : { cause }),
    });
  }
  return out as Catalogue<A, E>;
}
