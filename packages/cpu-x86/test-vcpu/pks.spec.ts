import { expect, test } from 'vitest';
import { cpuid } from '../src/cpuid/cpuid.ts';
import { cpuModels } from '../src/cpuid/model.ts';
import { x86StateSchema } from '../src/vcpu/state-schema.ts';
import { PLACE, Rig } from './rig.ts';

const PKS = 1n << 24n, MSR = 0x6e1n;
const READ = [0x8b, 0x1c, 0x25, 0x00, 0x98, 0x20, 0x00]; // MOV EBX, [209800H]
const WRITE = [0x89, 0x1c, 0x25, 0x00, 0x98, 0x20, 0x00]; // MOV [209800H], EBX
const WRMSR = [0x0f, 0x30], RDMSR = [0x0f, 0x32];

/** In 64-bit mode with CR4.PKS and CR0.WP; the 2 MiB from 200000H on are the first ones again, a supervisor's page with key 1. */
function guest(code: readonly number[], eax = 0, edx = 0): Rig {
  const rig = new Rig();
  rig.enter('long', [...code, 0xf4]);
  rig.write(PLACE.tables + 0x2008, [0x83, 0, 0, 0, 0, 0, 0, 0x08]);
  const { state } = rig.vcpu;
  state.set('cr4', state.get('cr4') | PKS);
  state.set('cr0', state.get('cr0') | 0x1_0000n);
  state.set('rcx', MSR);
  state.set('rax', BigInt(eax));
  state.set('rdx', BigInt(edx));
  return rig;
}
/** The vector and error code that a run ends with. */
function ends(rig: Rig): { vector: number; code: number } {
  rig.run();
  return { vector: rig.halted, code: rig.read(PLACE.stack - 48, 1)[0]! };
}

test('a write to IA32_PKRS that takes rights away counts for the next access, whatever the TLB holds', () => {
  expect(ends(guest([...READ, ...WRITE, ...WRMSR, ...READ], 4))).toEqual({ vector: 14, code: 0x21 });
  expect(ends(guest([...READ, ...WRITE, ...WRMSR, ...READ, ...WRITE], 8))).toEqual({ vector: 14, code: 0x23 });
});

test('so does one that gives them back, and one for another key changes nothing', () => {
  const taken = guest([...WRMSR, ...READ, ...WRITE], 0xfff3);
  taken.vcpu.state.setWord('pkrs', 4);
  expect(ends(taken).vector).toBe(-1);
  expect(Number(taken.vcpu.state.get('rip'))).toBe(PLACE.code + 17);
});

test('IA32_PKRS has 32 bits, and is read as it was written', () => {
  const rig = guest([...WRMSR, ...RDMSR], 0x8000_0001);
  expect(ends(rig).vector).toBe(-1);
  expect([rig.vcpu.state.get('rax'), rig.vcpu.state.get('rdx')]).toEqual([0x8000_0001n, 0n]);
  const refused = guest(WRMSR, 4, 1);
  expect(ends(refused)).toEqual({ vector: 13, code: 0 });
  expect(refused.vcpu.state.word('pkrs')).toBe(0);
});

test('a processor without PKS has neither the register nor the bit of CR4, and only "max" has it', () => {
  for (const code of [WRMSR, RDMSR, [0x0f, 0x22, 0xe0]]) { // MOV CR4, RAX
    const rig = new Rig({ model: 'x86-64-v3' });
    rig.enter('long', code);
    rig.vcpu.state.set('rcx', MSR);
    rig.vcpu.state.set('rax', rig.vcpu.state.get('cr4') | PKS);
    expect(ends(rig)).toEqual({ vector: 13, code: 0 });
  }
  const { state } = new Rig().vcpu;
  expect(cpuModels.filter((m) => cpuid(m, state, 0, 7, 0).ecx < 0).map((m) => m.name)).toEqual(['max']);
});

test('a saved processor has its IA32_PKRS, INIT keeps it, a reset does not', () => {
  const first = guest(WRMSR, 0x55);
  first.run();
  const { vcpu } = new Rig({ saved: x86StateSchema.parse(first.vcpu.save()) });
  expect(vcpu.state.word('pkrs')).toBe(0x55);
  vcpu.init();
  vcpu.state.setWord('activity', 0);
  vcpu.run(1);
  expect([vcpu.state.word('pkrs'), vcpu.state.low('cr4')]).toEqual([0x55, 0]);
  vcpu.reset();
  expect(vcpu.state.word('pkrs')).toBe(0);
});

test('RSM brings CR4.PKS back, and the rights count again', () => {
  const rig = guest([0x90, ...READ]);
  rig.vcpu.state.setWord('pkrs', 4);
  rig.write(0x3_8000, [0x0f, 0xaa]); // RSM
  rig.vcpu.smi();
  expect(ends(rig)).toEqual({ vector: 14, code: 0x21 });
  expect(rig.vcpu.state.get('cr4') & PKS).toBe(PKS);
});
