import { parseArgs } from 'node:util';
import { PolyvisorError, parseBytes } from '@polyvisor/core';
import { cliErrors } from '../errors.ts';

export const EXEC_HELP = `Usage: polyvisor exec [OPTIONS] PROGRAM [ARGUMENTS]

Runs a Linux program for x86-64 or i386 on Polyvisor's processor and kernel. It
sees the host's files and can change none; input, output and status are those of
this command (128 + n after signal n).

Options, before PROGRAM:
  --memory SIZE      memory of the machine, such as 512M (the default) or 2G
  -e, --env NAME=VALUE
                     set a variable; may be given again
  --clear-env        start without the variables of this process
  -w, --workdir DIR  start in this directory
  --cpu MODEL        model of the processor
  --trace-syscalls   show each system call on standard error
  -h, --help         show this help
`;

const OPTIONS = {
  memory: { type: 'string', default: '512M' },
  env: { type: 'string', short: 'e', multiple: true, default: [] as string[] },
  'clear-env': { type: 'boolean', default: false },
  workdir: { type: 'string', short: 'w' },
  cpu: { type: 'string' },
  'trace-syscalls': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export interface ExecArguments {
  readonly help: boolean;
  /** Bytes. */
  readonly memory: number;
  readonly env: Readonly<Record<string, string>>;
  readonly clearEnv: boolean;
  readonly workdir: string | undefined;
  readonly cpu: string | undefined;
  readonly trace: boolean;
  readonly program: string;
  readonly args: readonly string[];
}

const LEAST_MEMORY = 2 ** 20;

/** Everything up to the program's name is ours, everything behind it is the program's. Throws a `PolyvisorError`. */
export function parseExec(args: readonly string[]): ExecArguments {
  const { own, program, rest } = split(args);
  const { values } = strict(own);
  if (!values.help && program === undefined) throw new PolyvisorError([cliErrors['no-program']('', { command: 'exec' })]);
  const memory = parseBytes(values.memory);
  if (memory === undefined || memory < LEAST_MEMORY) throw new PolyvisorError([cliErrors['bad-memory']('', { value: values.memory })]);
  return {
    help: values.help, memory, clearEnv: values['clear-env'], workdir: values.workdir, cpu: values.cpu, trace: values['trace-syscalls'],
    env: Object.fromEntries(values.env.map(variable)), program: program ?? '', args: rest,
  };
}

function split(args: readonly string[]): { own: string[]; program: string | undefined; rest: readonly string[] } {
  const { tokens } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: false, tokens: true });
  const end = tokens.find((token) => token.kind !== 'option');
  if (end === undefined) return { own: [...args], program: undefined, rest: [] };
  const at = end.kind === 'option-terminator' ? end.index + 1 : end.index;
  return { own: args.slice(0, end.index), program: args[at], rest: args.slice(at + 1) };
}

function strict(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    // Node's messages explain the option, in up to three sentences.
    const first = why.split('. ', 1)[0]!;
    const option = /'([^']+)'/.exec(first)?.[1] ?? args.join(' ');
    throw new PolyvisorError([cliErrors['bad-option']('', { option, why: first, command: 'exec' }, cause)]);
  }
}

function variable(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new PolyvisorError([cliErrors['bad-environment']('', { value: text })]);
  return [text.slice(0, at), text.slice(at + 1)];
}
