import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OPERATIONS } from './operations.ts';
import { caseNumber, INPUT, OUTPUT } from './records.ts';

/** The processor below, asked through host-sse.c. */
export interface Host {
  /** Results of the input records. */
  run(records: Uint8Array): DataView;
  dispose(): void;
}

const NEEDED = ['avx', 'fma', 'f16c'];

const cases = (): string => OPERATIONS.flatMap((op, number) => op.imms.map((imm) => op.inRax
  ? `RAX(${caseNumber(number, imm)}, "${op.text(imm)}", "${op.after ?? ''}")`
  : `VECTOR(${caseNumber(number, imm)}, "${op.text(imm)}")`)).join('\n');

/** Builds the program, or says why it cannot be. */
export function buildHost(): Host | string {
  if (process.arch !== 'x64' || process.platform !== 'linux') return `the host is ${process.platform} on ${process.arch}, not Linux on x86-64`;
  const flags = (/^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '').split(' ');
  const missing = NEEDED.filter((name) => !flags.includes(name));
  if (missing.length > 0) return `the processor lacks ${missing.join(', ')}`;
  const folder = mkdtempSync(join(tmpdir(), 'polyvisor-sse-'));
  const program = join(folder, 'host-sse');
  writeFileSync(join(folder, 'cases.h'), cases());
  const source = join(import.meta.dirname, 'host-sse.c');
  const built = spawnSync('gcc', ['-O1', '-I', folder, '-o', program, source], { encoding: 'utf8' });
  if (built.status !== 0 || !existsSync(program)) {
    rmSync(folder, { recursive: true });
    return built.error === undefined ? `gcc fails: ${built.stderr}` : 'gcc is not installed';
  }
  return {
    run: (records) => {
      const size = (records.length / INPUT) * OUTPUT;
      const ran = spawnSync(program, { input: records, maxBuffer: size + 1024 });
      if (ran.status !== 0 || ran.stdout.length !== size) {
        throw new Error(`the host program ended with ${ran.status ?? ran.signal ?? 'nothing'}`);
      }
      return new DataView(ran.stdout.buffer, ran.stdout.byteOffset, size);
    },
    dispose: () => rmSync(folder, { recursive: true }),
  };
}
