import { expect, test } from 'vitest';
import { parseExec } from './options.ts';

test('everything behind the program is the program\'s', () => {
  expect(parseExec(['--memory', '64M', '-e', 'A=1', '--env=B=x=y', 'ls', '--help', '-e', '--', 'x'])).toMatchObject({
    memory: 64 * 2 ** 20, env: { A: '1', B: 'x=y' }, program: 'ls', args: ['--help', '-e', '--', 'x'], help: false, trace: false,
  });
});

test('two dashes end the options', () => {
  expect(parseExec(['--trace-syscalls', '--', '--odd', '-h'])).toMatchObject({ trace: true, program: '--odd', args: ['-h'], help: false });
});

test('help needs no program', () => {
  expect(parseExec(['-h'])).toMatchObject({ help: true });
});

test.each([
  [[], /cli\/no-program.*Write: polyvisor exec/],
  [['--trace-syscalls'], /cli\/no-program/],
  [['--mem', '1G', 'ls'], /cli\/bad-option: Unknown option '--mem' \(--mem\)/],
  [['--memory'], /cli\/bad-option.*--memory/],
  [['--memory', 'lots', 'ls'], /cli\/bad-memory: "lots" is no size.*512M/],
  [['--memory', '4K', 'ls'], /cli\/bad-memory/],
  [['-e', 'PATH', 'ls'], /cli\/bad-environment: "PATH".*NAME=VALUE/],
  [['--trace-syscalls=yes', 'ls'], /cli\/bad-option/],
])('%j is refused with its remedy', (args, message) => {
  expect(() => parseExec(args)).toThrow(message);
});
