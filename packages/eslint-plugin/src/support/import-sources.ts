import { AST_NODE_TYPES as T, type TSESLint, type TSESTree } from '@typescript-eslint/utils';

/** What names the module: a string literal, wherever an import may stand. */
type Report = (source: TSESTree.StringLiteral) => void;

function literal(node: TSESTree.Node | null | undefined): TSESTree.StringLiteral | undefined {
  return node?.type === T.Literal && typeof node.value === 'string' ? node : undefined;
}

/**
 * Visits the module name of every form of import: declarations, re-exports, `import()`, `import x = require()`,
 * `require()` and `import('…')` in a type. Type-only imports are visited too.
 */
export function onImportSources(visit: Report): TSESLint.RuleListener {
  const visitIf = (node: TSESTree.Node | null | undefined): void => {
    const source = literal(node);
    if (source !== undefined) visit(source);
  };
  return {
    ImportDeclaration: (node) => visitIf(node.source),
    ExportNamedDeclaration: (node) => visitIf(node.source),
    ExportAllDeclaration: (node) => visitIf(node.source),
    ImportExpression: (node) => visitIf(node.source),
    TSImportType: (node) => visitIf(node.source),
    TSExternalModuleReference: (node) => visitIf(node.expression),
    CallExpression(node) {
      if (node.callee.type === T.Identifier && node.callee.name === 'require') visitIf(node.arguments[0]);
    },
  };
}
