import { type Code, type ModuleContents, readModule } from './module.ts';

const group = (word: string, types: readonly string[]): string => (types.length === 0 ? '' : ` (${word} ${types.join(' ')})`);
const signature = (module: ModuleContents, index: number): string => {
  const type = module.types[index];
  return type === undefined ? '' : group('param', type.params) + group('result', type.results);
};

const OPENS: ReadonlySet<string> = new Set(['block', 'loop', 'if', 'else']);

/** The instructions of a body, one a line, indented as they nest. Hints stand before their branch. */
const printBody = (code: Code, hints: ReadonlyMap<number, number> | undefined): string[] => {
  const lines: string[] = [];
  let depth = 2;
  code.instructions.slice(0, -1).forEach((instruction) => {
    if (instruction.name === 'end' || instruction.name === 'else') depth--;
    const hint = hints?.get(instruction.at);
    const prefix = hint === undefined ? '' : hint === 1 ? '(@likely) ' : '(@unlikely) ';
    lines.push('  '.repeat(depth) + prefix + [instruction.name, ...instruction.immediates].join(' '));
    if (OPENS.has(instruction.name)) depth++;
  });
  return lines;
};

const KINDS = ['func', 'table', 'memory', 'global'];

/**
 * A module as text, close to the text format, for people and tests to read: types, imports, functions with their
 * code, and exports. The bytes must be a valid module.
 */
export const disassemble = (bytes: Uint8Array): string => {
  const module = readModule(bytes);
  const lines = ['(module'];
  module.types.forEach((_, index) => lines.push(`  (type ${index} (func${signature(module, index)}))`));
  for (const { module: from, name, what } of module.imports) lines.push(`  (import "${from}" "${name}" ${what})`);
  const imported = module.imports.filter(({ kind }) => kind === 0).length;
  module.code.forEach((code, i) => {
    const index = imported + i;
    const name = module.names.get(index);
    const label = name === undefined ? String(index) : `${index} $${name}`;
    lines.push(`  (func ${label}${signature(module, module.functions[i] ?? -1)}`);
    if (code.locals.length > 0) lines.push(`    (local ${code.locals.join(' ')})`);
    lines.push(...printBody(code, module.hints.get(index)));
    lines.push('  )');
  });
  for (const { name, kind, index } of module.exports) lines.push(`  (export "${name}" (${KINDS[kind]} ${index}))`);
  lines.push(')');
  return lines.join('\n');
};
