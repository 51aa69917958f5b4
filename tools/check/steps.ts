import { findChromium } from './chromium.ts';

export interface Step {
  readonly name: string;
  /** The command and its arguments. `$REPORT` stands for the file in which vitest leaves its JSON report. */
  readonly run: readonly string[];
  /** Why the step cannot run here. */
  readonly skip?: string | undefined;
}

const vitest = ['vitest', 'run', '--reporter', 'default', '--reporter', 'json', '--outputFile.json', '$REPORT', '--project'];

/** The steps of `npm test`, in order. A step fails when its command exits with anything but 0. */
export const steps: readonly Step[] = [
  { name: 'generate', run: ['npm', 'run', 'generate'] },
  { name: 'typecheck', run: ['npm', 'run', 'typecheck'] },
  { name: 'lint', run: ['npm', 'run', 'lint'] },
  { name: 'layers', run: ['npm', 'run', 'layers'] },
  { name: 'vitest', run: [...vitest, 'node'] },
  {
    name: 'vitest:browser',
    run: [...vitest, 'browser'],
    skip: findChromium() === undefined ? 'no Chromium: install chromium or set CHROMIUM_PATH' : undefined,
  },
  { name: 'build', run: ['npm', 'run', 'build'] },
  { name: 'docs', run: ['npm', 'run', 'docs'] },
  { name: 'publish', run: ['node', 'tools/check/publish.ts'] },
  { name: 'stranger', run: ['node', 'tools/check/stranger.ts'] },
];
