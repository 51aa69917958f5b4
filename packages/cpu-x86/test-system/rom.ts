/** The guests: ROM images of 64 KiB that nasm assembles from `guest/*.asm`. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('guest/', import.meta.url));

export const ROM_SIZE = 65_536;

export interface Rom {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Of the bytes. */
  readonly hash: string;
}

export const guests: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.asm'))
  .map((file) => file.slice(0, -'.asm'.length))
  .sort();

export function assemble(name: string): Rom {
  const target = mkdtempSync(join(tmpdir(), 'polyvisor-rom-'));
  try {
    const out = join(target, 'rom.bin');
    // 16-bit code cuts labels down to offsets in its segment.
    const { status, stderr } = spawnSync('nasm', ['-w-number-overflow', '-f', 'bin', '-o', out, `${name}.asm`], {
      cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`nasm: ${stderr}`);
    const bytes = Uint8Array.from(readFileSync(out));
    if (bytes.length !== ROM_SIZE) throw new Error(`${name}.asm makes ${bytes.length} bytes, not ${ROM_SIZE}`);
    return { name, bytes, hash: createHash('sha256').update(bytes).digest('hex').slice(0, 16) };
  } finally {
    rmSync(target, { recursive: true });
  }
}

/** The first of the programs that is not installed. */
export function missingProgram(programs: readonly string[]): string | undefined {
  return programs.find((program) => spawnSync(program, ['--version']).error !== undefined);
}
