import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EntryKind, Errno, Mode } from '@polyvisor/backend-os';
import { afterAll, expect, test } from 'vitest';
import { nodeFiles } from './node-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'polyvisor-files-'));
writeFileSync(join(folder, 'file'), 'content');
mkdirSync(join(folder, 'sub'));
symlinkSync('file', join(folder, 'link'));
// No UTF-8, yet a name.
writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0x41])]), '');

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('shows files, directories and links as they are', () => {
  const kinds = ['file', 'sub', 'link'].map((name) => {
    const stat = nodeFiles.stat(`${folder}/${name}`);
    return typeof stat === 'object' && stat.mode & Mode.kind;
  });
  expect(kinds).toEqual([Mode.regular, Mode.directory, Mode.link]);
  expect(nodeFiles.readLink(`${folder}/link`)).toBe('file');
});

test('reads at any offset', () => {
  const file = nodeFiles.open(`${folder}/file`);
  const into = new Uint8Array(10);
  expect(typeof file === 'object' && [file.read(3, into), file.read(7, into), file.stat().size]).toEqual([4, 0, 7]);
  expect(String.fromCharCode(...into.subarray(0, 4))).toBe('tent');
  if (typeof file === 'object') file.close();
});

test('lists names of any bytes', () => {
  const entries = nodeFiles.list(folder);
  const sorted = typeof entries === 'number' ? [] : entries.map(({ name, kind }) => [name, kind] as const).sort();
  expect(sorted).toEqual([['file', EntryKind.regular], ['link', EntryKind.link], ['sub', EntryKind.directory], ['\xffA', EntryKind.regular]]);
  expect(typeof nodeFiles.stat(`${folder}/\xffA`)).toBe('object');
});

test('gives failures as numbers', () => {
  expect([nodeFiles.stat('/no/where'), nodeFiles.list(`${folder}/file`), nodeFiles.readLink(`${folder}/file`), nodeFiles.open(`${folder}/link`)])
    .toEqual([-Errno.ENOENT, -Errno.ENOTDIR, -Errno.EINVAL, -Errno.ELOOP]);
});
