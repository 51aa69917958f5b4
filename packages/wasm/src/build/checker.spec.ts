import { describe, expect, it } from 'vitest';
import { I32, I64 } from '../types.ts';
import { i32, memory } from '../value/ops.ts';
import type { Value } from '../value/value.ts';
import { WasmBuildError } from '../errors.ts';
import { StackChecker } from './checker.ts';
import { ModuleBuilder } from './module-builder.ts';

const checker = (): StackChecker => new StackChecker(I32, [I32]);

const faultOf = (body: () => void): unknown => {
  try {
    body();
  } catch (error) {
    if (error instanceof WasmBuildError) return error.fault;
    throw error;
  }
  return undefined;
};

describe('the stack checker', () => {
  it('names instruction, expected and actual type', () => {
    const c = checker();
    c.push(I32);
    c.push(I64);
    expect(faultOf(() => c.plain(0x6a))).toEqual({ code: 'type-mismatch', op: 'i32.add', expected: 'i32', actual: 'i64' });
  });

  it('finds an operand missing, also behind the start of a block', () => {
    const c = checker();
    expect(faultOf(() => c.plain(0x45))).toEqual({ code: 'stack-underflow', op: 'i32.eqz', expected: 'i32' });
    c.push(I32);
    c.enter(0x02, [], []);
    expect(faultOf(() => c.plain(0x45))).toMatchObject({ code: 'stack-underflow' });
  });

  it('finds operands left at the end of a block', () => {
    const c = checker();
    c.enter(0x02, [], []);
    c.push(I64);
    expect(faultOf(() => c.end())).toEqual({ code: 'stack-leftover', op: 'end', actual: 'i64' });
  });

  it('takes anything below an unreachable point, until the block ends', () => {
    const c = checker();
    c.enter(0x02, [], [I32]);
    c.unreachable();
    c.plain(0x6a);
    c.end();
    c.plain(0x45);
    c.end();
  });

  it('checks the label types of branches', () => {
    const c = checker();
    c.enter(0x02, [], [I64]);
    c.push(I32);
    expect(faultOf(() => c.branch(0x0c, 0))).toMatchObject({ code: 'type-mismatch', op: 'br', expected: 'i64' });
    expect(faultOf(() => c.branch(0x0c, 7))).toMatchObject({ code: 'label-closed' });
  });

  it('refuses br_table to labels of different types and an if whose type needs an else', () => {
    const c = checker();
    c.enter(0x02, [], [I64]);
    c.push(I32);
    expect(faultOf(() => c.branchTable([0], 1))).toMatchObject({ code: 'type-mismatch', op: 'br_table' });
    const d = checker();
    d.push(I32);
    d.enter(0x04, [], [I32]);
    d.push(I32);
    expect(faultOf(() => d.end())).toMatchObject({ code: 'missing-result' });
  });

  it('wants the caller\'s results of a tail call', () => {
    expect(faultOf(() => checker().return(0x12, [I64]))).toEqual(
      { code: 'type-mismatch', op: 'return_call', expected: 'i32', actual: 'i64' });
  });

  it('is run on everything a function emits, unless checking is off', () => {
    // A size is an address: taking it for an i32 shows only in a module whose addresses are wider.
    const build = (check: boolean): Uint8Array<ArrayBuffer> => {
      const m = new ModuleBuilder({ check, pointer: 64 });
      m.memory({ min: 1 });
      m.func('demo', { params: [], results: ['i32'] }, () => i32.clz(memory.size() as unknown as Value<'i32'>));
      return m.toBytes();
    };
    expect(() => build(true)).toThrow('in function demo: i32.clz: expected i32, got i64');
    expect(WebAssembly.validate(build(false))).toBe(false);
  });
});
