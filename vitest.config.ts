import { defineConfig } from 'vitest/config';

// Tests run from the sources of every package, without a build.
const conditions = ['@polyvisor/source', 'module', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          environment: 'node',
          include: [
            'packages/**/src/**/*.spec.ts',
            'tools/**/*.spec.ts',
            'apps/**/*.spec.ts',
            'examples/**/*.spec.ts',
            'docs/**/*.spec.ts',
          ],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.browser.spec.ts'],
        },
      },
    ],
  },
});
