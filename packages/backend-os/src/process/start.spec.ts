import { Access } from '@polyvisor/core';
import { describe, expect, test } from 'vitest';
import { ELF_BASE, ELF_DATA, ELF_DATA_TEXT, makeElf } from '../../test/elf.ts';
import { OsRig } from '../../test/rig.ts';

const words = (rig: OsRig, count: number): number[] => {
  const size = rig.bits / 8;
  const view = rig.view(Number(rig.vcpu.state.get('rsp')), count * size);
  return Array.from({ length: count }, (_, i) => (size === 4 ? view.getUint32(i * 4, true) : Number(view.getBigUint64(i * 8, true))));
};

function textAt(rig: OsRig, at: number): string {
  const first = rig.text(at, 1);
  return first === '\0' ? '' : first + textAt(rig, at + 1);
}

describe.each([32, 64] as const)('a %i-bit program', (bits) => {
  const program = makeElf({ bits, bss: 20000 });

  test('starts in user mode at its entry, in pages that hardware reaches', () => {
    const rig = new OsRig({ program });
    const { state } = rig.vcpu;
    expect([state.get('rip'), state.word('cpl'), state.segment('cs').selector]).toEqual([BigInt(ELF_BASE + 4096), 3, bits === 64 ? 0x33 : 0x23]);
    expect(rig.peek(ELF_BASE + 4096, 1)).toEqual(Uint8Array.of(0xf4));
    expect(rig.text(ELF_DATA, 20)).toBe(`${ELF_DATA_TEXT}\0`);
    expect(rig.peek(ELF_DATA + 12345, 1)[0]).toBe(0);
  });

  test('may do with its pages what their segment says', () => {
    const rig = new OsRig({ program });
    rig.peek(ELF_BASE, 1);
    rig.peek(ELF_DATA, 1);
    const kinds = [[ELF_BASE, Access.execute], [ELF_BASE, Access.write], [ELF_DATA, Access.write], [ELF_DATA, Access.execute]] as const;
    expect(kinds.map(([at, access]) => rig.translate(at, access).kind)).toEqual(['ok', 'page-fault', 'ok', 'page-fault']);
  });

  test('finds arguments, environment and auxiliary vector on its stack', () => {
    const rig = new OsRig({ program, config: { argv: ['prog', 'größe'], env: ['A=1', 'B=2'], uid: 7 } });
    const [argc, first, second, end, a, b, endOfEnv, ...rest] = words(rig, 47);
    expect(Number(rig.vcpu.state.get('rsp')) % 16).toBe(0);
    expect([argc, end, endOfEnv]).toEqual([2, 0, 0]);
    expect([first, second, a, b].map((at) => textAt(rig, at!))).toEqual(['prog', 'grÃ¶Ã\x9fe', 'A=1', 'B=2']);
    const aux = new Map(Array.from({ length: 19 }, (_, i) => [rest[2 * i]!, rest[2 * i + 1]!]));
    expect([6, 9, 11, 5, 3].map((type) => aux.get(type))).toEqual([4096, ELF_BASE + 4096, 7, 3, ELF_BASE + (bits === 64 ? 64 : 52)]);
    expect(textAt(rig, aux.get(31)!)).toBe('/bin/program');
    expect(textAt(rig, aux.get(15)!)).toBe(bits === 64 ? 'x86_64' : 'i686');
    expect(rig.peek(aux.get(25)!, 2)).toEqual(Uint8Array.of(0x5a, 0x5a));
  });

  test('is loaded with its dynamic loader, which runs first', () => {
    const files = { '/lib/ld.so': makeElf({ bits, relocatable: true }) };
    const rig = new OsRig({ program: makeElf({ bits, relocatable: true, interpreter: '/lib/ld.so' }), files });
    const rip = Number(rig.vcpu.state.get('rip'));
    expect(rip).toBeGreaterThan(bits === 64 ? 0x7f00_0000_0000 : 0xf000_0000);
    expect(rig.peek(rip, 1)).toEqual(Uint8Array.of(0xf4));
  });
});

test('a script is run by its interpreter', () => {
  const rig = new OsRig({
    program: makeElf(), files: { '/script': '#!/bin/program -x y\nrest' }, config: { program: '/script', argv: ['script', 'last'] },
  });
  const [argc, ...argv] = words(rig, 5);
  expect([argc, ...argv.map((at) => textAt(rig, at))]).toEqual([4, '/bin/program', '-x y', '/script', 'last']);
});

test.each([
  ['/nowhere', /backend-os\/no-program: .*no such file/],
  ['/bin', /backend-os\/bad-program: .*it is a directory/],
  ['/text', /backend-os\/bad-program: .*no ELF file/],
  ['/secret', /backend-os\/not-executable/],
  ['/loop', /backend-os\/bad-program: .*scripts again and again/],
  ['/dynamic', /backend-os\/no-loader: .*\/lib\/none/],
])('%s is refused with its reason', (program, message) => {
  const files = {
    '/text': 'text', '/secret': { content: 'x', mode: 0o600 }, '/loop': '#!/loop\n', '/dynamic': makeElf({ relocatable: true, interpreter: '/lib/none' }),
  };
  expect(() => new OsRig({ files, config: { program } })).toThrow(message);
});

test('arguments that are too many are refused', () => {
  expect(() => new OsRig({ config: { argv: ['x'.repeat(3e6)] } })).toThrow(/backend-os\/too-many-arguments/);
});
