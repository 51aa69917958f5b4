import { dirname } from 'node:path';

const run = (command) => ({ command, options: { cwd: '{workspaceRoot}' } });

/** Gives every workspace package the targets test, lint and typecheck; build is the package's own script. */
export const createNodesV2 = [
  '{tools,{packages,apps,examples}/*}/package.json',
  (files) =>
    files.map((file) => {
      const root = dirname(file);
      const targets = {
        test: run(`vitest run --passWithNoTests --project node ${root}/`),
        lint: run(`eslint --no-error-on-unmatched-pattern ${root}`),
        typecheck: run(`tsc -p ${root}/tsconfig.build.json --noEmit`),
      };
      return [file, { projects: { [root]: { root, targets } } }];
    }),
];
