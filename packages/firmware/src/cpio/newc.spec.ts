import { expect, test } from 'vitest';
import { cpioArchive, type ArchiveEntry } from './newc.ts';

interface Member {
  readonly name: string;
  readonly mode: number;
  readonly device: readonly [number, number];
  readonly content: string;
}

/** Reads as the kernel's unpacker does (init/initramfs.c). */
function read(archive: Uint8Array): Member[] {
  const ascii = (from: number, length: number): string => String.fromCharCode(...archive.subarray(from, from + length));
  const members: Member[] = [];
  for (let at = 0; ;) {
    expect(ascii(at, 6)).toBe('070701');
    const field = (i: number): number => parseInt(ascii(at + 6 + 8 * i, 8), 16);
    const [mode, size, major, minor, nameSize] = [field(1), field(6), field(9), field(10), field(11)];
    const name = ascii(at + 110, nameSize - 1);
    const content = at + Math.ceil((110 + nameSize) / 4) * 4;
    at = content + Math.ceil(size / 4) * 4;
    if (name === 'TRAILER!!!') return members;
    members.push({ name, mode, device: [major, minor], content: ascii(content, size) });
  }
}

const file = (path: string, content: string): ArchiveEntry => ({ kind: 'file', path, content: new TextEncoder().encode(content) });

test('every kind of entry is in the archive', () => {
  const archive = cpioArchive([
    { kind: 'directory', path: 'bin' },
    { ...file('bin/hello', 'Hello.\n'), mode: 0o755 },
    { kind: 'link', path: 'bin/sh', target: 'hello' },
    { kind: 'character', path: 'console', major: 5, minor: 1 },
    { kind: 'block', path: 'sda', major: 8, minor: 0 },
    file('empty', ''),
  ]);
  expect(read(archive)).toEqual([
    { name: 'bin', mode: 0o40755, device: [0, 0], content: '' },
    { name: 'bin/hello', mode: 0o100755, device: [0, 0], content: 'Hello.\n' },
    { name: 'bin/sh', mode: 0o120777, device: [0, 0], content: 'hello' },
    { name: 'console', mode: 0o20600, device: [5, 1], content: '' },
    { name: 'sda', mode: 0o60600, device: [8, 0], content: '' },
    { name: 'empty', mode: 0o100644, device: [0, 0], content: '' },
  ]);
  expect(archive.length % 512).toBe(0);
});

test('names and contents of every length keep what follows them in place', () => {
  const entries = Array.from({ length: 9 }, (_, i) => file('n'.repeat(i + 1), 'c'.repeat(8 - i)));
  expect(read(cpioArchive(entries)).map(({ content }) => content.length)).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0]);
});

test.each(['/init', '', 'a\0b'])('a path such as %j is refused', (path) => {
  expect(() => cpioArchive([file('ok', ''), file(path, '')])).toThrow(/firmware\/bad-archive-entry.*entry 1/);
});
