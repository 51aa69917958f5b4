/** A Debian guest on a console: an initial RAM disk with busybox, and a conversation with its shell. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpioArchive, type ArchiveEntry } from '@polyvisor/firmware';

const polyvisor = fileURLToPath(new URL('../bin/polyvisor.js', import.meta.url));
const PROMPT = 'polyvisor-guest# ';

const INIT = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
export PS1='${PROMPT}'
exec sh -i </dev/ttyS0 >/dev/ttyS0 2>&1
`;

/** Makes it in a folder, with more than busybox if need be; its path. */
export function initrd(busybox: string, folder: string, more: readonly ArchiveEntry[] = []): string {
  const path = join(folder, 'initrd');
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  writeFileSync(path, cpioArchive([
    ...['bin', 'dev', 'proc', 'sys', 'mnt'].map((name) => ({ kind: 'directory' as const, path: name })),
    { kind: 'character', path: 'dev/console', major: 5, minor: 1 },
    { kind: 'file', path: 'bin/busybox', content: readFileSync(busybox), mode: 0o755 },
    { kind: 'file', path: 'init', content: text(INIT), mode: 0o755 },
    ...more,
  ]));
  return path;
}

export interface Run {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
  readonly answers: readonly string[];
}

/** Types each line when the prompt is there; the answer is what stands before the next one, and the last has none. */
export function converse(args: readonly string[], lines: readonly string[], first = ''): Promise<Run> {
  const child = spawn(process.execPath, [polyvisor, 'run', ...args], { stdio: 'pipe' });
  let [output, errors, from, typed] = ['', '', 0, 0];
  const answers: string[] = [];
  child.stdin.write(first);
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    output += text;
    const at = output.indexOf(PROMPT, from);
    if (at < 0) return;
    // The echo of the line comes first.
    if (typed > 0) answers.push(output.slice(from, at).split('\r\n').slice(1).join('\n').trim());
    from = at + PROMPT.length;
    const line = lines[typed++];
    if (line !== undefined) child.stdin.write(`${line}\n`);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text; });
  return new Promise((resolve) => child.on('close', (status) => { resolve({ status, output, errors, answers }); }));
}
