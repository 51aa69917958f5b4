/** QEMU (TCG) and Bochs: each runs a ROM without firmware and display, and gives back what it wrote to port E9h. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Rom } from './rom.ts';

export type OracleName = 'qemu' | 'bochs';
export const PROGRAMS: Readonly<Record<OracleName, string>> = { qemu: 'qemu-system-x86_64', bochs: 'bochs' };

/** A guard: no guest takes more than a few seconds. */
const TIMEOUT = 20_000;
/** More than any guest writes: one that runs wild shall not fill the memory. */
const MAX_TEXT = 2 ** 21;
/** Begins the last line of a run that did not end by itself, which is not kept. */
const UNFINISHED = '\n[did not end by itself]';
/** Part of the cache's key: raise it when a command line changes. */
const VERSION = 2;

/** The lines of one run. */
export function runOracle(oracle: OracleName, rom: Rom): string[] {
  const cache = join(tmpdir(), 'polyvisor-test-system');
  const cached = join(cache, `${oracle}-${VERSION}-${rom.hash}.txt`);
  if (existsSync(cached)) return toLines(readFileSync(cached, 'latin1'));
  const folder = mkdtempSync(join(tmpdir(), `polyvisor-${oracle}-`));
  try {
    const text = (oracle === 'qemu' ? qemu(rom, folder) : bochs(rom, folder)).slice(0, MAX_TEXT);
    if (text === '' || text.includes(UNFINISHED)) return toLines(text);
    mkdirSync(cache, { recursive: true });
    // Another run may write the same file: a rename is one step.
    const fresh = join(folder, 'log.txt');
    writeFileSync(fresh, text, 'latin1');
    renameSync(fresh, cached);
    return toLines(text);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function toLines(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function qemu(rom: Rom, folder: string): string {
  const image = join(folder, 'rom.bin'), out = join(folder, 'out.txt');
  writeFileSync(image, rom.bytes);
  writeFileSync(out, '');
  const { status, stderr } = spawnSync(PROGRAMS.qemu, [
    '-M', 'pc', '-nodefaults', '-accel', 'tcg', '-cpu', 'max,vendor=GenuineIntel', '-m', '16', '-bios', image,
    '-display', 'none', '-debugcon', `file:${out}`, '-device', 'isa-debug-exit,iobase=0xf4,iosize=4',
  ], { timeout: TIMEOUT, killSignal: 'SIGKILL', stdio: ['ignore', 'ignore', 'pipe'], encoding: 'latin1' });
  const text = readFileSync(out, 'latin1');
  if (text === '') throw new Error(`QEMU printed nothing and ended with ${status ?? 'a time-out'}: ${stderr}`);
  return status === 1 ? text : `${text}${UNFINISHED} ${status ?? 'time-out'} ${stderr}`;
}

function bochs(rom: Rom, folder: string): string {
  const file = (name: string): string => join(folder, name);
  writeFileSync(file('rom.bin'), rom.bytes);
  writeFileSync(file('vga.bin'), new Uint8Array(32_768));
  // The debugger stops after each reset.
  writeFileSync(file('commands.txt'), 'continue\n'.repeat(2000));
  writeFileSync(file('bochsrc'), `
config_interface: textconfig
display_library: term
memory: guest=16, host=16
romimage: file=${file('rom.bin')}
vgaromimage: file=${file('vga.bin')}
cpu: model=corei7_icelake_u, count=1, ips=100000000, reset_on_triple_fault=1, ignore_bad_msrs=0
clock: sync=none
port_e9_hack: enabled=1
log: ${file('log.txt')}
panic: action=fatal
error: action=ignore
info: action=ignore
debug: action=ignore
com1: enabled=0
parport1: enabled=0
`);
  const { stdout, stderr } = spawnSync(PROGRAMS.bochs, ['-q', '-f', file('bochsrc'), '-rc', file('commands.txt')], {
    timeout: TIMEOUT, killSignal: 'SIGKILL', stdio: ['ignore', 'pipe', 'pipe'], encoding: 'latin1', cwd: folder,
    maxBuffer: 64 * 2 ** 20, env: { ...process.env, TERM: 'vt100' },
  });
  // The debugger's own words surround the guest's.
  const text = stdout.replaceAll(/\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\r/g, '');
  const first = text.indexOf('Next at t=0\n'), end = text.lastIndexOf('(0).[');
  if (first < 0) throw new Error(`Bochs did not start: ${stderr.slice(-1000)}`);
  const said = text.slice(first, end < 0 ? undefined : end).replaceAll(/\(0\)\.\[\d+\] \[.*\n|Next at t=\d+\n|\(0\) \[0x.*\n/g, '');
  const log = existsSync(file('log.txt')) ? readFileSync(file('log.txt'), 'latin1') : '';
  if (log.includes('Shutdown port')) return said;
  return `${said}${UNFINISHED} ${/>>PANIC<<.*/.exec(log)?.[0] ?? log.slice(-300)}`;
}
