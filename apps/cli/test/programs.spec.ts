/**
 * The same programs run by Polyvisor and by the processor and the kernel at hand: output and status must be equal. Debian's
 * busybox for both widths, its dynamically linked bc, and C programs compiled here.
 */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { compile } from './compile.ts';
import type { Architecture } from '../src/start/debian/packages.ts';
import { debianProgram } from './debian.ts';
import { compareFloating, type FloatingType } from './nearly-equal.ts';

const polyvisor = fileURLToPath(new URL('../bin/polyvisor.js', import.meta.url));
const source = fileURLToPath(new URL('floating.c', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'polyvisor-exec-'));
const TIMEOUT = 600_000;

/**
 * The C library chooses among functions by the processor's features, and those with fused multiply-add round otherwise: the native
 * run does without what the processor of Polyvisor may lack.
 */
const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', GLIBC_TUNABLES: 'glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX,-AVX512F' };

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** Bytes that look random and are the same each time (a linear congruential generator of Knuth's). */
function noise(length: number): Uint8Array {
  let state = 12345n;
  return Uint8Array.from({ length }, () => Number((state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n)) >> 56n));
}

const large = file('large', noise(4 * 2 ** 20));
const prose = Array.from({ length: 20000 }, (_, i) => `${i} ${(i * 7919) % 1013} line ${i % 17} of text ${(i ** 0.5).toFixed(4)}`).join('\n');
const text = file('text', `${prose}\n`);

