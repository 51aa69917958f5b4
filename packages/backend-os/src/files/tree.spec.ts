import { expect, test } from 'vitest';
import { Errno } from '../errno.ts';
import { HostTree } from './host-tree.ts';
import { memoryFiles } from './memory-files.ts';
import { MadeUpFiles } from './made-up.ts';
import { FileTree } from './tree.ts';

const host = memoryFiles({
  '/etc/passwd': 'root', '/a/b/c': 'deep', '/link': { link: 'a/b' }, '/a/up': { link: '../etc/passwd' }, '/self': { link: '/self' },
  '/none': { link: '/nowhere' }, '/dev/sda': 'disk', '/tonull': { link: '/dev/null' }, '/proc/1/environ': 'SECRET=1',
});
const made = new MadeUpFiles('/dev', { kind: 'directory', children: () => ({ null: { kind: 'link', target: () => '/etc/passwd' } }) });
const empty = new MadeUpFiles('/proc', { kind: 'directory', children: () => ({}) });
const tree = new FileTree(new HostTree(host), new Map([['/dev', made], ['/proc', empty]]));
const pathOf = (from: string, path: string, follow = true): string | number => {
  const found = tree.find(from, path, follow);
  return typeof found === 'number' ? found : found.path;
};

test.each<[string, string, string]>([
  ['/', '/etc/passwd', '/etc/passwd'], ['/a', 'b/c', '/a/b/c'], ['/a/b', '..', '/a'], ['/', '../../..', '/'], ['/', '//a///b/.', '/a/b'],
  ['/', '/link/c', '/a/b/c'], ['/', '/a/up', '/etc/passwd'], ['/', '/tonull', '/etc/passwd'], ['/', '/link/', '/a/b'], ['/link', 'c', '/a/b/c'],
])('from %s, %s leads to %s', (from, path, result) => {
  expect(pathOf(from === '/link' ? '/a/b' : from, path)).toBe(result);
});

test('a link at the end is followed when that was asked for', () => {
  expect(pathOf('/', '/a/up', false)).toBe('/a/up');
});

test.each<[string, keyof typeof Errno]>([
  ['/nowhere', 'ENOENT'], ['', 'ENOENT'], ['/none', 'ENOENT'], ['/etc/passwd/x', 'ENOTDIR'], ['/etc/passwd/', 'ENOTDIR'], ['/self', 'ELOOP'],
  [`/${'x'.repeat(256)}`, 'ENAMETOOLONG'], ['/nowhere/..', 'ENOENT'],
])('%s gives %s', (path, error) => {
  expect(pathOf('/', path)).toBe(-Errno[error]);
});

test('the host\'s devices and processes are hidden, also behind links and dots', () => {
  expect(['/dev/sda', '/proc/1/environ', '/a/../dev/sda', '/proc/../proc/1'].map((path) => pathOf('/', path))).toEqual(Array(4).fill(-Errno.ENOENT));
});

test('nothing can be opened for writing', () => {
  const found = tree.find('/', '/etc/passwd', true);
  expect([1, 2, 0o1000].map((flags) => typeof found === 'object' && tree.open(found, flags))).toEqual(Array(3).fill(-Errno.EROFS));
});

test('a directory lists its entries and its dots', () => {
  const found = tree.find('/', '/a', true);
  const file = typeof found === 'object' ? tree.open(found, 0) : found;
  expect(typeof file === 'object' && file.directory?.entries.map((e) => e.name)).toEqual(['.', '..', 'b', 'up']);
});
