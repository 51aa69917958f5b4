import { EXEC_HELP, parseExec } from './options.ts';

/** `polyvisor exec`. */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseExec(args);
  if (options.help) {
    process.stdout.write(EXEC_HELP);
    return 0;
  }
  const { executeProgram } = await import('./execute.ts');
  const { findOnPath } = await import('./find-on-path.ts');
  const inherited = options.clearEnv ? {} : process.env;
  const env = { ...inherited, ...options.env };
  const status = await executeProgram({
    program: findOnPath(options.program, env['PATH'] ?? ''),
    argv: [options.program, ...options.args],
    env: Object.entries(env).map(([name, value]) => `${name}=${value ?? ''}`),
    cwd: options.workdir ?? process.cwd(),
    memory: options.memory,
    cpu: options.cpu,
    trace: options.trace,
  });
  // A read that still waits for input would keep the process alive.
  process.exit(status);
}
