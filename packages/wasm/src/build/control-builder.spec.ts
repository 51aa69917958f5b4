import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { readModule } from '../disassemble/module.ts';
import { listing } from '../testing/listing.ts';
import { instantiate } from '../testing/run.ts';
import { likely, unlikely } from '../value/expressions.ts';
import { i32, i64 } from '../value/ops.ts';
import type { Value } from '../value/value.ts';
import type { FunctionBuilder } from './function-builder.ts';
import { ModuleBuilder } from './module-builder.ts';

type S = FunctionBuilder<readonly ['i32']>;

/** Runs a function of one number. */
const run = (body: (s: S, x: Value<'i32'>) => Value<'i32'> | void): ((x: number) => number) => {
  const { f } = instantiate((m) => m.export('f', m.func('f', { params: ['i32'], results: ['i32'] }, body)));
  return (x) => Number(f?.(x));
};
const code = (body: (s: S, x: Value<'i32'>) => Value<'i32'> | void): string[] =>
  listing((m) => m.func('f', { params: ['i32'], results: ['i32'] }, body));

describe('if', () => {
  it('runs the arm that the condition chooses', () => {
    const f = run((s, x) => {
      const out = s.var(i32.const(5));
      s.if(i32.gt_s(x, 0), () => s.set(out, 1), () => s.if(i32.eqz(x), () => s.set(out, 0)));
      return out.get();
    });
    expect([f(9), f(0), f(-9)]).toEqual([1, 0, 5]);
  });

  it('gives values of one or several types', () => {
    const f = run((s, x) => {
      const one = s.if('i32', i32.gt_s(x, 0), () => i32.const(100), () => 200);
      const [a, b] = s.if(['i32', 'i64'], i32.gt_s(x, 5), () => [1, 2], () => [x, i64.extend_i32_u(x)]);
      expectTypeOf(one).toEqualTypeOf<Value<'i32'>>();
      expectTypeOf(b).toEqualTypeOf<Value<'i64'>>();
      return i32.add(one, i32.add(a, i32.wrap_i64(b)));
    });
    expect([f(9), f(3), f(0)]).toEqual([103, 106, 200]);
  });

  it('with a constant condition builds only the arm it chooses', () => {
    const built: string[] = [];
    const listed = code((s, x) => {
      s.if(i32.eq(i32.const(3), 3), () => built.push('then'), () => built.push('else'));
      s.if(i32.const(0), () => built.push('never'));
      return s.if('i32', i32.const(0), () => i32.const(1), () => i32.add(x, 1));
    });
    expect(built).toEqual(['then', 'else'].slice(0, 1));
    expect(listed).toEqual(['local.get 0', 'i32.const 1', 'i32.add', 'local.tee 1']);
  });

  it('may leave the function in one arm or both', () => {
    const f = run((s, x) => {
      s.if(x, () => s.return(1), () => s.return(2));
    });
    expect([f(1), f(0)]).toEqual([1, 2]);
  });

  it('tests what the condition compares to zero directly', () => {
    expect(code((s, x) => {
      s.if(i32.ne(x, 0), () => s.return(1));
      s.if(i32.eqz(i32.eqz(x)), () => s.return(2));
      return x;
    }).filter((line) => line.startsWith('i32.'))).toEqual(['i32.const 1', 'i32.const 2']);
  });
});

