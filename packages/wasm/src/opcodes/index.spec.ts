import { describe, expect, it } from 'vitest';
import { ModuleBuilder } from '../build/module-builder.ts';
import { readModule } from '../disassemble/module.ts';
import { buildOps } from '../testing/op-module.ts';
import { call, call_indirect, ifElse, ref, select, table, tee } from '../value/expressions.ts';
import { f32, f64, i32, i64, v128 } from '../value/ops.ts';
import { allOps, type OpRow, plainOps } from './index.ts';
import { relaxedSimdOps } from './relaxed-simd.ts';

const namesIn = (bytes: Uint8Array): string[] =>
  readModule(bytes).code.flatMap((code) => code.instructions.map(({ name }) => name));

/** Every instruction whose builder method is written by hand. */
const structured = (): Uint8Array<ArrayBuffer> => {
  const m = new ModuleBuilder();
  m.memory({ min: 1 });
  const functions = m.table('funcref', { min: 4 });
  const counter = m.global('i32', 0, true);
  const nothing = m.type({ params: [], results: ['i32'] });
  const bytes = m.dataSegment({ mode: 'passive' }, [1, 2, 3]);
  const one = m.func('one', { params: [], results: ['i32'] }, () => i32.const(1));
  const references = m.elem({ mode: 'passive' }, [one]);
  m.func('all', { params: ['i32'], results: ['i32'] }, (s, x) => {
    s.nop();
    const variable = s.var(x);
    s.set(variable, tee(variable, 2));
    s.set(counter, counter.get());
    s.drop(call(one));
    s.set(variable, select(x, i32.const(3), variable.get()));
    s.set(variable, ifElse(x, call_indirect(functions, nothing, x), i32.const(3)));
    s.let(f64.promote_f32(f32.const(1)));
    s.let(f64.add(f64.const(1), 2));
    s.let(i64.add(i64.extend_i32_u(x), 5));
    s.let(v128.not(v128.const(new Uint8Array(16))));
    s.memory.init(bytes, 0, 0, 3);
    s.data.drop(bytes);
    s.memory.copy(0, 8, 8);
    s.memory.fill(0, 0, 8);
    s.table.init(functions, references, 0, 0, 1);
    s.elem.drop(references);
    s.table.copy(functions, functions, 0, 1, 1);
    s.table.fill(functions, 0, ref.null('funcref'), 1);
    s.table.set(functions, 0, ref.func(one));
    s.let(ref.is_null(table.get(functions, 0)));
    s.let(i32.add(table.grow(functions, ref.func(one), 1), table.size(functions)));
    s.block((end) => {
      s.loop((next) => {
        s.br_if(end, x);
        s.if(x, () => s.br(next), () => s.br_table(x, [end], next));
      });
      s.unreachable();
    });
    s.if(x, () => s.return_call(one));
    s.if(x, () => s.return_call_indirect(functions, nothing, 0));
    s.return(x);
  });
  return m.toBytes();
};

describe('the table', () => {
  it('gives each opcode to one instruction', () => {
    const codes = Object.values<OpRow>(allOps).map(([code]) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('is emitted completely, in modules that the engine validates', () => {
    const plain = buildOps((name) => !(name in relaxedSimdOps));
    const byHand = structured();
    expect(WebAssembly.validate(plain)).toBe(true);
    expect(WebAssembly.validate(byHand)).toBe(true);
    const emitted = new Set([...namesIn(buildOps((name) => name in plainOps)), ...namesIn(byHand)]);
    expect([...emitted].toSorted()).toEqual(Object.keys(allOps).toSorted());
  });
});
