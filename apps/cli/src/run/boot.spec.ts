/** Debian's cloud kernel, unmodified, by `polyvisor run`: boots to a shell, answers commands, powers off. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpioArchive } from '@polyvisor/firmware';
import { afterAll, describe, expect, test } from 'vitest';
import { debianBusybox, debianKernel } from '../start/debian/files.ts';

const polyvisor = fileURLToPath(new URL('../../bin/polyvisor.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'polyvisor-run-'));
const TIMEOUT = 600_000;
const PROMPT = 'polyvisor-guest# ';

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const INIT = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
export PS1='${PROMPT}'
exec sh -i </dev/ttyS0 >/dev/ttyS0 2>&1
`;

function initrd(busybox: string): string {
  const path = join(folder, 'initrd');
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  writeFileSync(path, cpioArchive([
    ...['bin', 'dev', 'proc'].map((name) => ({ kind: 'directory' as const, path: name })),
    { kind: 'character', path: 'dev/console', major: 5, minor: 1 },
    { kind: 'file', path: 'bin/busybox', content: readFileSync(busybox), mode: 0o755 },
    { kind: 'file', path: 'init', content: text(INIT), mode: 0o755 },
  ]));
  return path;
}

interface Run {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
  readonly answers: readonly string[];
}

/** Types each line when the prompt is there; the answer is what stands before the next one, and the last has none. */
function converse(args: readonly string[], lines: readonly string[], first = ''): Promise<Run> {
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

describe('Debian\'s cloud kernel', () => {
  const image = debianKernel();
  const busybox = debianBusybox();
  if ('reason' in image || 'reason' in busybox) {
    test.skip('reason' in image ? image.reason : 'reason' in busybox ? busybox.reason : '', () => undefined);
    return;
  }
  const files = ['-kernel', image.path, '-initrd', initrd(busybox.path)];

  test('boots to a shell that answers, and powers off', async () => {
    const lines = [
      'uname -m',
      'grep -m1 "model name" /proc/cpuinfo',
      'nproc',
      'head -c 1000000 /dev/zero | sha256sum',
      'awk \'BEGIN { for (i = 0; i < 1000; i++) s += i / 3; print s }\'',
      'poweroff -f',
    ];
    const args = [...files, '-m', '256', '-smp', '2', '-append', 'console=ttyS0 panic=-1', '-nographic', '-no-reboot', '--stats'];
    const { status, output, errors, answers } = await converse(args, lines);
    const sum = createHash('sha256').update(new Uint8Array(1_000_000)).digest('hex');
    expect(answers, output).toEqual(['x86_64', 'model name\t: Polyvisor max', '2', `${sum}  -`, '166500']);
    expect(output).toContain('reboot: Power down');
    expect(errors).toMatch(/instructions {6}\d+ million/);
    expect(status).toBe(0);
  }, TIMEOUT);

  test('is saved, and goes on in a new process, three times in a row', async () => {
    const args = [...files, '-m', '128', '-append', 'console=ttyS0', '-serial', 'mon:stdio'];
    const save = (file: string): string => `\x01csavevm ${join(folder, file)}\nquit\n`;
    const booted = await converse(args, ['X=1', 'echo $$ > /pid', save('state1')]);
    expect([booted.status, booted.output], booted.errors).toEqual([0, expect.stringMatching(/saved [\d.]+ MiB/)]);
    for (const round of [1, 2, 3]) {
      // The prompt was printed before the snapshot was taken.
      const lines = ['X=$((X+1)); [ $$ = $(cat /pid) ] && echo $((X*3))', round < 3 ? save(`state${round + 1}`) : 'poweroff -f'];
      const { status, answers, output } = await converse([...args, '--restore', join(folder, `state${round}`)], lines, '\n');
      expect([status, answers], output).toEqual([0, [String((round + 1) * 3)]]);
    }
  }, TIMEOUT);

  test('that panics resets, and -no-reboot ends there', async () => {
    const { status, output } = await converse(['-kernel', image.path, '-append', 'console=ttyS0 panic=-1', '-no-reboot'], []);
    expect(output).toMatch(/Kernel panic - not syncing: VFS: Unable to mount root fs/);
    expect(status).toBe(0);
  }, TIMEOUT);
});
