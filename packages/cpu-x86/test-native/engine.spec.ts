import { describe, expect, test } from 'vitest';
import { createHost } from '@polyvisor/memory';
import { RIGHTS_RAM, RIGHTS_ROM, type AddressSpace, type Host } from '@polyvisor/core';
import { FlatTranslation } from '../src/engine/flat-translation.ts';
import { Interpreter } from '../src/engine/interpreter.ts';
import { ENGINE } from '../src/state/engine-layout.ts';
import { PSEUDO } from '../src/uop/pseudo.ts';
import { UOP } from '../src/uop/record.ts';

const CODE = 0x10000;

interface Bench {
  readonly host: Host;
  readonly space: AddressSpace;
  readonly cpu: Interpreter;
}

/** A processor in 64-bit user mode with 16 pages of memory at `CODE`, and the code at their start. */
function boot(code: readonly number[], at = CODE, options: { uops?: number; pages?: number } = {}): Bench {
  const host = createHost({ frames: 4 * 2 ** 20, tables: 48 * 2 ** 20 });
  const space = host.createAddressSpace({ name: 'test' });
  space.populate(CODE / 4096, 16, RIGHTS_RAM);
  const cpu = new Interpreter(host, new FlatTranslation(host, space), options);
  const { state } = cpu;
  state.set('cr0', 0x80000001n);
  state.set('efer', 0x500n);
  state.setSegment('cs', { selector: 0x33, rights: 0xa0fb, limit: 0xffffffff, base: 0n });
  state.set('rip', BigInt(at));
  state.set('rsp', BigInt(CODE + 0xf000));
  state.set('rflags', 2n);
  const bench = { host, space, cpu };
  write(bench, at, code);
  return bench;
}
function write({ host, space }: Bench, at: number, code: readonly number[]): void {
  code.forEach((byte, i) => { host.bytes[space.translate(at + i, 2)] = byte; });
}

describe('the budget', () => {
  test('is exact: one instruction at a time gives the same as all at once', () => {
    // mov ecx, 5; again: inc eax; dec ecx; jnz again; hlt
    const code = [0xb9, 5, 0, 0, 0, 0xff, 0xc0, 0xff, 0xc9, 0x75, 0xfa, 0xf4];
    const whole = boot(code).cpu, steps = boot(code).cpu;
    expect(whole.run(1000)).toEqual({ kind: 'halted' });
    let count = 0;
    while (steps.run(1).kind === 'budget') count++;
    expect(whole.instructions).toBe(17);
    expect([count, steps.instructions]).toEqual([16, 17]);
    expect(steps.state.save()).toEqual(whole.state.save());
  });

  test('stops in the middle of a repeated string instruction with the registers of that iteration', () => {
    const { cpu } = boot([0xf3, 0xaa, 0xf4]); // rep stosb; hlt
    cpu.state.set('rdi', BigInt(CODE + 0x2000));
    cpu.state.set('rcx', 10n);
    expect(cpu.run(4)).toEqual({ kind: 'budget' });
    expect([cpu.state.get('rip'), cpu.state.get('rcx'), cpu.state.get('rdi')]).toEqual([BigInt(CODE), 6n, BigInt(CODE + 0x2004)]);
    expect(cpu.run(100)).toEqual({ kind: 'halted' });
    expect(cpu.state.get('rcx')).toBe(0n);
  });
});

describe('code that changes', () => {
  test('is seen by the very next instruction', () => {
    // mov byte [rip+1], 7; mov al, 1; hlt: the store replaces the 1
    const { cpu } = boot([0xc6, 0x05, 1, 0, 0, 0, 7, 0xb0, 1, 0xf4]);
    expect(cpu.run(10)).toEqual({ kind: 'halted' });
    expect([cpu.state.low('rax') & 0xff, cpu.cache.invalidations]).toEqual([7, 1]);
  });

  test('is seen in a loop that rewrites itself again and again', () => {
    // mov ecx, 100; again: add al, 0; inc byte [rip-7] (the 0); loop again; hlt
    const { cpu } = boot([0xb9, 100, 0, 0, 0, 0x04, 0, 0xfe, 0x05, 0xf9, 0xff, 0xff, 0xff, 0xe2, 0xf6, 0xf4]);
    expect(cpu.run(1000)).toEqual({ kind: 'halted' });
    expect(cpu.state.low('rax') & 0xff).toBe((99 * 100 / 2) & 0xff);
  });

  test('runs on when the decode cache is full', () => {
    // 16 pages, each with a jump to the next, the last one back to the first until ecx is zero
    const bench = boot([], CODE, { pages: 4, uops: 400 });
    for (let page = 0; page < 15; page++) write(bench, CODE + page * 4096, [0xe9, 0xfb, 0x0f, 0, 0]);
    write(bench, CODE + 15 * 4096, [0xff, 0xc9, 0x0f, 0x85, ...int32(-15 * 4096 - 8), 0xf4]);
    bench.cpu.state.set('rcx', 20n);
    bench.cpu.state.set('rip', BigInt(CODE));
    expect(bench.cpu.run(10000)).toEqual({ kind: 'halted' });
    expect(bench.cpu.instructions).toBe(20 * 17 + 1);
  });
});

