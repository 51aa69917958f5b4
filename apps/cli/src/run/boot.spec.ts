/** Debian's cloud kernel, unmodified, by `polyvisor run`: boots to a shell, answers commands, powers off. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { converse, initrd } from '../../test/guest.ts';
import { debianBusybox, debianKernel } from '../start/debian/files.ts';

const folder = mkdtempSync(join(tmpdir(), 'polyvisor-run-'));
const TIMEOUT = 600_000;

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('Debian\'s cloud kernel', () => {
  const image = debianKernel();
  const busybox = debianBusybox();
  if ('reason' in image || 'reason' in busybox) {
    test.skip('reason' in image ? image.reason : 'reason' in busybox ? busybox.reason : '', () => undefined);
    return;
  }
  const files = ['-kernel', image.path, '-initrd', initrd(busybox.path, folder)];

  test('boots to a shell that answers, and powers off', async () => {
    const lines = [
      'uname -m',
      'grep -m1 "model name" /proc/cpuinfo',
      'nproc',
      'head -c 1000000 /dev/zero | sha256sum',
      'awk \'BEGIN { for (i = 0; i < 1000; i++) s += i / 3; print s }\'',
      'poweroff -f',
    ];
    const args = [...files, '-m', '256', '-smp', '2', '-append', 'console=ttyS0 no_timer_check panic=-1', '-nographic', '-no-reboot', '--stats'];
    const { status, output, errors, answers } = await converse(args, lines);
    const sum = createHash('sha256').update(new Uint8Array(1_000_000)).digest('hex');
    expect(answers, output).toEqual(['x86_64', 'model name\t: Polyvisor max', '2', `${sum}  -`, '166500']);
    expect(output).toContain('reboot: Power down');
    expect(errors).toMatch(/instructions {6}\d+ million/);
    expect(status).toBe(0);
  }, TIMEOUT);

  test('is saved, and goes on in a new process, three times in a row', async () => {
    const args = [...files, '-m', '128', '-append', 'console=ttyS0 no_timer_check', '-serial', 'mon:stdio'];
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
    const { status, output } = await converse(['-kernel', image.path, '-append', 'console=ttyS0 no_timer_check panic=-1', '-no-reboot'], []);
    expect(output).toMatch(/Kernel panic - not syncing: VFS: Unable to mount root fs/);
    expect(status).toBe(0);
  }, TIMEOUT);
});
