import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { findChromium } from './tools/check/chromium.ts';

// Tests run from the sources of every package, without a build.
const conditions = ['@polyvisor/source'];
const folders = ['packages', 'tools', 'apps', 'examples', 'docs'];
const notOurs = ['**/node_modules/**', '**/dist/**'];
const chromium = findChromium();

// Cross-origin isolation, without which a page has no SharedArrayBuffer.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const node = {
  name: 'node',
  environment: 'node',
  include: folders.map((folder) => `${folder}/**/*.spec.ts`),
  exclude: [...notOurs, '**/*.browser.spec.ts'],
};

const browser = (executablePath: string) => ({
  name: 'browser',
  include: folders.map((folder) => `${folder}/**/*.browser.spec.ts`),
  exclude: notOurs,
  browser: {
    enabled: true,
    headless: true,
    screenshotFailures: false,
    provider: playwright({ launchOptions: { executablePath, args: ['--no-sandbox'] } }),
    instances: [{ browser: 'chromium' as const }],
  },
});

if (chromium === undefined) {
  console.warn('No Chromium is installed: browser specs are skipped. Install chromium or set CHROMIUM_PATH.');
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  server: { headers },
  test: {
    passWithNoTests: true,
    // A guard against hanging, not a measure of speed: a loaded machine may take its time.
    testTimeout: 60_000,
    coverage: { provider: 'v8', include: ['packages/*/src/**/*.ts'], exclude: ['**/*.spec.ts'] },
    projects: [
      { extends: true, test: node },
      ...(chromium === undefined ? [] : [{ extends: true as const, test: browser(chromium) }]),
    ],
  },
});
