import { spawn } from 'node:child_process';

/** A step that takes longer has hung: the slowest one takes minutes. */
const limitInMinutes = 60;

export interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

/** Runs a command in the current folder without a terminal and without input, and collects what it prints. */
export const runCommand = ([command = '', ...args]: readonly string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    let output = '';
    const collect = (chunk: string): void => {
      output += chunk;
    };
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitInMinutes * 60_000,
      env: { ...process.env, NO_COLOR: '1', CI: 'true' },
    });
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    child.on('error', (error) => resolve({ ok: false, output: `${output}${error.message}\n` }));
    child.on('close', (code, signal) => {
      if (signal !== null) output += `ended by ${signal}\n`;
      resolve({ ok: code === 0, output });
    });
  });
