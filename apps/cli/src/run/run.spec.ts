/** `polyvisor run` as a process: statuses, channels, signals, mistakes. Its guests are a few instructions long. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const polyvisor = fileURLToPath(new URL('../../bin/polyvisor.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'polyvisor-run-'));
const run = (...args: string[]) => spawnSync(process.execPath, [polyvisor, 'run', ...args], { encoding: 'utf8', cwd: folder, input: '' });

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** An ELF file for i386 whose PVH entry is its code. */
function kernel(name: string, code: readonly number[]): string {
  const entry = 0x10_0000;
  const words = new Uint32Array(0x200);
  const bytes = new Uint8Array(words.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  words.set([2 | (3 << 16), 1, entry, 52], 4);
  new Uint16Array(words.buffer).set([32, 2], 21);
  words.set([1, 0x100, entry, entry, 0x400, 0x1000, 0, 0, 4, 0x500, 0, 0, 20, 20, 0, 0], 13);
  bytes.set(code, 0x100);
  words.set([4, 4, 18, 0x6e6558, entry], 0x500 / 4);
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** mov dx, port; mov al, byte; out dx, al */
const out = (port: number, byte: number): number[] => [0x66, 0xba, port & 0xff, port >> 8, 0xb0, byte, 0xee];
/** Three on is LCR of a serial port: without it, characters have 5 bits. */
const say = (port: number, text: string): number[] =>
  [...(port === DEBUG ? [] : out(port + 3, 3)), ...Array.from(text).flatMap((c) => out(port, c.charCodeAt(0)))];
const COM1 = 0x3f8, COM2 = 0x2f8, DEBUG = 0xe9, EXIT = 0xf4, RESET = 0xcf9, PM1_CONTROL = 0x604;
const HALT = [0xf4, 0xeb, 0xfd];
const exitDevice = ['-device', `isa-debug-exit,iobase=${EXIT},iosize=1`];

describe('a guest that ends', () => {
  test('by the debug exit gives its status', () => {
    const { status, stdout, stderr } = run('-kernel', kernel('exit', [...say(COM1, 'hi\n'), ...out(EXIT, 0x10)]), ...exitDevice);
    expect([status, stdout, stderr]).toEqual([0x21, 'hi\n', '']);
  });

  test('by ACPI power-off gives 0', () => {
    // mov dx, port; mov ax, SLP_EN and type 5; out dx, ax
    const off = [0x66, 0xba, PM1_CONTROL & 0xff, PM1_CONTROL >> 8, 0x66, 0xb8, 0x00, 0x34, 0x66, 0xef];
    expect(run('-kernel', kernel('off', [...off, ...HALT]))).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  test('by a reset ends with -no-reboot only', () => {
    // The second time a word outside of the kernel is not zero any more.
    // cmp dword [0x600000], 0; jne over the rest; inc dword [0x600000]; nop; the reset
    const once = [0x83, 0x3d, 0, 0, 0x60, 0, 0, 0x75, 7 + 7, 0xff, 0x05, 0, 0, 0x60, 0, 0x90, ...out(RESET, 6)];
    const path = kernel('reset', [...say(COM1, 'boot\n'), ...once, ...out(EXIT, 1)]);
    expect(run('-kernel', path, ...exitDevice, '-no-reboot')).toMatchObject({ status: 0, stdout: 'boot\n' });
    expect(run('-kernel', path, ...exitDevice)).toMatchObject({ status: 3, stdout: 'boot\nboot\n' });
  });
});

test('serial ports and the debug console lead where the options say', () => {
  const code = [...say(COM1, 'one\n'), ...say(COM2, 'two\n'), ...say(DEBUG, 'three'), ...out(EXIT, 0)];
  const found = run('-kernel', kernel('ports', code), ...exitDevice, '-serial', 'file:com1', '-serial', 'stdio', '-debugcon', 'file:debug');
  expect(found).toMatchObject({ status: 1, stdout: 'two\n', stderr: '' });
  expect([readFileSync(join(folder, 'com1'), 'utf8'), readFileSync(join(folder, 'debug'), 'utf8')]).toEqual(['one\n', 'three']);
});

test.each([['SIGTERM', 143, 'pipe'], ['SIGINT', 130, 'ignore']] as const)('%s ends the run of a sleeping guest, and all output is there', async (signal, expected, input) => {
  const child = spawn(process.execPath, [polyvisor, 'run', '-kernel', kernel('idle', [...say(COM1, 'ready'), ...HALT]), '--stats'], { stdio: [input, 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  child.stderr?.on('data', (text: Buffer) => { errors += text.toString(); });
  child.stdout?.on('data', (text: Buffer) => {
    output += text.toString();
    if (output === 'ready') child.kill(signal);
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  expect([status, output]).toEqual([expected, 'ready']);
  expect(errors).toMatch(/instructions {6}0 million[^]*MMU fills/);
});

test('a trace has every instruction', () => {
  const path = kernel('traced', [0xb8, 0x78, 0x56, 0x34, 0x12, ...out(EXIT, 0)]);
  expect(run('-kernel', path, ...exitDevice, '--trace', 'trace').status).toBe(1);
  const lines = readFileSync(join(folder, 'trace'), 'utf8').trimEnd().split('\n');
  expect(lines).toEqual([
    '0 0000000000100000 b878563412             mov eax, 0x12345678',
    '0 0000000000100005 66baf400               mov dx, 0xf4',
    '0 0000000000100009 b000                   mov al, 0x0',
    '0 000000000010000b ee                     out dx, al',
  ]);
});

test('the monitor shows the machine, pauses it, and saves it for another process', () => {
  // mov ebx, 5; halt for ever; an interrupt never comes.
  const args = ['-kernel', kernel('monitored', [0xbb, 5, 0, 0, 0, ...say(COM1, 'up'), ...HALT]), '-serial', 'mon:stdio'];
  const talk = (input: string, ...more: string[]) => spawnSync(process.execPath, [polyvisor, 'run', ...args, ...more], { encoding: 'utf8', cwd: folder, input });
  const first = talk('\x01cinfo registers\nstop\ninfo status\ncont\nnonsense\nsavevm state\ninfo memory\nquit\n');
  expect(first.stdout).toMatch(/\(polyvisor\) info registers\r\ncpu 0\r\n[^]*rip 0000000000100[^]*paused\r\n[^]*paused, [^]*running\r\n[^]*no command "nonsense"[^]*saved [\d.]+ MiB in state[^]*0xc0000 to .*RAM/);
  const second = talk('\x01cinfo registers\nquit\n', '--restore', 'state');
  expect(second.stdout).toMatch(/rip 0000000000100[^]*cs 0010/);
  expect(talk('', '--restore', 'state', '-m', '64').stderr).toMatch(/cli\/bad-snapshot: .*another machine: its memory, devices/);
  expect([first.status, second.status]).toEqual([0, 0]);
});

test('help fits a screen', () => {
  const { status, stdout } = run('--help');
  expect([status, stdout.split('\n').length < 28, stdout.split('\n').every((line) => line.length <= 80)]).toEqual([0, true, true]);
});

test.each([
  [['-kernel', '/no/such/file'], 2, /^polyvisor: cli\/unreadable-file: the file of -kernel cannot be read: ENOENT.*\/no\/such\/file/],
  [['-kernel', '/etc/passwd'], 125, /^polyvisor: firmware\/(truncated|not-a-kernel): .*\/etc\/passwd/],
  [['-kernel', 'reset', '-initrd', '/no/such/file'], 2, /^polyvisor: cli\/unreadable-file: the file of -initrd/],
  [['-kernel', 'reset', '-serial', 'file:/no/such/folder/x'], 2, /^polyvisor: cli\/unwritable-file: the file of -serial/],
  [['-kernel', 'reset', '-cpu', 'i8080'], 2, /^polyvisor: cli\/option-value: "i8080" is no model.*-cpu qemu64, x86-64-v2/],
  [['-kernel', 'reset', '-device', 'e1000'], 2, /^polyvisor: cli\/unknown-driver: there is no device "e1000".*isa-debug-exit.*--machine-file/],
  [['-kernel', 'reset', '-device', 'isa-debug-exit,port=1'], 2, /^polyvisor: cli\/device-setting: .*platform\/debug-exit.*"port"/],
  [['-kernel', 'reset', '--machine-file', '/no/such/file'], 2, /^polyvisor: cli\/bad-machine-file: .*ENOENT/],
  [['-kernel', 'reset', '--restore', '/no/such/file'], 2, /^polyvisor: cli\/bad-snapshot: .*ENOENT/],
  [['-kernel', 'reset', '--trace', '/no/such/folder/x'], 2, /^polyvisor: cli\/unwritable-file: .*--trace/],
  [['-kernel', 'reset', '-m', '64G'], 2, /^polyvisor: cli\/too-much-memory: 65536 MiB .*-m 3987/],
  [['-kernel', 'reset', '-smp', '200'], 2, /^polyvisor: cli\/too-much-memory: .*fewer processors/],
  [['-m', '64'], 2, /^polyvisor: cli\/no-kernel/],
])('polyvisor run %j says what is wrong', (args, status, message) => {
  const { status: found, stdout, stderr } = run(...args);
  expect([found, stdout]).toEqual([status, '']);
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain('    at ');
});