describe('block and loop', () => {
  it('give values to their ends and to branches', () => {
    const f = run((s, x) => s.block('i32', (end) => {
      s.br_if(end, i32.gt_s(x, 10), 10);
      s.if(i32.lt_s(x, 0), () => s.br(end, 0));
      return x;
    }));
    expect([f(99), f(-5), f(7)]).toEqual([10, 0, 7]);
  });

  it('give several values', () => {
    const f = run((s, x) => {
      const [a, b] = s.block(['i32', 'i64'], (end) => {
        s.br_if(end, x, 1, 2);
        s.br(end, 30, 40);
      });
      return i32.add(a, i32.wrap_i64(b));
    });
    expect([f(1), f(0)]).toEqual([3, 70]);
  });

  it('refuse branches with other values than the label takes', () => {
    expect(() => code((s, x) => s.block('i32', (end) => {
      // @ts-expect-error the label takes an i32
      s.br_if(end, x, i64.const(1));
      return x;
    }))).toThrow('br_if: expected i32, got i64');
    expect(() => code((s, x) => s.block('i32', (end) => {
      // @ts-expect-error the label takes one value
      s.br(end);
      return x;
    }))).toThrow('the label takes 1 values');
  });

  it('refuse results of another type', () => {
    expect(() => code((s, x) => {
      // @ts-expect-error an i64 is no i32
      s.block('i32', () => i64.const(1));
      return x;
    })).toThrow('block: expected i32, got i64');
    expect(() => code((s, x) => {
      // @ts-expect-error an i64 is no i32
      s.loop('i32', () => i64.const(1));
      return x;
    })).toThrow('loop: expected i32, got i64');
    expect(() => code((s, x) => {
      // @ts-expect-error an i64 is no i32
      s.if('i32', x, () => 1, () => i64.const(1));
      return x;
    })).toThrow('if: expected i32, got i64');
    expect(() => code((s, x) => {
      // @ts-expect-error the second result is an i64
      s.if(['i32', 'i64'], x, () => [1, 2], () => [x, x]);
    })).toThrow('expected i64, got i32');
  });

  it('carry values around a loop with parameters', () => {
    const factorial = run((s, x) => {
      const out = s.var(i32.const(0));
      s.loopWith([x, i32.const(1)], (next, n, product) => {
        s.set(out, product);
        s.br_if(next, i32.gt_u(n, 1), i32.sub(n, 1), i32.mul(product, n));
      });
      return out.get();
    });
    expect([factorial(0), factorial(5), factorial(10)]).toEqual([1, 120, 3628800]);
  });

  it('may be opened and closed without callbacks', () => {
    const f = run((s, x) => {
      const n = s.var(x);
      const end = s.openBlock();
      const next = s.openLoop();
      const test = s.openIf(i32.gt_s(n.get(), 100));
      s.br(end);
      s.openElse(test);
      s.set(n, i32.mul(n.get(), 2));
      s.br(next);
      s.close(test);
      s.close(next);
      s.close(end);
      return n.get();
    });
    expect([f(3), f(1000)]).toEqual([192, 1000]);
  });

  it('refuse to be closed out of order and to be branched to when closed', () => {
    expect(() => code((s) => {
      const outer = s.openBlock();
      s.openBlock();
      s.close(outer);
    })).toThrow('end of block');
    expect(() => code((s, x) => {
      const label = s.openBlock();
      s.close(label);
      s.br(label);
      return x;
    })).toThrow('br: the label\'s block has already ended');
  });

  it('demand a result where their end can be reached', () => {
    expect(() => code((s) => s.block('i32', () => {}))).toThrow('block: ends without the result i32');
    expect(() => code(() => {})).toThrow('end: ends without the result i32');
  });

  it('end with unreachable where only the builder knows that nothing gets there', () => {
    expect(code((s, x) => {
      s.loop((next) => {
        s.if(x, () => s.return(1));
        s.br(next);
      });
    }).at(-1)).toBe('unreachable');
  });

  it('refuse a value that a body without results gives and nobody used', () => {
    expect(() => code((s, x) => {
      s.block(() => i32.load(s.func.index) as never);
      return x;
    })).toThrow('has an effect but was never used');
  });
});

describe('br_if', () => {
  it('with a constant condition branches always or never', () => {
    expect(code((s, x) => {
      s.block((end) => s.br_if(end, 0));
      s.block((end) => s.br_if(end, 1));
      return x;
    })).toEqual(['block', 'end', 'block', 'br 0', 'end', 'local.get 0']);
  });
});

