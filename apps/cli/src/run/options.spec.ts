import { expect, test } from 'vitest';
import { parseRun } from './options.ts';

const MB = 2 ** 20;

test('a machine of QEMU\'s options', () => {
  const text = '-m 512 -smp cpus=2 -cpu max -kernel vmlinuz -initrd initrd.img -append console=ttyS0 -nographic -no-reboot -display none '
    + '-debugcon file:log -device isa-debug-exit,iobase=0xf4,iosize=4 -name guest -serial stdio -serial file:com2 --mmu npt --stats --entry pvh';
  expect(parseRun(text.split(' '))).toEqual({
    help: false, name: 'guest', memory: 512 * MB, cpus: 2, cpu: 'max', mmu: 'npt', kernel: 'vmlinuz', initrd: 'initrd.img',
    append: 'console=ttyS0', entry: 'pvh', serial: [{ kind: 'stdio' }, { kind: 'file', path: 'com2' }],
    debugConsole: { kind: 'file', path: 'log' }, debugExit: { iobase: 0xf4, iosize: 4 }, noReboot: true, stats: true,
  });
});

test('without more than a kernel it is one processor, 256 MiB and a console', () => {
  expect(parseRun(['-kernel', 'k'])).toMatchObject({ cpus: 1, memory: 256 * MB, serial: [{ kind: 'stdio' }], mmu: 'ept', entry: 'auto', noReboot: false });
});

test.each([['-m', '64'], ['--m', '64M'], ['-m', 'size=65536K'], ['-m', '64MiB']])('%s %s is 64 MiB', (option, value) => {
  expect(parseRun(['-kernel', 'k', option, value]).memory).toBe(64 * MB);
});

test.each([
  [['-kernel'], /cli\/option-without-value: the option -kernel needs a value.*Write: -kernel FILE/],
  [[], /cli\/no-kernel.*polyvisor run -kernel FILE/],
  [['-kernal', 'x'], /cli\/unknown-option: .*no option -kernal.*-kernel/],
  [['vmlinuz'], /cli\/unknown-option.*vmlinuz/],
  [['-kernel', 'k', '-m', 'lots'], /cli\/option-value: "lots" is no size \(-m\)\. Write: -m SIZE, such as 512M/],
  [['-kernel', 'k', '-m', '1M'], /cli\/option-value.*less than a PC needs/],
  [['-kernel', 'k', '-smp', '0'], /cli\/option-value.*1 to 255/],
  [['-kernel', 'k', '-smp', '2,sockets=2'], /cli\/option-value/],
  [['-kernel', 'k', '-serial', 'tcp:1'], /cli\/option-value.*-serial stdio, file:PATH or none/],
  [['-kernel', 'k', ...Array.from({ length: 5 }, () => ['-serial', 'none']).flat()], /one serial port more than 4/],
  [['-kernel', 'k', '-serial', 'stdio', '-serial', 'mon:stdio'], /cli\/console-twice: .*-serial \(COM1\) \(-serial \(COM2\)\).*file, or none/],
  [['-kernel', 'k', '-display', 'gtk'], /cli\/option-value.*-display none/],
  [['-kernel', 'k', '-device', 'e1000'], /cli\/option-value: "e1000" is no device that this command knows/],
  [['-kernel', 'k', '-device', 'isa-debug-exit,port=1'], /cli\/option-value.*the setting "port=1"/],
  [['-kernel', 'k', '--mmu', 'native'], /cli\/option-value.*ept, npt, shadow/],
  [['-kernel', 'k', '--entry', 'bios'], /cli\/option-value.*auto, pvh, linux64, bzimage64, bzimage32/],
])('%j is refused with its remedy', (args, message) => {
  expect(() => parseRun(args)).toThrow(message);
});
