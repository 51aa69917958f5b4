import { AST_NODE_TYPES as T, type TSESTree } from '@typescript-eslint/utils';
import { isMemberKey, memberName, unwrap } from '../support/ast.ts';
import { isGlobal } from '../support/globals.ts';
import { allocatingFunctions, allocatingMethods, allocatingStatics, ambiguousMethods } from './allocating.ts';
import type { CheckContext, Checks } from './check.ts';

function isString(node: TSESTree.Node, context: CheckContext): boolean {
  const value = unwrap(node);
  if (value.type === T.TemplateLiteral) return true;
  if (value.type === T.Literal) return typeof value.value === 'string';
  if (value.type === T.BinaryExpression && value.operator === '+') {
    return isString(value.left, context) || isString(value.right, context);
  }
  return context.types?.isString(value) ?? false;
}

/** The name to report when a call of this method gives a fresh object. */
function allocatingMember(callee: TSESTree.MemberExpression, context: CheckContext): string | undefined {
  const name = memberName(callee);
  if (name === undefined) return undefined;
  const { object } = callee;
  if (object.type === T.Identifier && isGlobal(context.sourceCode, object)) {
    const statics = allocatingStatics.get(object.name);
    if (statics !== undefined) return statics.has(name) ? `${object.name}.${name}` : undefined;
  }
  const origin = context.types?.originOf(callee) ?? 'unknown';
  if (allocatingMethods.has(name)) return origin === 'own' ? undefined : `.${name}()`;
  return ambiguousMethods.has(name) && origin === 'library' ? `.${name}()` : undefined;
}

function isPartOfConcatenation(node: TSESTree.BinaryExpression): boolean {
  const { parent } = node;
  return parent.type === T.BinaryExpression && parent.operator === '+';
}

const closure = (node: TSESTree.Node, context: CheckContext): void => context.allocation(node, 'closure');
const classDefinition = (node: TSESTree.Node, context: CheckContext): void =>
  context.allocation(node, 'classDefinition');

/** Constructs that allocate. */
export const allocationChecks: Checks = {
  ObjectExpression: (node, context) => context.allocation(node, 'objectLiteral'),
  ArrayExpression: (node, context) => context.allocation(node, 'arrayLiteral'),
  ArrayPattern: (node, context) => context.allocation(node, 'arrayDestructuring'),
  NewExpression: (node, context) => context.allocation(node, 'newExpression'),
  SpreadElement: (node, context) => context.allocation(node, 'spread'),
  ForInStatement: (node, context) => context.allocation(node, 'forIn'),
  ForOfStatement: (node, context) => context.allocation(node, 'forOf'),
  FunctionDeclaration: closure,
  FunctionExpression: closure,
  ArrowFunctionExpression: closure,
  ClassDeclaration: classDefinition,
  ClassExpression: classDefinition,
  TaggedTemplateExpression: (node, context) => context.allocation(node, 'templateLiteral'),

  TemplateLiteral(node, context) {
    if (node.expressions.length > 0 && node.parent.type !== T.TaggedTemplateExpression) {
      context.allocation(node, 'templateLiteral');
    }
  },
  RestElement(node, context) {
    // The type of a callback parameter may have a rest parameter; that is the callback's own affair.
    const isOfCallbackType = node.parent.type === T.TSFunctionType && !context.inSignature;
    if (!isOfCallbackType) context.allocation(node, 'rest');
  },
  Literal(node, context) {
    if ('regex' in node) context.allocation(node, 'regexLiteral');
  },
  BinaryExpression(node, context) {
    if (node.operator === '+' && !isPartOfConcatenation(node) && isString(node, context)) {
      context.allocation(node, 'stringConcat');
    }
  },
  AssignmentExpression(node, context) {
    if (node.operator === '+=' && (isString(node.right, context) || isString(node.left, context))) {
      context.allocation(node, 'stringConcat');
    }
  },
  Identifier(node, context) {
    if (node.name === 'arguments' && !isMemberKey(node)) context.allocation(node, 'arguments');
  },
  CallExpression(node, context) {
    const callee = unwrap(node.callee);
    if (callee.type === T.MemberExpression) {
      const name = allocatingMember(callee, context);
      if (name !== undefined) context.allocation(node, 'allocatingCall', name);
    } else if (callee.type === T.Identifier && allocatingFunctions.has(callee.name)) {
      if (isGlobal(context.sourceCode, callee)) context.allocation(node, 'allocatingCall', `${callee.name}()`);
    }
  },
};