interface Result {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

const result = (run: SpawnSyncReturns<Buffer>): Result =>
  ({ status: run.status, output: run.stdout.toString('latin1'), errors: run.stderr.toString('latin1') });
const options = (input: Uint8Array | string) => ({ input, env, cwd: folder, maxBuffer: 2 ** 28 });
const native = (program: string, args: readonly string[], input: Uint8Array | string) => result(spawnSync(program, args, options(input)));
const ours = (program: string, args: readonly string[], input: Uint8Array | string) =>
  result(spawnSync(process.execPath, [polyvisor, 'exec', program, ...args], options(input)));

function equal(program: string, args: readonly string[], input: Uint8Array | string = ''): void {
  const expected = native(program, args, input);
  const found = ours(program, args, input);
  expect({ status: found.status, errors: found.errors }).toEqual({ status: expected.status, errors: expected.errors });
  // Megabytes are not for a difference that people read.
  if (found.output !== expected.output) expect(firstDifference(found.output, expected.output)).toBeUndefined();
  expect(found.output.length).toBe(expected.output.length);
}

function equalButX87(program: string, type: FloatingType): void {
  const expected = native(program, [], '');
  const found = ours(program, [], '');
  expect({ status: found.status, errors: found.errors }).toEqual({ status: expected.status, errors: expected.errors });
  const { wrong, different } = compareFloating(found.output, expected.output, type);
  expect(wrong).toEqual([]);
  expect(different).toBeLessThan(expected.output.length / 1000);
}

function firstDifference(found: string, expected: string): unknown {
  const [a, b] = [found.split('\n'), expected.split('\n')];
  const line = a.findIndex((text, i) => text !== b[i]);
  const different = a.filter((text, i) => text !== b[i]).length;
  return { line, found: a[line]?.slice(0, 200), expected: b[line]?.slice(0, 200), different };
}

const PI = 'scale=200; 4*a(1)\n';
const AWK = '{ count[$2 % 10] += $1 / 7; if (NR % 1000 == 0) printf "%d %.6f %5.2e %s\\n", NR, $1 / 3 * 1.1, $1 * $2, toupper($3) } '
  + 'END { for (i = 0; i < 10; i++) print i, count[i], i * 0.1, int(i / 3), substr("abcdefghij", i, 3), length(count) }';
/** Debian's busybox has no mathematical functions in its awk. */
const MATH = '{ sum += sqrt($1) * sin(NR); print atan2($1, $2), exp(-$1 / 1000), log($1 + 1), cos($2), sum, $1 ^ 1.7 }';

const CASES: (readonly [name: string, args: readonly string[], input?: string])[] = [
  ['echo', ['echo', 'hello', 'world']],
  ['sha256sum of 4 MB', ['sha256sum', large]],
  ['sha512sum', ['sha512sum', text]],
  ['md5sum', ['md5sum', large]],
  ['crc32', ['crc32', large]],
  ['gzip', ['gzip', '-c', text]],
  ['awk', ['awk', AWK, text]],
  ['bc -l with 200 digits of pi', ['bc', '-l'], PI],
  ['dc', ['dc'], '50 k 2 v p 3 4 ^ p 7 3 / p\n'],
  ['sort', ['sort', '-k2', '-n', '-r', text]],
  ['sed', ['sed', '-n', 's/line \\([0-9]*\\)/<\\1>/gp', text]],
  ['grep', ['grep', '-c', '-E', '(1|7) of .*9$', text]],
  ['tr and standard input', ['tr', 'a-y', 'b-z'], 'the quick brown fox\n'],
  ['sh without other programs', ['sh', '-c', 'i=0; while [ $i -lt 2000 ]; do i=$((i * 3 % 1009 + 1)); n=$((n + 1)); [ $n = 500 ] && break; done; echo $i $n; printf "%05d|%-6s|\\n" 42 ab']],
  ['hexdump', ['hexdump', '-C', '-n', '4096', large]],
  ['ls', ['ls', '-la', '/usr/share/doc/base-files']],
  ['find', ['find', '/etc', '-maxdepth', '1', '-name', 'p*']],
  ['stat', ['stat', '-c', '%s %f %h %u %g %i %Y %n', large, '/', '/bin']],
  ['an exit status', ['sh', '-c', 'exit 37']],
  ['a missing file', ['cat', '/nowhere/at/all']],
  ['cal', ['cal', '2', '2024']],
];

describe.each<Architecture>(['amd64', 'i386'])('Debian\'s busybox for %s', (architecture) => {
  const busybox = debianProgram('busybox-static', architecture, 'bin/busybox', ['true']);
  if ('reason' in busybox) {
    test.skip(busybox.reason, () => undefined);
    return;
  }
  for (const [name, args, input] of CASES) {
    test(name, () => {
      equal(busybox.path, args, input);
    }, TIMEOUT);
  }

  test('gunzip of what gzip wrote', () => {
    const packed = file('packed.gz', spawnSync(busybox.path, ['gzip', '-c', text], options('')).stdout);
    equal(busybox.path, ['gzip', '-d', '-c', packed]);
  }, TIMEOUT);
});

describe('Debian\'s mawk, dynamically linked', () => {
  const mawk = debianProgram('mawk', 'amd64', 'usr/bin/mawk', ['-W', 'version']);
  if ('reason' in mawk) {
    test.skip(mawk.reason, () => undefined);
    return;
  }
  test('mathematical functions', () => {
    equal(mawk.path, [MATH, text]);
  }, TIMEOUT);
});

describe('Debian\'s bc, dynamically linked', () => {
  const bc = debianProgram('bc', 'amd64', 'usr/bin/bc', ['--version']);
  if ('reason' in bc) {
    test.skip(bc.reason, () => undefined);
    return;
  }
  test('200 digits of pi', () => {
    equal(bc.path, ['-l', '-q'], PI);
  }, TIMEOUT);
});

const TYPES = [['float', 'f'], ['double', ''], ['long double', 'l']] as const;

describe.each<Architecture>(['amd64', 'i386'])('every function of math.h for %s', (architecture) => {
  const programs = TYPES.map(([type, suffix]) =>
    [type, compile(`floating-${type.replace(' ', '-')}`, source, architecture, [`-DTYPE=${type}`, `-DS=${suffix}`])] as const);
  for (const [type, program] of programs) {
    if ('reason' in program) test.skip(`${type}: ${program.reason}`, () => undefined);
    else {
      test(type, () => {
        // Without x87 instructions nothing may differ.
        const exact = architecture === 'amd64' && type !== 'long double';
        if (exact) equal(program.path, []);
        else equalButX87(program.path, type);
      }, TIMEOUT);
    }
  }
});
