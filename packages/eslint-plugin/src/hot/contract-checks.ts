import { AST_NODE_TYPES as T, type TSESTree } from '@typescript-eslint/utils';
import { isMemberKey, memberName, unwrap } from '../support/ast.ts';
import { isGlobal } from '../support/globals.ts';
import {
  bigintGlobals,
  bigintMethods,
  observableMethods,
  observableTypes,
  promiseMethods,
  promiseTypes,
} from './allocating.ts';
import type { CheckContext, Checks } from './check.ts';

/** Promises come from `Promise.…`, `Atomics.waitAsync` and `.then()`, `.catch()`, `.finally()`. */
function promiseCall(callee: TSESTree.MemberExpression, name: string, context: CheckContext): string | undefined {
  const { object } = callee;
  if (object.type === T.Identifier && isGlobal(context.sourceCode, object)) {
    if (object.name === 'Promise') return `Promise.${name}`;
    if (object.name === 'Atomics' && name === 'waitAsync') return 'Atomics.waitAsync';
  }
  if (!promiseMethods.has(name)) return undefined;
  return context.types?.originOf(callee) === 'own' ? undefined : `.${name}()`;
}

/** `next` is also what iterators and rings have, so without types it counts only on names that say "subject". */
function isObservableCall(callee: TSESTree.MemberExpression, name: string, context: CheckContext): boolean {
  const origin = context.types?.originOf(callee) ?? 'unknown';
  if (origin !== 'unknown') return origin === 'rxjs';
  if (observableMethods.has(name)) return true;
  const object = unwrap(callee.object);
  const owner = object.type === T.MemberExpression ? memberName(object) : object.type === T.Identifier && object.name;
  return name === 'next' && typeof owner === 'string' && /\$$|subject$/i.test(owner);
}

function typeName(node: TSESTree.EntityName): TSESTree.Identifier | undefined {
  if (node.type === T.TSQualifiedName) return node.right;
  return node.type === T.Identifier ? node : undefined;
}

/** Constructs that break what a hot function promises, whether anybody listens or not. */
export const contractChecks: Checks = {
  ThrowStatement: (node, context) => context.report(node, 'throw'),
  AwaitExpression: (node, context) => context.report(node, 'await'),
  YieldExpression: (node, context) => context.report(node, 'yield'),
  ImportExpression: (node, context) => context.report(node, 'dynamicImport'),
  TSBigIntKeyword: (node, context) => context.report(node, 'bigintType'),

  ForOfStatement(node, context) {
    if (node.await) context.report(node, 'await');
  },
  VariableDeclaration(node, context) {
    if (node.kind === 'await using') context.report(node, 'await');
  },
  Literal(node, context) {
    if ('bigint' in node) context.report(node, node.parent.type === T.TSLiteralType ? 'bigintType' : 'bigintLiteral');
  },
  Identifier(node, context) {
    if (!bigintGlobals.has(node.name) || node.parent.type === T.TSTypeReference) return;
    if (!isMemberKey(node) && isGlobal(context.sourceCode, node)) context.report(node, 'bigintApi', node.name);
  },
  MemberExpression(node, context) {
    const name = memberName(node);
    if (name !== undefined && bigintMethods.has(name)) context.report(node, 'bigintApi', name);
  },
  CallExpression(node, context) {
    const callee = unwrap(node.callee);
    if (callee.type !== T.MemberExpression) return;
    const name = memberName(callee);
    if (name === undefined) return;
    const promise = promiseCall(callee, name, context);
    if (promise !== undefined) context.report(node, 'promise', promise);
    else if (isObservableCall(callee, name, context)) context.report(node, 'observable', `.${name}()`);
  },
  TSTypeReference(node, context) {
    const name = typeName(node.typeName)?.name ?? '';
    if (bigintGlobals.has(name)) context.report(node, 'bigintType');
    else if (promiseTypes.has(name)) context.report(node, 'promise', name);
    else if (observableTypes.has(name)) context.report(node, 'observable', name);
  },
};
