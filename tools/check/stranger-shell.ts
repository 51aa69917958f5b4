import { spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';

/** A command that takes longer has hung. */
const LIMIT_IN_MINUTES = 10;

export interface Ran {
  readonly ok: boolean;
  readonly stdout: string;
  /** Both streams in the order in which they came. */
  readonly output: string;
}

/**
 * The environment of somebody who never saw this repository: the Node that runs now, the programs of the system, and
 * nothing that npm tells a script about the package that it belongs to.
 */
export function strangersEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const programs = (own['PATH'] ?? '').split(delimiter).filter((folder) => !/[\\/]node_modules[\\/]/.test(folder));
  const ofThisPackage = /^(npm_(package|lifecycle|config_local_prefix|config_workspace|command)|INIT_CWD$|NX_|VITEST|NODE_OPTIONS$)/;
  return {
    ...Object.fromEntries(Object.entries(own).filter(([name]) => !ofThisPackage.test(name))),
    PATH: [dirname(process.execPath), ...programs].join(delimiter),
    NO_COLOR: '1',
    CI: 'true',
    NX_DAEMON: 'false',
  };
}

/** Runs a command in `cwd` as a stranger would: without a terminal and without input. */
export function run(command: readonly [string, ...string[]], cwd: string): Promise<Ran> {
  const [program, ...args] = command;
  return new Promise((resolve) => {
    let stdout = '';
    let output = '';
    const child = spawn(program, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_IN_MINUTES * 60_000,
      env: strangersEnvironment(process.env),
    });
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      output += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.on('error', (error) => resolve({ ok: false, stdout, output: `${output}${error.message}\n` }));
    child.on('close', (code, signal) => {
      if (signal !== null) output += `ended by ${signal}\n`;
      resolve({ ok: code === 0, stdout, output });
    });
  });
}