const int32 = (value: number): number[] => [...new Uint8Array(Int32Array.of(value).buffer)];

describe('pages', () => {
  test('an instruction may lie in two', () => {
    const at = CODE + 4096 - 3;
    const { cpu } = boot([0xb8, 1, 2, 3, 4, 0xf4], at); // mov eax, 0x04030201; hlt
    expect(cpu.run(10)).toEqual({ kind: 'halted' });
    expect([cpu.state.low('rax'), cpu.instructions]).toEqual([0x04030201, 2]);
  });

  test('an instruction whose second page is missing faults there, with nothing done', () => {
    const at = CODE + 16 * 4096 - 3;
    const { cpu } = boot([0xb8, 1, 2], at);
    expect(cpu.run(10)).toMatchObject({ kind: 'intercept', info: { what: 'exception', vector: 14, errorCode: 20, linear: CODE + 16 * 4096 } });
    expect([cpu.state.get('rip'), cpu.state.get('rax'), cpu.instructions]).toEqual([BigInt(at), 0n, 0]);
  });

  test('a write that reaches a read-only page leaves the first page as it was', () => {
    const bench = boot([0x48, 0x89, 0x03, 0xf4]); // mov [rbx], rax
    bench.space.protect(CODE / 4096 + 3, 1, RIGHTS_ROM);
    const at = CODE + 3 * 4096 - 4;
    bench.cpu.state.set('rbx', BigInt(at));
    bench.cpu.state.set('rax', -1n);
    expect(bench.cpu.run(10)).toMatchObject({ info: { vector: 14, errorCode: 7, linear: CODE + 3 * 4096 } });
    expect(bench.host.view.getInt32(bench.space.translate(at, 1), true)).toBe(0);
  });

  test('an address that is not canonical is #GP(0), or #SS(0) in the stack segment', () => {
    const vectorOf = (code: readonly number[]): number => {
      const { cpu } = boot(code);
      for (const register of ['rbx', 'rbp', 'rsp'] as const) cpu.state.set(register, 0x8000_0000_0000n);
      const exit = cpu.run(10);
      return exit.kind === 'intercept' && exit.info.what === 'exception' ? exit.info.vector : -1;
    };
    expect(vectorOf([0x8b, 0x03])).toBe(13); // mov eax, [rbx]
    expect(vectorOf([0x8b, 0x45, 0x00])).toBe(12); // mov eax, [rbp]
    expect(vectorOf([0x58])).toBe(12); // pop rax
  });
});

describe('what the engine does not do', () => {
  test('is said aloud, with bytes, place and mode, and again when it is run again', () => {
    const { cpu, host } = boot([0x90, 0x0f, 0x58, 0xc1]); // addps xmm0, xmm1
    // Every row has a meaning, so one loses its own: behind the budget lies its µop.
    expect(cpu.run(1)).toEqual({ kind: 'budget' });
    host.view.setUint16(host.view.getInt32(cpu.block + ENGINE.uop, true) + UOP.handler, PSEUDO.unimplemented, true);
    const exit = { kind: 'unimplemented', bytes: Uint8Array.of(0x0f, 0x58, 0xc1), mode: 64, linear: CODE + 1, text: 'no meaning for ADDPS_Vps_Wps: addps xmm0, xmm1' };
    expect(cpu.run(10)).toEqual(exit);
    expect(cpu.run(10)).toEqual(exit);
    expect(cpu.instructions).toBe(1);
  });

  test('is #UD where the architecture says so', () => {
    const { cpu } = boot([0x06]); // push es, not in 64-bit mode
    expect(cpu.run(10)).toMatchObject({ info: { what: 'exception', vector: 6 } });
  });

  test('leaves system calls to the caller, before they have an effect', () => {
    const { cpu } = boot([0x0f, 0x05]);
    expect(cpu.run(10)).toEqual({ kind: 'intercept', length: 2, info: { what: 'syscall' } });
    expect(cpu.state.get('rip')).toBe(BigInt(CODE));
  });
});
