import { isBuiltin } from 'node:module';
import { AST_NODE_TYPES as T, type TSESLint, type TSESTree } from '@typescript-eslint/utils';
import { memberName } from '../support/ast.ts';
import { createRule } from '../support/create-rule.ts';
import { globalReferences } from '../support/globals.ts';
import { onImportSources } from '../support/import-sources.ts';
import { ambientGlobals } from './ambient.ts';
import { messages, type PurityMessage } from './messages.ts';
import { moduleStateFindings, staticFieldFinding, type Finding } from './module-state.ts';

/** True for `typeof process` and `Date` in a type, which are gone when the program runs. */
function isErased(reference: TSESLint.Scope.Reference): boolean {
  if (!reference.isValueReference && reference.isTypeReference) return true;
  let { parent }: { parent: TSESTree.Node } = reference.identifier;
  while (parent.type === T.TSQualifiedName) parent = parent.parent;
  return parent.type === T.TSTypeQuery;
}

/** `Math.random` itself, or the declarator that takes `random` out of `Math`. */
function randomOfMath(math: TSESTree.Node): TSESTree.Node | undefined {
  const { parent } = math;
  if (parent?.type === T.MemberExpression && parent.object === math) {
    return memberName(parent) === 'random' ? parent : undefined;
  }
  if (parent?.type !== T.VariableDeclarator || parent.id.type !== T.ObjectPattern) return undefined;
  return parent.id.properties.find(
    (property) => property.type === T.Property && property.key.type === T.Identifier && property.key.name === 'random',
  );
}

function ambientFinding(reference: TSESLint.Scope.Reference): Finding | undefined {
  if (isErased(reference)) return undefined;
  const node = reference.identifier;
  if (node.type !== T.Identifier) return undefined;
  if (node.name === 'Math') {
    const random = randomOfMath(node);
    return random && { node: random, messageId: 'random', name: 'Math.random' };
  }
  const messageId = ambientGlobals.get(node.name);
  return messageId && { node, messageId, name: node.name };
}

type Context = Readonly<TSESLint.RuleContext<PurityMessage, []>>;

function createPurity(context: Context): TSESLint.RuleListener {
  const { sourceCode } = context;
  const report = ({ node, messageId, name }: Finding): void => context.report({ node, messageId, data: { name } });

  return {
    ...onImportSources((source) => {
      const isNode = source.value.startsWith('node:') || isBuiltin(source.value);
      if (isNode) report({ node: source, messageId: 'builtinImport', name: source.value });
    }),
    PropertyDefinition(field) {
      const finding = staticFieldFinding(sourceCode, field);
      if (finding) report(finding);
    },
    'Program:exit'() {
      for (const reference of globalReferences(sourceCode)) {
        const finding = ambientFinding(reference);
        if (finding) report(finding);
      }
      for (const finding of moduleStateFindings(sourceCode)) report(finding);
    },
  };
}

/** A device reaches time, randomness and the outside world only through its host object, and keeps no module state. */
export const devicePurity = createRule<[], PurityMessage>({
  name: 'device-purity',
  meta: {
    type: 'problem',
    docs: { description: 'Forbid ambient time, randomness, I/O and module state in device packages' },
    schema: [],
    messages,
  },
  create: createPurity,
});
