import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RECORD } from './records.ts';

/** The processor below, asked through host-fpu.c. */
export interface Host {
  /** Results of the records, as many bytes. */
  run(records: Uint8Array): DataView;
  dispose(): void;
}

/** Builds the program, or says why it cannot be. */
export function buildHost(): Host | string {
  if (process.arch !== 'x64') return `the host is ${process.arch}, not x86-64`;
  const folder = mkdtempSync(join(tmpdir(), 'polyvisor-x87-'));
  const program = join(folder, 'host-fpu');
  const source = join(import.meta.dirname, 'host-fpu.c');
  const built = spawnSync('gcc', ['-O1', '-o', program, source], { encoding: 'utf8' });
  if (built.status !== 0 || !existsSync(program)) {
    rmSync(folder, { recursive: true });
    return built.error === undefined ? `gcc fails: ${built.stderr}` : 'gcc is not installed';
  }
  return {
    run: (records) => {
      const ran = spawnSync(program, { input: records, maxBuffer: records.length + 1024 });
      if (ran.status !== 0 || ran.stdout.length !== records.length || records.length % RECORD !== 0) {
        throw new Error(`the host program ended with ${ran.status ?? ran.signal ?? 'nothing'}`);
      }
      return new DataView(ran.stdout.buffer, ran.stdout.byteOffset, ran.stdout.length);
    },
    dispose: () => rmSync(folder, { recursive: true }),
  };
}
