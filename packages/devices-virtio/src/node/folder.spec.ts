import { mkdtemp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NodeFolder } from './folder.ts';

let base = '';
let folder: NodeFolder;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'folder-'));
  await mkdir(join(base, 'in', 'sub'), { recursive: true });
  await mkdir(join(base, 'out'));
  await writeFile(join(base, 'out', 'secret'), 'secret');
  await writeFile(join(base, 'in', 'a'), 'alpha');
  folder = await NodeFolder.open(join(base, 'in'));
});
afterEach(async () => {
  await folder.close();
  await rm(base, { recursive: true });
});

const readOnly = { read: true, write: false, append: false, truncate: false, create: undefined };
const making = { read: true, write: true, append: false, truncate: false, create: { mode: 0o644, exclusive: true } };
async function contents(path: readonly string[]): Promise<string> {
  const file = await folder.open(path, readOnly);
  const bytes = new Uint8Array(100);
  const length = await file.read(0, bytes);
  await file.close();
  return new TextDecoder().decode(bytes.subarray(0, length));
}
const codeOf = (work: Promise<unknown>) => work.then(() => 'fine', (error: unknown) => (error as { code?: string }).code);

test('reads, makes, writes, renames, links and removes', async () => {
  expect(await contents(['a'])).toBe('alpha');
  const file = await folder.open(['sub', 'b'], making);
  expect(await file.write(0, new TextEncoder().encode('beta'))).toBe(4);
  await file.sync(true);
  await file.close();
  await folder.rename(['sub', 'b'], ['c']);
  await folder.link(['d'], ['c']);
  expect([await contents(['d']), (await folder.stat(['d'])).nlink, (await folder.list([])).toSorted()]).toEqual(['beta', 2, ['a', 'c', 'd', 'sub']]);
  await folder.unlink(['c']);
  await folder.change(['d'], { size: 2, mode: 0o600, mtime: 5000 });
  const stat = await folder.stat(['d']);
  expect([stat.size, stat.mode & 0o777, stat.mtime, await contents(['d'])]).toEqual([2, 0o600, 5000, 'be']);
  await folder.mkdir(['e'], 0o755);
  await folder.rmdir(['e']);
  expect((await folder.space()).blockSize).toBeGreaterThan(0);
});

test('tells of and changes a file that is open and has no name', async () => {
  const file = await folder.open(['nameless'], making);
  await file.write(0, new TextEncoder().encode('content'));
  await folder.unlink(['nameless']);
  await file.change({ size: 3, mode: 0o640, mtime: 7250 });
  const stat = await file.stat();
  expect([stat.size, stat.mode & 0o777, stat.mtime, stat.nlink]).toEqual([3, 0o640, 7250, 0]);
  await file.change({ uid: stat.uid, gid: stat.gid, atime: 'now' });
  expect((await file.stat()).mtime).toBe(7250);
  await file.close();
});

test('follows no link: not at the end, not on the way, not to change what it leads to', async () => {
  await folder.symlink(['up'], '../out');
  await folder.symlink(['file'], '../out/secret');
  expect(await folder.readlink(['up'])).toBe('../out');
  expect((await folder.stat(['file'])).mode & 0o170000).toBe(0o120000);
  expect(await codeOf(folder.open(['file'], readOnly))).toBe('ELOOP');
  expect(await codeOf(folder.open(['file'], { ...making, create: { mode: 0o644, exclusive: false } }))).toBe('ELOOP');
  expect(await codeOf(folder.change(['file'], { size: 0 }))).toBe('EOPNOTSUPP');
  const outcomes = await Promise.all([
    folder.open(['up', 'secret'], readOnly), folder.stat(['up', 'secret']), folder.list(['up']), folder.unlink(['up', 'secret']),
    folder.rename(['a'], ['up', 'a']), folder.link(['up', 'a'], ['a']), folder.mkdir(['up', 'd'], 0o755), folder.symlink(['up', 'l'], 'x'),
  ].map(codeOf));
  for (const outcome of outcomes) expect(outcome).toMatch(/^(ELOOP|ENOTDIR)$/);
  await folder.change(['file'], { mtime: 1000 });
  expect(await readFile(join(base, 'out', 'secret'), 'utf8')).toBe('secret');
});

test.each(['..', '.', '', 'a/b', 'x\0y'])('refuses the name %j', async (name) => {
  expect(await codeOf(folder.stat([name, 'a']))).toBe('EINVAL');
});

test('does not open what is no file', async () => {
  execFileSync('mkfifo', [join(base, 'in', 'pipe')]);
  expect([await codeOf(folder.open(['pipe'], readOnly)), await codeOf(folder.open(['sub'], readOnly))]).toEqual(['EPERM', 'EISDIR']);
});

test.runIf(process.platform === 'linux')('is not led outside while a folder is exchanged for a link again and again', async () => {
  const inner = join(base, 'in', 'sub');
  await writeFile(join(inner, 'secret'), 'inside');
  let running = true;
  const swapping = (async () => {
    for (let i = 0; running; i += 1) {
      await rename(inner, join(base, 'kept'));
      await symlink(join(base, 'out'), inner);
      await rm(inner);
      await rename(join(base, 'kept'), inner);
    }
  })();
  const seen = new Set<string>();
  for (let i = 0; i < 300; i += 1) seen.add(await contents(['sub', 'secret']).catch((error: unknown) => String((error as { code?: string }).code)));
  running = false;
  await swapping;
  expect(seen.has('secret')).toBe(false);
  expect([...seen].every((what) => ['inside', 'ELOOP', 'ENOTDIR', 'ENOENT'].includes(what))).toBe(true);
});
