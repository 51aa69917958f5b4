import { GeneratorError } from './generator-error.ts';

/** What both generators take, as in their schema.json. */
export interface PackageOptions {
  readonly name: string;
  readonly directory?: string;
  readonly scope?: string;
  readonly vendor?: string;
}

/** The spellings of one name that templates use. */
export interface Names {
  /** `pulse-counter` */
  readonly name: string;
  /** `pulseCounter`: the exported plugin. */
  readonly camel: string;
  /** `PulseCounter`: its types. */
  readonly pascal: string;
  /** `PULSE_COUNTER`: constants. */
  readonly constant: string;
  /** `Pulse counter`: the beginning of a sentence. */
  readonly title: string;
  readonly packageName: string;
  /** `vendor/name`, unique among the plugins of a machine. */
  readonly kind: string;
}

const WORDS = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const SCOPE = /^[a-z0-9][a-z0-9._-]*$/;
/** As core checks the first half of a kind. */
const VENDOR = /^[a-z0-9][a-z0-9-]*$/;
/** npm allows 214 characters for scope and name together; this leaves room for the scope. */
const LONGEST = 100;

/** Words of the language, and the generated package's own file names. */
const TAKEN = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval export extends false
  finally for function if implements import in instanceof interface let new null package private protected public return
  static super switch this throw true try typeof undefined var void while with yield
  config index plugin policy problems registers state`.split(/\s+/),
);

/** Checks the names that a person gave and spells them out. Throws `GeneratorError`. */
export function readNames(options: PackageOptions, defaultScope: string | undefined): Names {
  const { name } = options;
  if (!WORDS.test(name) || name.length > LONGEST) {
    const rule = `Use at most ${LONGEST} characters: words of a-z and 0-9 joined by "-", beginning with a letter, for example "pulse-counter".`;
    throw new GeneratorError('tools/bad-name', `"${name}" cannot be the name of a package`, rule);
  }
  if (TAKEN.has(name)) {
    const remedy = `Add a word, for example "${name}-unit".`;
    throw new GeneratorError('tools/reserved-name', `"${name}" is a word that the generated code cannot use as a name`, remedy);
  }
  const scope = (options.scope ?? defaultScope)?.replace(/^@/, '');
  if (scope !== undefined && !SCOPE.test(scope)) {
    const remedy = 'Use lower-case letters, digits, "-", "." and "_", for example "@acme".';
    throw new GeneratorError('tools/bad-scope', `"${options.scope ?? ''}" is no npm scope`, remedy);
  }
  const vendor = options.vendor ?? scope?.replaceAll(/[._]/g, '-') ?? 'example';
  if (!VENDOR.test(vendor)) {
    const remedy = 'Use lower-case letters, digits and "-", for example "acme".';
    throw new GeneratorError('tools/bad-vendor', `"${vendor}" cannot be the vendor of a kind`, remedy);
  }
  const words = name.split('-');
  const pascal = words.map(capitalized).join('');
  return {
    name,
    pascal,
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    constant: words.join('_').toUpperCase(),
    title: capitalized(words.join(' ')),
    packageName: scope === undefined ? name : `@${scope}/${name}`,
    kind: `${vendor}/${name}`,
  };
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
