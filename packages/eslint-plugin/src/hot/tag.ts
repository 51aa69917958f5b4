import { AST_NODE_TYPES as T, AST_TOKEN_TYPES, type TSESLint, type TSESTree } from '@typescript-eslint/utils';
import { isTransparent, type FunctionNode } from '../support/ast.ts';

/** True when the comment's text carries the tag; a mention in `back quotes` or in a sentence's {braces} is none. */
export function hasTag(comment: TSESTree.Comment, tag: 'cold' | 'hot'): boolean {
  const text = comment.value.replaceAll(/`[^`]*`|\{[^}]*\}/g, '');
  return new RegExp(`(?:^|[\\s*])@${tag}(?![\\w-])`).test(text);
}

export function isJsDoc(comment: TSESTree.Comment): boolean {
  return comment.type === AST_TOKEN_TYPES.Block && comment.value.startsWith('*');
}

/** The JSDoc that documents `node`: the nearest one before its first token. */
function jsDocBefore(sourceCode: Readonly<TSESLint.SourceCode>, node: TSESTree.Node): TSESTree.Comment | undefined {
  return sourceCode.getCommentsBefore(node).findLast(isJsDoc);
}

/** The declaration, and around it the `export` that starts before it. */
function withExport(node: TSESTree.Node): TSESTree.Node[] {
  const { parent } = node;
  const isExported = parent?.type === T.ExportNamedDeclaration || parent?.type === T.ExportDefaultDeclaration;
  return isExported ? [node, parent] : [node];
}

/** Overloads are documented at their first signature, so a tag there marks the implementation as well. */
function overloadsOf(node: TSESTree.Node, name: string, siblings: readonly TSESTree.Node[]): TSESTree.Node[] {
  return siblings.filter((sibling) => {
    const signature =
      sibling.type === T.ExportNamedDeclaration || sibling.type === T.ExportDefaultDeclaration
        ? sibling.declaration
        : sibling;
    if (signature === null || signature === node) return false;
    if (signature.type === T.TSDeclareFunction) return signature.id?.name === name;
    return (
      signature.type === T.MethodDefinition &&
      signature.value.type === T.TSEmptyBodyFunctionExpression &&
      signature.key.type === T.Identifier &&
      signature.key.name === name
    );
  });
}

/** The nodes before which a function's JSDoc may stand. */
function documentedNodes(fn: FunctionNode): TSESTree.Node[] {
  if (fn.type === T.FunctionDeclaration) {
    const own = withExport(fn);
    const outer = own.at(-1)?.parent;
    const siblings = outer?.type === T.Program || outer?.type === T.BlockStatement ? outer.body : [];
    return fn.id === null ? own : [...own, ...overloadsOf(fn, fn.id.name, siblings)];
  }
  let { parent }: { parent: TSESTree.Node } = fn;
  while (isTransparent(parent)) parent = parent.parent;
  switch (parent.type) {
    case T.VariableDeclarator:
      return [fn, parent, ...withExport(parent.parent)];
    case T.MethodDefinition:
      return parent.key.type === T.Identifier
        ? [fn, parent, ...overloadsOf(parent, parent.key.name, parent.parent.body)]
        : [fn, parent];
    case T.Property:
    case T.PropertyDefinition:
    case T.ReturnStatement:
    case T.ExportDefaultDeclaration:
      return [fn, parent];
    case T.AssignmentExpression:
      return [fn, parent, parent.parent];
    default:
      return [fn];
  }
}

/** The JSDoc comments that document a function. */
export function docsOfFunction(sourceCode: Readonly<TSESLint.SourceCode>, fn: FunctionNode): TSESTree.Comment[] {
  return documentedNodes(fn).flatMap((node) => jsDocBefore(sourceCode, node) ?? []);
}

/** The node that documents a signature without a body, or undefined when `node` is no such signature. */
function documentedSignature(node: TSESTree.Node): TSESTree.Node | undefined {
  switch (node.type) {
    case T.TSMethodSignature:
    case T.TSPropertySignature:
    case T.TSAbstractPropertyDefinition:
      return node;
    case T.PropertyDefinition:
      return node.value === null ? node : undefined;
    case T.TSEmptyBodyFunctionExpression:
      return node.parent;
    case T.TSDeclareFunction:
    case T.TSTypeAliasDeclaration:
      return withExport(node).at(-1);
    case T.VariableDeclaration:
      return node.declare ? withExport(node).at(-1) : undefined;
    default:
      return undefined;
  }
}

/** The JSDoc of a contract's signature: an interface's method or property, an overload, a function type. */
export function docOfSignature(
  sourceCode: Readonly<TSESLint.SourceCode>,
  node: TSESTree.Node,
): TSESTree.Comment | undefined {
  const documented = documentedSignature(node);
  return documented && jsDocBefore(sourceCode, documented);
}
