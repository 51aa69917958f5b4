import type { JSONSchema, TSESLint } from '@typescript-eslint/utils';
import { createRule } from '../support/create-rule.ts';
import { onImportSources } from '../support/import-sources.ts';
import { judgeImport, type Importer } from './judge.ts';
import { resolveLayerMap, type LayerOptions } from './layer-map.ts';
import { locate } from './location.ts';
import { messages, type LayerMessage } from './messages.ts';

const names: JSONSchema.JSONSchema4 = { type: 'array', items: { type: 'string' }, uniqueItems: true };
const namesByPackage: JSONSchema.JSONSchema4 = { type: 'object', additionalProperties: names };

const schema: JSONSchema.JSONSchema4[] = [
  {
    type: 'object',
    additionalProperties: false,
    properties: {
      scope: { type: 'string', pattern: '^@[^/]+$' },
      layers: { type: 'array', items: names },
      siblings: namesByPackage,
      only: namesByPackage,
      testOnly: namesByPackage,
      subpaths: names,
    },
  },
];

type Options = readonly [LayerOptions?];

function createLayers(context: Readonly<TSESLint.RuleContext<LayerMessage, Options>>): TSESLint.RuleListener {
  const map = resolveLayerMap(context.options[0] ?? {});
  const importer: Importer = { filename: context.filename, location: locate(map, context.filename) };
  return onImportSources((source) => {
    for (const { messageId, data } of judgeImport(map, importer, source.value)) {
      context.report({ node: source, messageId, data });
    }
  });
}

/** Imports between packages point down the layers and go through the front door. */
export const layers = createRule<Options, LayerMessage>({
  name: 'layers',
  meta: {
    type: 'problem',
    docs: { description: "Forbid imports up, sideways and into the inside of a workspace's packages" },
    schema,
    messages,
  },
  create: createLayers,
});
