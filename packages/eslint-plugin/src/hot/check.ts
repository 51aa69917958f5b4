import type { TSESLint, TSESTree } from '@typescript-eslint/utils';
import type { HotMessage } from './messages.ts';
import type { TypeFacts } from './type-facts.ts';

/** What a check of one node may use. */
export interface CheckContext {
  readonly sourceCode: Readonly<TSESLint.SourceCode>;
  /** Undefined when the parser was not asked for types. */
  readonly types: TypeFacts | undefined;
  /** True when the surrounding hot code is only the signature of a contract, without a body. */
  readonly inSignature: boolean;
  /** Reports, whether the node is in a cold branch or not. */
  report(node: TSESTree.Node, messageId: HotMessage, name?: string): void;
  /** Reports unless the node is in a branch that runs only while somebody listens. */
  allocation(node: TSESTree.Node, messageId: HotMessage, name?: string): void;
}

/** Checks by type of node; each is called for the nodes that hot code evaluates. */
export type Checks = {
  readonly [Type in TSESTree.Node['type']]?: (
    node: Extract<TSESTree.Node, { type: Type }>,
    context: CheckContext,
  ) => void;
};

type AnyCheck = (node: TSESTree.Node, context: CheckContext) => void;

/** Runs the check for `node`, if the table has one. */
export function runCheck(checks: Checks, node: TSESTree.Node, context: CheckContext): void {
  // The key is the node's own type, so the check takes exactly this node; the compiler cannot relate the two.
  const check = checks[node.type] as AnyCheck | undefined;
  check?.(node, context);
}
