/** Programs of Debian that read what this package makes; specs that want one are skipped where it is not installed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Debian keeps some of them where only root looks.
const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };

/** The first of these programs that is missing. Not in continuous integration, where all of them have to be there. */
export function missingProgram(programs: readonly string[]): string | undefined {
  if (process.env['CI'] !== undefined) return undefined;
  return programs.find((program) => spawnSync('sh', ['-c', `command -v ${program}`], { env }).status !== 0);
}

export interface Folder {
  write(name: string, bytes: Uint8Array): void;
  read(name: string): string;
  /** What the program printed; throws when it fails. */
  run(program: string, ...args: readonly string[]): string;
}

/** Does something in an empty folder. */
export function inFolder<T>(work: (folder: Folder) => T): T {
  const cwd = mkdtempSync(join(tmpdir(), 'polyvisor-firmware-'));
  try {
    return work({
      write: (name, bytes) => writeFileSync(join(cwd, name), bytes),
      read: (name) => readFileSync(join(cwd, name), 'latin1'),
      run: (program, ...args) => {
        const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'latin1', timeout: 60_000, env });
        if (error !== undefined || status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${error?.message ?? stdout + stderr}`);
        return stdout + stderr;
      },
    });
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}
