import { expect, test } from 'vitest';
import { parseRun } from './parse.ts';
import { defaultOptions } from './types.ts';

const MB = 2 ** 20;

test('a machine of QEMU\'s options', () => {
  const text = '-m 512 -smp cpus=2 -cpu max -kernel vmlinuz -initrd initrd.img -append console=ttyS0 -nographic -no-reboot -display none '
    + '-debugcon file:log -device isa-debug-exit,iobase=0xf4,iosize=4 -name guest -serial stdio -serial file:com2 --mmu npt --stats --entry pvh';
  const { devices, ...options } = parseRun(text.split(' '));
  expect(options).toEqual({
    ...defaultOptions(),
    name: 'guest', memory: 512 * MB, cpus: 2, cpu: 'max', mmu: 'npt', kernel: 'vmlinuz', initrd: 'initrd.img',
    append: 'console=ttyS0', entry: 'pvh', serial: [{ kind: 'stdio' }, { kind: 'file', path: 'com2' }],
    debugConsole: { kind: 'file', path: 'log' }, noReboot: true, stats: true, devices: undefined,
  });
  const [exit] = devices;
  expect([exit?.driver, exit?.settings.number('iobase', 0, 0xffff), exit?.settings.text('iosize')]).toEqual(['isa-debug-exit', 0xf4, '4']);
});

test('disks, with the comma doubled in a name', () => {
  const text = '-hda a.img -cdrom b.iso -drive file=c,,1.qcow2,format=qcow2,if=virtio,id=root,snapshot=on,cache=none -drive d.raw,readonly=on,if=none -boot order=dc';
  const { drives, boot } = parseRun(text.split(' '));
  const plain = { format: undefined, interface: 'ide', snapshot: false };
  expect([drives, boot]).toEqual([[
    { ...plain, id: 'drive0', file: 'a.img', media: 'disk', readOnly: false },
    { ...plain, id: 'drive1', file: 'b.iso', media: 'cdrom', readOnly: true },
    { id: 'root', file: 'c,1.qcow2', format: 'qcow2', interface: 'virtio', media: 'disk', readOnly: false, snapshot: true },
    { ...plain, id: 'drive3', file: 'd.raw', media: 'disk', readOnly: true, interface: 'none' },
  ], 'dc']);
});

test('channels by names: of serial ports, and of devices', () => {
  const text = '-kernel k -chardev stdio,id=a,mux=on -chardev file,id=b,path=log -chardev null,id=c -serial chardev:b -serial chardev:c -debugcon file:d';
  const { serial, chardevs, debugConsole } = parseRun(text.split(' '));
  expect([serial, chardevs, debugConsole]).toEqual([
    [{ kind: 'file', path: 'log' }, { kind: 'none' }], [{ id: 'a', channel: { kind: 'stdio', monitor: true } }], { kind: 'file', path: 'd' },
  ]);
});

test('a channel that has the terminal leaves none for the first serial port', () => {
  expect(parseRun(['-kernel', 'k', '-chardev', 'stdio,id=a']).serial).toEqual([{ kind: 'none' }]);
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
  [['-kernel', 'k', '-serial', 'tcp:1'], /cli\/option-value.*-serial stdio, file:PATH, chardev:NAME or none/],
  [['-kernel', 'k', ...Array.from({ length: 5 }, () => ['-serial', 'none']).flat()], /one serial port more than 4/],
  [['-kernel', 'k', '-serial', 'stdio', '-serial', 'mon:stdio'], /cli\/console-twice: .*-serial \(COM1\) \(-serial \(COM2\)\).*file, or none/],
  [['-kernel', 'k', '-serial', 'chardev:a'], /cli\/unknown-chardev: -serial names the channel "a".*-chardev with id=a; free are: none/],
  [['-kernel', 'k', '-chardev', 'null,id=a', '-serial', 'chardev:a', '-serial', 'chardev:a'], /cli\/unknown-chardev.*another port's/],
  [['-kernel', 'k', '-chardev', 'null,id=a', '-chardev', 'null,id=a'], /cli\/option-value.*which another one has/],
  [['-kernel', 'k', '-chardev', 'stdio,id=a', '-serial', 'stdio'], /cli\/console-twice: .*-serial \(COM1\) \(-chardev \(a\)\)/],
  [['-kernel', 'k', '-chardev', 'socket,id=a'], /cli\/option-value.*none of stdio, file, null/],
  [['-kernel', 'k', '-monitor', 'stdio'], /cli\/option-value.*-monitor none/],
  [['-kernel', 'k', '-display', 'gtk'], /cli\/option-value.*-display none/],
  [['-kernel', 'k', '-bios', 'b'], /cli\/boot-twice.*-kernel.*-bios and a disk/],
  [['-kernel', 'k', '-machine', 'microvm'], /cli\/option-value: "microvm" has the type "microvm", which is none of pc, q35/],
  [['-kernel', 'k', '-machine', 'pc,accel=kvm'], /cli\/option-value.*the accel "kvm", which is none of tcg/],
  [['-drive', 'if=virtio'], /cli\/option-value: "if=virtio" has no file \(-drive\)\. Write: -drive file=PATH/],
  [['-drive', 'file=x,if=scsi'], /cli\/option-value.*which is none of ide, virtio, none/],
  [['-drive', 'file=x,bus=1'], /cli\/option-value.*the setting "bus", which is none of .*snapshot/],
  [['-kernel', 'k', '-boot', 'x'], /cli\/option-value.*is no order/],
  [['-kernel', 'k', '--mmu', 'native'], /cli\/option-value.*ept, npt, shadow/],
  [['-kernel', 'k', '--entry', 'bios'], /cli\/option-value.*auto, pvh, linux64, bzimage64, bzimage32/],
])('%j is refused with its remedy', (args, message) => {
  expect(() => parseRun(args)).toThrow(message);
});

test.each([
  ['-drive file=a,if=none,id=d -drive file=b,if=none,id=d', /cli\/id-twice: -drive has the name "d"/],
  ['-netdev user,id=n -netdev user,id=n', /cli\/id-twice: -netdev has the name "n"/],
  ['-device VGA,id=x -device virtio-rng-pci,id=x', /cli\/id-twice: -device has the name "x"/],
  ['-netdev user,id=n -object filter-dump,id=f,netdev=m,file=x', /cli\/unknown-netdev: .*names the network "m", which is not there.*there are: n/],
])('%s is refused', (text, message) => {
  expect(() => parseRun(`-kernel k ${text}`.split(' '))).toThrow(message);
});
