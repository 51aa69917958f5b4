import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { parseOptions, parsePairs, parseSize } from './options.ts';
import { humanSize } from './report.ts';

const folder = mkdtempSync(join(tmpdir(), 'polyvisor-img-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const bin = fileURLToPath(new URL('../../bin/polyvisor.js', import.meta.url));
const start = (program: string, args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd: folder });
  return { status, stdout, stderr };
};
const img = (...args: string[]) => start(process.execPath, [bin, 'img', ...args]);
const qemu = (...args: string[]) => start('qemu-img', args);
const file = (name: string): string => join(folder, name);
const withoutQemu = !existsSync('/usr/bin/qemu-img') && process.env['CI'] === undefined;
const why = withoutQemu ? ' (skipped: qemu-img is not installed; it is in the package qemu-utils)' : '';

describe('sizes and options', () => {
  test('are those of qemu-img', () => {
    expect(['512', '4K', '20m', '1.5G', '1T'].map((text) => parseSize('SIZE', text))).toEqual([512, 4096, 20 * 2 ** 20, 1.5 * 2 ** 30, 2 ** 40]);
    expect([0, 999, 1000, 196 * 1024, 10 * 2 ** 30, 1.5 * 2 ** 20].map(humanSize)).toEqual(['0 B', '999 B', '0.977 KiB', '196 KiB', '10 GiB', '1.5 MiB']);
    expect([...parsePairs('-o', ['a=1,b=x,,y', 'c'], ['a', 'b', 'c'])]).toEqual([['a', '1'], ['b', 'x,y'], ['c', 'on']]);
    expect(parseOptions('resize', { '--output': 'x', '-q': null }, ['--output=json', '-q', 'disk', '-1G'])).toEqual({
      values: new Map([['--output', ['json']], ['-q', ['']]]), rest: ['disk', '-1G'],
    });
  });

  test.each([
    [[], /cli\/img-command: no action.*Give one of: create, info, check, convert, commit, resize/],
    [['create', '-f', 'vmdk', 'x', '1G'], /cli\/img-value: "vmdk" is no value for -f.*raw, qcow2/],
    [['create', '-f', 'qcow2', 'x'], /cli\/img-value: .*SIZE needs a value/],
    [['create', '-f', 'qcow2', 'x', '1Q'], /cli\/img-value: "1Q" is no value for SIZE/],
    [['create', '-f', 'qcow2', '-o', 'cluster_size=3000', 'x', '1G'], /block\/bad-option.*3000.*power of two/],
    [['create', '-f', 'qcow2', '-o', 'colour=red', 'x', '1G'], /cli\/img-value: "colour=red".*-o/],
    [['create', '-f', 'qcow2', '-b', 'y', 'x'], /cli\/img-value: the option -F needs a value/],
    [['check', '--repair', 'x'], /cli\/img-option: .*no option --repair.*Known are/],
    [['info'], /cli\/img-arguments: 0 arguments/],
    [['info', 'not-there'], /block\/io: opening failed: ENOENT/],
  ])('%j are refused by name with status 1', (args, message) => {
    const { status, stdout, stderr } = img(...args);
    expect([status, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(stderr).not.toContain('    at ');
    expect(stdout === '' || stdout.startsWith('Formatting')).toBe(true);
  });
});

describe.skipIf(withoutQemu)(`polyvisor img does as qemu-img${why}`, () => {
  const json = (outcome: { readonly stdout: string }): Record<string, unknown> => JSON.parse(outcome.stdout) as Record<string, unknown>;

  test('in what it creates and says about it', () => {
    qemu('create', '-f', 'raw', 'base.raw', '3M');
    for (const args of [['-f', 'qcow2', 'a', '1G'], ['-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', 'a'], ['-f', 'qcow2', '-o', 'cluster_size=4k,compat=0.10', 'a', '5M'], ['-f', 'raw', 'a', '64k']]) {
      const theirs = qemu('create', ...args);
      const [theirInfo, theirJson] = [qemu('info', 'a').stdout, json(qemu('info', '--output=json', 'a'))];
      const ours = img('create', ...args);
      expect(ours).toEqual(theirs);
      const without = (text: string): string => text.replace(/disk size: .*\n/, '');
      expect(without(img('info', 'a').stdout)).toBe(without(theirInfo));
      expect({ ...json(img('info', '--output=json', 'a')), 'actual-size': 0 }).toEqual({ 'dirty-flag': false, ...theirJson, 'actual-size': 0, filename: 'a' });
      expect(json(img('info', '--output=json', 'a'))).toMatchObject({ 'virtual-size': theirJson['virtual-size'] });
    }
  }, 120_000);

  test('in conversions, compressed or not', () => {
    const bytes = new Uint8Array(2 ** 20 + 512);
    for (let i = 2 ** 18; i < 2 ** 19; i++) bytes[i] = 65 + (i % 11);
    writeFileSync(file('in.raw'), bytes);
    expect(img('convert', '-f', 'raw', '-O', 'qcow2', '-c', 'in.raw', 'small.qcow2')).toMatchObject({ status: 0, stderr: '' });
    expect(qemu('compare', 'in.raw', 'small.qcow2')).toMatchObject({ status: 0 });
    expect(img('check', 'small.qcow2')).toEqual(qemu('check', 'small.qcow2'));
    expect(img('convert', '-O', 'raw', 'small.qcow2', 'out.raw')).toMatchObject({ status: 0, stderr: '' });
    expect(Buffer.compare(readFileSync(file('out.raw')), bytes)).toBe(0);
  }, 120_000);

  test('in overwriting an existing target, with its zeros', () => {
    const filled = (name: string): void => {
      qemu('create', '-f', 'qcow2', name, '1M');
      start('qemu-io', ['-c', 'write -P 9 0 1M', name]);
    };
    const bytes = new Uint8Array(2 ** 19).fill(66, 2 ** 17, 2 ** 18);
    writeFileSync(file('part.raw'), bytes);
    for (const name of ['theirs.qcow2', 'ours.qcow2']) filled(name);
    expect(img('convert', '-n', '-f', 'raw', '-O', 'qcow2', 'part.raw', 'ours.qcow2')).toEqual(qemu('convert', '-n', '-f', 'raw', '-O', 'qcow2', 'part.raw', 'theirs.qcow2'));
    expect(qemu('compare', 'ours.qcow2', 'theirs.qcow2')).toMatchObject({ status: 0 });
    filled('behind.qcow2');
    expect(img('convert', '-f', 'raw', '-O', 'qcow2', '-o', 'backing_file=behind.qcow2,backing_fmt=qcow2', 'part.raw', 'over.qcow2')).toMatchObject({ status: 0 });
    expect(qemu('compare', '-f', 'raw', 'part.raw', 'over.qcow2')).toMatchObject({ status: 0 });
  }, 120_000);

  test('in keeping files that it would read and overwrite at once', () => {
    qemu('create', '-f', 'qcow2', 'kept.qcow2', '1M');
    start('qemu-io', ['-c', 'write -P 5 0 1M', 'kept.qcow2']);
    qemu('create', '-f', 'qcow2', '-b', 'kept.qcow2', '-F', 'qcow2', 'upper.qcow2');
    const before = readFileSync(file('kept.qcow2'));
    for (const args of [
      ['convert', 'kept.qcow2', 'kept.qcow2'], ['convert', '-O', 'qcow2', 'upper.qcow2', './kept.qcow2'], ['convert', '-n', '-O', 'qcow2', 'upper.qcow2', 'kept.qcow2'],
      ['create', '-f', 'qcow2', '-b', 'kept.qcow2', '-F', 'qcow2', 'kept.qcow2'],
    ]) {
      expect(qemu(...args).status).toBe(1);
      const ours = img(...args);
      expect([ours.status, ours.stderr]).toEqual([1, expect.stringContaining('block/in-use')]);
      expect(readFileSync(file('kept.qcow2')).equals(before)).toBe(true);
    }
  }, 120_000);

  test('in committing and resizing', () => {
    qemu('create', '-f', 'qcow2', 'below.qcow2', '1M');
    qemu('create', '-f', 'qcow2', '-b', 'below.qcow2', '-F', 'qcow2', 'above.qcow2', '2M');
    start('qemu-io', ['-c', 'write -P 5 1000k 100k', 'above.qcow2']);
    qemu('convert', '-O', 'raw', 'above.qcow2', 'wanted.raw');
    expect(img('commit', 'above.qcow2')).toMatchObject({ status: 0, stdout: 'Image committed.\n' });
    expect(qemu('compare', '-F', 'raw', 'below.qcow2', 'wanted.raw')).toMatchObject({ status: 0 });
    expect(qemu('check', 'above.qcow2').stdout).not.toContain('allocated');
    expect(img('resize', 'below.qcow2', '+1G')).toMatchObject({ status: 0, stdout: 'Image resized.\n' });
    expect(json(qemu('info', '--output=json', 'below.qcow2'))['virtual-size']).toBe(2 ** 21 + 2 ** 30);
    expect(img('resize', 'below.qcow2', '512k')).toMatchObject({ status: 1, stderr: expect.stringContaining('--shrink') as string });
    expect(img('resize', '--shrink', 'below.qcow2', '512k')).toMatchObject({ status: 0 });
    expect(qemu('check', 'below.qcow2')).toMatchObject({ status: 0 });
    expect(img('commit', 'below.qcow2')).toMatchObject({ status: 1, stderr: expect.stringContaining('block/no-backing-file') as string });
  }, 120_000);

  test('in the status of a check: 3 for leaks, 2 for errors, 0 once repaired', () => {
    qemu('create', '-f', 'qcow2', 'bad.qcow2', '1M');
    start('qemu-io', ['-c', 'write -P 5 0 200k', 'bad.qcow2']);
    const bytes = readFileSync(file('bad.qcow2'));
    const block = Number(bytes.readBigUInt64BE(Number(bytes.readBigUInt64BE(48))));
    // Cluster 12 is counted, and not used.
    bytes.writeUInt16BE(1, block + 2 * 12);
    writeFileSync(file('bad.qcow2'), Buffer.concat([bytes, Buffer.alloc(13 * 65536 - bytes.length)]));
    expect([img('check', 'bad.qcow2').status, qemu('check', 'bad.qcow2').status]).toEqual([3, 3]);
    expect(json(img('check', '--output=json', 'bad.qcow2'))).toEqual(json(qemu('check', '--output=json', 'bad.qcow2')));
    expect(img('check', '-r', 'leaks', 'bad.qcow2').status).toBe(0);
    // Cluster 5 is used, and not counted.
    const again = readFileSync(file('bad.qcow2'));
    again.writeUInt16BE(0, block + 2 * 5);
    writeFileSync(file('bad.qcow2'), again);
    expect([img('check', 'bad.qcow2').status, qemu('check', 'bad.qcow2').status]).toEqual([2, 2]);
    expect(img('check', '-r', 'all', 'bad.qcow2').status).toBe(0);
    expect([img('check', 'bad.qcow2').status, qemu('check', 'bad.qcow2').status]).toEqual([0, 0]);
    expect([img('check', '-f', 'raw', 'bad.qcow2').status, qemu('check', '-f', 'raw', 'bad.qcow2').status]).toEqual([63, 63]);
  }, 120_000);
});
