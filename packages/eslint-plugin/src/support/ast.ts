import { AST_NODE_TYPES as T, type TSESTree } from '@typescript-eslint/utils';

export type FunctionNode =
  | TSESTree.ArrowFunctionExpression
  | TSESTree.FunctionDeclaration
  | TSESTree.FunctionExpression;

export function isFunction(node: TSESTree.Node): node is FunctionNode {
  return (
    node.type === T.ArrowFunctionExpression ||
    node.type === T.FunctionDeclaration ||
    node.type === T.FunctionExpression
  );
}

/** True for what TypeScript erases around an expression, and for the chain that `?.` puts around one. */
export function isTransparent(
  node: TSESTree.Node,
): node is
  | TSESTree.ChainExpression
  | TSESTree.TSAsExpression
  | TSESTree.TSNonNullExpression
  | TSESTree.TSSatisfiesExpression
  | TSESTree.TSTypeAssertion {
  return (
    node.type === T.ChainExpression ||
    node.type === T.TSAsExpression ||
    node.type === T.TSNonNullExpression ||
    node.type === T.TSSatisfiesExpression ||
    node.type === T.TSTypeAssertion
  );
}

/** The expression that runs: without assertions and chains. */
export function unwrap(node: TSESTree.Node): TSESTree.Node {
  let inner = node;
  while (isTransparent(inner)) inner = inner.expression;
  return inner;
}

/** The name a member access reads, when the source tells it: `a.b`, `a['b']`. Not `a[b]`, and not `a.#b`. */
export function memberName(node: TSESTree.MemberExpression): string | undefined {
  if (!node.computed) return node.property.type === T.Identifier ? node.property.name : undefined;
  return node.property.type === T.Literal && typeof node.property.value === 'string' ? node.property.value : undefined;
}

/** True when `node` is evaluated by calling a function, false when it is evaluated while the module loads. */
export function isInsideFunction(node: TSESTree.Node): boolean {
  // ESLint gives the root a parent of null, whatever the types say.
  for (let up = node.parent; up; up = up.parent) {
    if (isFunction(up)) return true;
  }
  return false;
}

/** True for an identifier that only names a member or a key, so that it refers to no variable. */
export function isMemberKey(node: TSESTree.Identifier): boolean {
  const { parent } = node;
  if (parent.type === T.MemberExpression) return parent.property === node && !parent.computed;
  return parent.type === T.Property && parent.key === node && !parent.computed;
}
