import { AST_NODE_TYPES as T, type TSESLint, type TSESTree } from '@typescript-eslint/utils';
import { isInsideFunction, isTransparent, memberName, unwrap } from '../support/ast.ts';
import { isGlobal } from '../support/globals.ts';
import { arrayMutators, mutableCollections, mutableWebAssembly } from './ambient.ts';
import type { PurityMessage } from './messages.ts';

type SourceCode = Readonly<TSESLint.SourceCode>;

/** One finding, to be reported by the rule. */
export interface Finding {
  readonly node: TSESTree.Node;
  readonly messageId: PurityMessage;
  readonly name: string;
}

/** True for a type whose values cannot be changed through it: `readonly T[]`, `ReadonlyMap`, `Readonly<T>`, `ArrayLike`. */
function isReadonlyType(type: TSESTree.TypeNode | undefined): boolean {
  if (type?.type === T.TSTypeOperator) return type.operator === 'readonly';
  if (type?.type !== T.TSTypeReference || type.typeName.type !== T.Identifier) return false;
  return type.typeName.name === 'ArrayLike' || type.typeName.name.startsWith('Readonly');
}

/** The type that the reader of `holder = value` sees, when the source writes one. */
function visibleType(
  holder: TSESTree.PropertyDefinition | TSESTree.VariableDeclarator,
  value: TSESTree.Expression,
): TSESTree.TypeNode | undefined {
  const annotation =
    holder.type === T.PropertyDefinition
      ? holder.typeAnnotation
      : holder.id.type === T.Identifier && holder.id.typeAnnotation;
  if (annotation) return annotation.typeAnnotation;
  return value.type === T.TSAsExpression ? value.typeAnnotation : undefined;
}

/** The constructor's name when `value` makes a mutable collection. */
function collectionName(sourceCode: SourceCode, value: TSESTree.Node): string | undefined {
  if (value.type !== T.NewExpression) return undefined;
  const { callee } = value;
  if (callee.type === T.Identifier) {
    return mutableCollections.has(callee.name) && isGlobal(sourceCode, callee) ? callee.name : undefined;
  }
  if (callee.type !== T.MemberExpression || callee.object.type !== T.Identifier) return undefined;
  const name = memberName(callee) ?? '';
  return callee.object.name === 'WebAssembly' && mutableWebAssembly.has(name) ? `WebAssembly.${name}` : undefined;
}

/** The argument of `Object.freeze(…)`. */
function frozen(value: TSESTree.Node): TSESTree.Node | undefined {
  if (value.type !== T.CallExpression || value.callee.type !== T.MemberExpression) return undefined;
  const { object } = value.callee;
  const isFreeze = object.type === T.Identifier && object.name === 'Object' && memberName(value.callee) === 'freeze';
  return isFreeze ? value.arguments[0] : undefined;
}

/** `Object.freeze` protects an array, but not what a Map, a Set or a typed array holds. */
function collectionFinding(
  sourceCode: SourceCode,
  holder: TSESTree.PropertyDefinition | TSESTree.VariableDeclarator,
  value: TSESTree.Expression | null,
): Finding | undefined {
  if (value === null || isReadonlyType(visibleType(holder, value))) return undefined;
  const made = unwrap(value);
  const inside = frozen(made);
  const node = inside === undefined ? made : unwrap(inside);
  const name = collectionName(sourceCode, node);
  if (name === undefined || (inside !== undefined && name === 'Array')) return undefined;
  return { node, messageId: 'moduleCollection', name };
}

/** The longest member access that starts at `identifier`: `table[0].next` of `table`. */
function accessPath(identifier: TSESTree.Node): TSESTree.Node {
  let path = identifier;
  for (;;) {
    const { parent } = path;
    const goesOn = parent !== undefined && (isTransparent(parent) || isObjectOf(parent, path));
    if (!goesOn) return path;
    path = parent;
  }
}

function isObjectOf(parent: TSESTree.Node, node: TSESTree.Node): parent is TSESTree.MemberExpression {
  return parent.type === T.MemberExpression && parent.object === node;
}

/** True when the member access `path` is what its parent changes. */
function isWritten(path: TSESTree.Node): boolean {
  const { parent } = path;
  switch (parent?.type) {
    case T.AssignmentExpression:
      return parent.left === path;
    case T.UpdateExpression:
      return true;
    case T.UnaryExpression:
      return parent.operator === 'delete';
    default:
      return false;
  }
}

function isMutatorCall(path: TSESTree.Node): boolean {
  return (
    path.type === T.MemberExpression &&
    arrayMutators.has(memberName(path) ?? '') &&
    path.parent.type === T.CallExpression &&
    path.parent.callee === path
  );
}

/** Writes that happen when the device runs; what the module writes while it loads only builds a constant. */
function writeFindings(variable: TSESLint.Scope.Variable, holdsArray: boolean): Finding[] {
  return variable.references.flatMap(({ identifier }): Finding[] => {
    if (!isInsideFunction(identifier)) return [];
    const path = accessPath(identifier);
    const writes = path !== identifier && (isWritten(path) || (holdsArray && isMutatorCall(path)));
    return writes ? [{ node: path, messageId: 'moduleWrite', name: variable.name }] : [];
  });
}

function variableFindings(sourceCode: SourceCode, variable: TSESLint.Scope.Variable): Finding[] {
  return variable.defs.flatMap((definition): Finding[] => {
    const { node, parent } = definition;
    if (node.type === T.ImportSpecifier || node.type === T.ImportDefaultSpecifier) return writeFindings(variable, false);
    if (node.type !== T.VariableDeclarator || parent?.type !== T.VariableDeclaration || parent.declare) return [];
    if (parent.kind === 'let' || parent.kind === 'var') {
      return [{ node: definition.name, messageId: 'moduleVariable', name: variable.name }];
    }
    const collection = collectionFinding(sourceCode, node, node.init);
    const holdsArray = node.init !== null && unwrap(node.init).type === T.ArrayExpression;
    return [...(collection ? [collection] : []), ...writeFindings(variable, holdsArray)];
  });
}

/** State that lives in the module's variables. */
export function moduleStateFindings(sourceCode: SourceCode): Finding[] {
  const top = sourceCode.scopeManager?.globalScope;
  const scopes = top ? [top, ...top.childScopes.filter((scope) => scope.block === top.block)] : [];
  return scopes.flatMap((scope) => scope.variables.flatMap((variable) => variableFindings(sourceCode, variable)));
}

/** State that lives in a static field of a class which the module makes once. */
export function staticFieldFinding(sourceCode: SourceCode, field: TSESTree.PropertyDefinition): Finding | undefined {
  if (!field.static || field.declare || isInsideFunction(field)) return undefined;
  if (!field.readonly) return { node: field, messageId: 'staticField', name: sourceCode.getText(field.key) };
  return collectionFinding(sourceCode, field, field.value);
}
