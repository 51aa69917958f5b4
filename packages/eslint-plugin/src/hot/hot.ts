import type { TSESLint, TSESTree } from '@typescript-eslint/utils';
import { AST_NODE_TYPES as T } from '@typescript-eslint/utils';
import { isFunction } from '../support/ast.ts';
import { createRule } from '../support/create-rule.ts';
import { allocationChecks } from './allocation-checks.ts';
import { runCheck, type CheckContext } from './check.ts';
import { isInColdBranch } from './cold-branch.ts';
import { contractChecks } from './contract-checks.ts';
import { messages, type HotMessage } from './messages.ts';
import { docOfSignature, docsOfFunction, hasTag, isJsDoc } from './tag.ts';
import { typeFacts } from './type-facts.ts';

/** The innermost function, signature or class around the node being visited, and whether its code is hot. */
interface Frame {
  readonly node: TSESTree.Node;
  readonly kind: 'cold' | 'function' | 'signature';
}

type Context = Readonly<TSESLint.RuleContext<HotMessage, []>>;

/** True for `// @hot` and for a plain block comment that begins with the tag: somebody meant it, and it does nothing. */
function looksLikeTag(comment: TSESTree.Comment): boolean {
  return isJsDoc(comment) ? hasTag(comment, 'hot') : /^\s*@hot(?![\w-])/.test(comment.value);
}

function createHot(context: Context): TSESLint.RuleListener {
  const { sourceCode } = context;
  const tagged = sourceCode.getAllComments().filter(looksLikeTag);
  if (tagged.length === 0) return {};

  const types = typeFacts(sourceCode.parserServices);
  const stray = new Set<TSESTree.Comment>(tagged);
  const frames: Frame[] = [];

  const report = (node: TSESTree.Node, messageId: HotMessage, name = ''): void =>
    context.report({ node, messageId, data: { name } });

  /** Remembers that a tag found its function; true when there was one. */
  const takeTags = (docs: readonly TSESTree.Comment[]): boolean => {
    const hot = docs.filter((doc) => hasTag(doc, 'hot'));
    for (const doc of hot) stray.delete(doc);
    return hot.length > 0;
  };

  const frameOf = (node: TSESTree.Node): Frame['kind'] | undefined => {
    if (isFunction(node)) {
      const docs = docsOfFunction(sourceCode, node);
      if (!takeTags(docs)) return 'cold';
      if (docs.some((doc) => hasTag(doc, 'cold'))) report(node, 'hotAndCold');
      if (node.async) report(node, 'async');
      if (node.generator) report(node, 'generator');
      return 'function';
    }
    // What a class evaluates is its own business; that the class is made in hot code was reported where it stands.
    if (node.type === T.ClassBody) return 'cold';
    const doc = docOfSignature(sourceCode, node);
    return doc && takeTags([doc]) ? 'signature' : undefined;
  };

  const checkContext = (frame: Frame): CheckContext => ({
    sourceCode,
    types,
    inSignature: frame.kind === 'signature',
    report,
    allocation(node, messageId, name) {
      if (!isInColdBranch(node, frame.node)) report(node, messageId, name);
    },
  });

  return {
    '*'(node: TSESTree.Node) {
      const frame = frames.at(-1);
      if (frame !== undefined && frame.kind !== 'cold') {
        const checking = checkContext(frame);
        runCheck(allocationChecks, node, checking);
        runCheck(contractChecks, node, checking);
      }
      const kind = frameOf(node);
      if (kind !== undefined) frames.push({ node, kind });
    },
    '*:exit'(node: TSESTree.Node) {
      if (frames.at(-1)?.node === node) frames.pop();
    },
    'Program:exit'() {
      for (const comment of stray) context.report({ loc: comment.loc, messageId: 'strayTag' });
    },
  };
}

/** Functions whose JSDoc says `@hot` do not allocate, suspend, throw, or touch bigints and Observables. */
export const hot = createRule<[], HotMessage>({
  name: 'hot',
  meta: {
    type: 'problem',
    docs: { description: 'Forbid allocation, exceptions, promises, bigints and Observables in functions marked @hot' },
    schema: [],
    messages,
  },
  create: createHot,
});