describe('switch', () => {
  it('runs the case at the index, fills holes and does not fall through', () => {
    const f = run((s, x) => {
      const out = s.var(i32.const(0));
      const add = (n: number) => (): void => s.set(out, i32.add(out.get(), n));
      s.switch(x, [add(1), undefined, add(4), add(8)], add(100));
      return out.get();
    });
    expect([0, 1, 2, 3, 4, -1].map(f)).toEqual([1, 100, 4, 8, 100, 100]);
  });

  it('without otherwise goes on after a hole', () => {
    const f = run((s, x) => {
      s.switch(x, [undefined, () => s.return(7)]);
      return i32.const(9);
    });
    expect([0, 1, 2].map(f)).toEqual([9, 7, 9]);
  });

  it('builds a case that several indices share once', () => {
    let built = 0;
    const shared = (): void => {
      built++;
    };
    code((s, x) => {
      s.switch(x, [shared, shared, undefined], shared);
      return x;
    });
    expect(built).toBe(1);
  });

  it('with a constant index builds only its case, which may leave by its label', () => {
    const f = run((s, x) => {
      const out = s.var(i32.const(1));
      s.switch(i32.const(1), [() => s.unreachable(), (end) => {
        s.br_if(end, x);
        s.set(out, 2);
      }]);
      return out.get();
    });
    expect([f(1), f(0)]).toEqual([1, 2]);
  });

  it('serves a loop of three thousand handlers with a handful of locals', () => {
    const m = new ModuleBuilder();
    const memory = m.memory({ min: 1 });
    m.export('memory', memory);
    const { ptr } = m;
    m.export('run', m.func('run', { params: ['i32'], results: ['i32'] }, (s, start) => {
      const pc = s.var(start);
      const sum = s.var(i32.const(0));
      s.loop((next) => {
        const at = s.let(ptr.from_i32_u(pc.get()));
        const op = s.let(i32.load16_u(at));
        const handlers = Array.from({ length: 3000 }, (_, n) => () => {
          const operand = s.let(i32.load16_u(at, 2));
          const mixed = s.let(i32.xor(operand, n));
          s.set(sum, i32.add(sum.get(), mixed));
          s.set(pc, i32.add(pc.get(), 4));
          s.br(next);
        });
        s.switch(op, handlers, () => s.return(sum.get()));
      });
    }));
    const bytes = m.toBytes();
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    const data = new Uint16Array((instance.exports['memory'] as WebAssembly.Memory).buffer);
    data.set([5, 8, 2999, 1, 0, 7, 65535]);
    expect((instance.exports['run'] as (at: number) => number)(0)).toBe((5 ^ 8) + (2999 ^ 1) + 7);
    expect(readModule(bytes).code[0]?.locals.length).toBeLessThan(8);
  });
});

describe('branch hints', () => {
  it('stand at the branches they were given for', () => {
    const m = new ModuleBuilder();
    m.importFunc('a', 'b', { params: [], results: [] });
    m.func('plain', { params: ['i32'], results: [] }, (s, x) => s.if(x, () => s.nop()));
    m.func('hinted', { params: ['i32'], results: [] }, (s, x) => {
      s.local('i64');
      s.block((end) => {
        s.br_if(end, unlikely(i32.gt_s(x, 5)));
        s.br_if(end, x);
        s.if(likely(x), () => s.nop());
        s.br_if(end, likely(i32.const(1)));
      });
    });
    const bytes = m.toBytes();
    const module = readModule(bytes);
    const hints = module.hints.get(2) ?? new Map<number, number>();
    const named = [...hints].map(([at, hint]) => [module.code[1]?.instructions.find((i) => i.at === at)?.name, hint]);
    expect(WebAssembly.validate(bytes)).toBe(true);
    expect([...module.hints.keys()]).toEqual([2]);
    expect(named).toEqual([['br_if', 0], ['if', 1]]);
  });
});

describe('nested control flow', () => {
  it('branches to the label meant at any depth', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(39), (depth, aim) => {
      const target = aim % depth;
      const f = run((s, x) => {
        const out = s.var(x);
        const labels = Array.from({ length: depth }, () => s.openBlock());
        const goal = labels[target];
        if (goal !== undefined) s.br_if(goal, i32.const(1));
        labels.toReversed().forEach((label) => {
          s.close(label);
          s.set(out, i32.add(out.get(), 1));
        });
        return out.get();
      });
      expect(f(0)).toBe(target + 1);
    }), { numRuns: 30 });
  });
});
