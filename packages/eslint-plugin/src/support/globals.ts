import type { TSESLint, TSESTree } from '@typescript-eslint/utils';

/** True when no code of the file declares a value of this name where the identifier stands. */
export function isGlobal(sourceCode: Readonly<TSESLint.SourceCode>, identifier: TSESTree.Identifier): boolean {
  for (let scope: TSESLint.Scope.Scope | null = sourceCode.getScope(identifier); scope; scope = scope.upper) {
    const variable = scope.set.get(identifier.name);
    if (variable === undefined || variable.defs.length === 0) continue;
    // An interface that shares its name with a global value does not hide the value. Parsers for plain JavaScript have
    // neither flag.
    const isOnlyType = variable.isTypeVariable && !variable.isValueVariable;
    if (!isOnlyType) return false;
  }
  return true;
}

/** Every reference to a name which the file itself does not declare: unresolved ones and the configured globals. */
export function globalReferences(sourceCode: Readonly<TSESLint.SourceCode>): TSESLint.Scope.Reference[] {
  const scope = sourceCode.scopeManager?.globalScope;
  if (!scope) return [];
  const known = scope.variables.filter((variable) => variable.defs.length === 0);
  return [...scope.through, ...known.flatMap((variable) => variable.references)];
}
