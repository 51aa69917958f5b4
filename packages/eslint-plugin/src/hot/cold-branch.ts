import { AST_NODE_TYPES as T, type TSESTree } from '@typescript-eslint/utils';
import { memberName, unwrap } from '../support/ast.ts';

/** True when `test` holds only while some event point is active. */
function provesActive(test: TSESTree.Node): boolean {
  const node = unwrap(test);
  switch (node.type) {
    case T.MemberExpression:
      return memberName(node) === 'active';
    case T.LogicalExpression:
      if (node.operator === '&&') return provesActive(node.left) || provesActive(node.right);
      return node.operator === '||' && provesActive(node.left) && provesActive(node.right);
    case T.BinaryExpression:
      return (
        node.operator === '===' &&
        node.right.type === T.Literal &&
        node.right.value === true &&
        provesActive(node.left)
      );
    default:
      return false;
  }
}

/**
 * True when `node` runs only while somebody listens to an event point: `if (point.active) …`, `point.active && …`,
 * `point.active ? … : …`. `within` is the hot function, where the search ends.
 */
export function isInColdBranch(node: TSESTree.Node, within: TSESTree.Node): boolean {
  let child = node;
  for (let parent = node.parent; parent && child !== within; child = parent, parent = parent.parent) {
    switch (parent.type) {
      case T.IfStatement:
      case T.ConditionalExpression:
        if (parent.consequent === child && provesActive(parent.test)) return true;
        break;
      case T.LogicalExpression:
        if (parent.operator === '&&' && parent.right === child && provesActive(parent.left)) return true;
        break;
      default:
        break;
    }
  }
  return false;
}
