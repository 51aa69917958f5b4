/**
 * The direction of imports: a package imports itself and the packages named here, no other.
 * Specs (and folders named testing) are free, but for cycles.
 */
const implementations = [
  'memory', 'cpu-x86', 'mmu-npt', 'iommu', 'devices-platform', 'devices-virtio', 'block', 'net', 'firmware',
];
const below = ['core', 'wasm', ...implementations, 'machine'];
const allowed = {
  core: [],
  wasm: [],
  'eslint-plugin': [],
  ...Object.fromEntries(implementations.map((name) => [name, ['core']])),
  'cpu-x86': ['core', 'wasm'],
  'mmu-npt': ['core', 'wasm'],
  'devices-virtio': ['core', 'devices-platform'],
  machine: ['core', 'memory'],
  testkit: ['core', 'memory', 'machine'],
  'backend-[^/]+': below,
};
const known = Object.keys(allowed).join('|');
const spec = '\\.spec\\.ts$|/src/testing/';
const anyOf = (names) => `^packages/(${names.join('|')})/`;

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    {
      name: 'resolvable',
      comment: 'Node lists its module node:ffi only when it is switched on.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(node:)?ffi$' },
    },
    {
      name: 'layer-of-unnamed-packages',
      comment: 'A package that is not named above sees the contracts only; name it to let it see more.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/', pathNot: `${spec}|^packages/(${known})/` },
      to: { path: '^(packages|apps|tools|examples)/', pathNot: ['^packages/$1/', anyOf(['core'])] },
    },
    ...Object.entries(allowed).map(([name, to]) => ({
      name: `layer-${name}`,
      severity: 'error',
      from: { path: `^packages/(${name})/src/`, pathNot: spec },
      to: { path: '^(packages|apps|tools|examples)/', pathNot: ['^packages/$1/', anyOf([...to, '-'])] },
    })),
    { name: 'nothing-imports-apps', severity: 'error', from: { path: '^(packages|tools)/' }, to: { path: '^(apps|examples)/' } },
    {
      name: 'only-through-index',
      severity: 'error',
      from: { path: '^(?:packages|apps|examples)/([^/]+)/' },
      to: { path: '^packages/[^/]+/src/', pathNot: ['/index\\.ts$', '^packages/$1/'] },
    },
    {
      name: 'node-only-where-said',
      comment: 'Library packages run in browsers: Node belongs in *.node.ts or a folder named node.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: `${spec}|\\.node\\.ts$|/node/|^packages/eslint-plugin/` },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'declared-dependencies',
      comment: 'A published source file imports only what its package.json declares.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: spec },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm', 'npm-peer', 'type-only'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage|\\.nx)/|^docs/api/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@polyvisor/source', 'types', 'import', 'node', 'default'],
      extensions: ['.ts', '.js', '.d.ts', '.mjs', '.cjs', '.json'],
    },
  },
};
