import { describe, expect, expectTypeOf, it } from 'vitest';
import { listing } from '../testing/listing.ts';
import { hasMemory64, hasMultiMemory, instantiate } from '../testing/run.ts';
import { call, call_indirect, ifElse, ref, select, table, tee } from '../value/expressions.ts';
import { f32, f64, i32, i64, memory, v128 } from '../value/ops.ts';
import type { Value } from '../value/value.ts';
import { ModuleBuilder } from './module-builder.ts';

const one = { params: ['i32'], results: ['i32'] } as const;
const none = { params: [], results: [] } as const;

describe('let', () => {
  it('evaluates once, where it stands', () => {
    const code = listing((m) => {
      m.memory({ min: 1 });
      m.func('f', none, (s) => {
        const loaded = s.let(i32.load(0));
        s.i32.store(0, 1);
        s.i32.store(4, i32.add(loaded, loaded));
      });
    });
    expect(code).toEqual(['i32.const 0', 'i32.load', 'local.set 0', 'i32.const 0', 'i32.const 1', 'i32.store',
      'i32.const 4', 'local.get 0', 'local.get 0', 'i32.add', 'i32.store']);
  });

  it('returns constants, parameters and bound values as they are', () => {
    new ModuleBuilder().func('f', one, (s, x) => {
      const bound = s.let(i32.add(x, 1));
      expect(s.let(x)).toBe(x);
      expect(s.let(bound)).toBe(bound);
      expect(s.let(i32.add(3, 4)).x).toBe(7);
      return bound;
    });
  });

  it('followed by its use costs one instruction', () => {
    expect(listing((m) => m.func('f', one, (s, x) => s.let(i32.add(x, 1)))).at(-1)).toBe('local.tee 1');
  });

  it('remembers how many bits can be set', () => {
    const code = listing((m) => {
      m.memory({ min: 1 });
      m.func('f', { params: [], results: ['i32'] }, (s) => {
        const byte = s.let(i32.load8_u(0));
        return i32.and(byte, 0xff);
      });
    });
    expect(code).not.toContain('i32.and');
  });

  it('gives the local back when its scope ends', () => {
    const locals = (scoped: boolean): number => {
      const indices = new Set<string>();
      listing((m) => m.func('f', one, (s, x) => {
        for (let i = 0; i < 20; i++) {
          const body = (): void => {
            const square = s.let(i32.mul(x, x));
            indices.add(String(s.var(i32.add(square, i)).index));
          };
          if (scoped) s.scope(body);
          else body();
        }
        return x;
      }));
      return indices.size;
    };
    expect(locals(true)).toBe(1);
    expect(locals(false)).toBe(20);
  });
});

describe('variables', () => {
  it('of the whole function start at zero and are shared with nothing', () => {
    const { f } = instantiate((m) => m.export('f', m.func('f', one, (s, x) => {
      s.scope(() => s.set(s.var(x), 99));
      const fresh = s.local('i32');
      return fresh.get();
    })));
    expect(f?.(5)).toBe(0);
  });

  it('take values of their own type', () => {
    new ModuleBuilder().func('f', one, (s, x) => {
      const v = s.var(x);
      // @ts-expect-error the variable holds an i32
      expect(() => s.set(v, i64.const(1))).toThrow('local.set: expected i32, got i64');
      // @ts-expect-error the variable holds an i32
      expect(() => tee(v, f32.const(1))).toThrow('local.tee: expected i32, got f32');
      s.set(v, i32.const(7));
      return v.get();
    });
  });

  it('may be globals', () => {
    const { f } = instantiate((m) => {
      const counter = m.global('i64', i64.const(-1), true);
      m.export('f', m.func('f', { params: [], results: ['i64'] }, (s) => {
        s.set(counter, i64.add(counter.get(), 1));
        return counter.get();
      }));
    });
    expect([f?.(), f?.(), f?.()]).toEqual([0n, 1n, 2n]);
  });

  it('that are immutable are not written', () => {
    const m = new ModuleBuilder();
    const global = m.global('i32', 5);
    expect(() => m.func('f', none, (s) => s.set(global, 1))).toThrow('global 0 is immutable');
  });
});

describe('calls', () => {
  it('bind what they return: nothing, one value, or several', () => {
    const { f } = instantiate((m) => {
      const nothing = m.func('nothing', none, () => {});
      const double = m.func('double', one, (_, x) => i32.mul(x, 2));
      const both = m.func('both', { params: ['i32'], results: ['i32', 'i64'] }, (_, x) => [x, i64.extend_i32_u(x)]);
      m.export('f', m.func('f', one, (s, x) => {
        s.call(nothing);
        const doubled = s.call(double, x);
        const [a, b] = s.call(both, doubled);
        expectTypeOf(b).toEqualTypeOf<Value<'i64'>>();
        return i32.add(a, i32.wrap_i64(b));
      }));
    });
    expect(f?.(10)).toBe(40);
  });

  it('are values where they have one result', () => {
    const { f } = instantiate((m) => {
      const double = m.func('double', one, (_, x) => i32.mul(x, 2));
      m.export('f', m.func('f', one, (_, x) => i32.add(call(double, call(double, x)), call(double, 1))));
    });
    expect(f?.(10)).toBe(42);
  });

  it('refuse arguments of other types and numbers, and to be a value of several', () => {
    const m = new ModuleBuilder();
    const double = m.func('double', one, (_, x) => i32.mul(x, 2));
    const both = m.func('both', { params: [], results: ['i32', 'i32'] }, () => [1, 2]);
    m.func('f', none, (s) => {
      // @ts-expect-error an i64 is no i32
      expect(() => s.call(double, i64.const(1))).toThrow('call: expected i32, got i64');
      // @ts-expect-error an argument is missing
      expect(() => call(double)).toThrow('wants 1 arguments, got 0');
      expect(() => call(both)).toThrow('an expression has one result');
    });
  });

  it('refuse bodies that give another type', () => {
    // @ts-expect-error the result is an i32
    expect(() => new ModuleBuilder().func('f', one, () => i64.const(1))).toThrow('end: expected i32, got i64');
    // @ts-expect-error the result is an i32
    expect(() => new ModuleBuilder().func('f', one, (s) => s.return(i64.const(1)))).toThrow('return: expected i32');
  });

  it('may be to the function itself and to one defined later', () => {
    const { isEven, gcd } = instantiate((m) => {
      const odd = m.declare('odd', one);
      const even = m.func('even', one, (s, x) => s.if('i32', x, () => call(odd, i32.sub(x, 1)), () => 1));
      m.define(odd, (s, x) => s.if('i32', x, () => call(even, i32.sub(x, 1)), () => 0));
      const g = m.declare('gcd', { params: ['i32', 'i32'], results: ['i32'] });
      m.define(g, (s, a, b) => s.if('i32', b, () => call(g, b, i32.rem_u(a, b)), () => a));
      m.export('isEven', even);
      m.export('gcd', g);
    });
    expect([isEven?.(10), isEven?.(7), gcd?.(48, 36)]).toEqual([1, 0, 12]);
  });

  it('in tail position keep the stack flat', () => {
    const { count } = instantiate((m) => {
      const signature = { params: ['i32', 'i32'], results: ['i32'] } as const;
      const type = m.type(signature);
      const functions = m.table('funcref', { min: 2 });
      const odd = m.declare('odd', signature);
      const even = m.declare('even', signature);
      m.elem({ mode: 'active', table: functions, offset: 0 }, [odd, even]);
      m.define(odd, (s, n, sum) => {
        s.if(i32.eqz(n), () => s.return(sum));
        s.return_call(even, i32.sub(n, 1), i32.add(sum, 1));
      });
      m.define(even, (s, n, sum) => {
        s.if(i32.eqz(n), () => s.return(sum));
        s.return_call_indirect(functions, type, 0, i32.sub(n, 1), i32.add(sum, 2));
      });
      m.export('count', even);
    });
    expect(count?.(1_000_000, 0)).toBe(1_500_000);
  });

  it('in tail position refuse other results', () => {
    const m = new ModuleBuilder();
    const wide = m.func('wide', { params: [], results: ['i64'] }, () => 1);
    m.func('f', one, (s) => {
      // @ts-expect-error the caller's result is an i32
      expect(() => s.return_call(wide)).toThrow('return_call: expected i32, got i64');
      s.unreachable();
    });
  });

  it('go through tables, arguments first', () => {
    const code = listing((m) => {
      const functions = m.table('funcref', { min: 1 });
      const type = m.type({ params: ['i32', 'i32'], results: ['i32'] });
      m.func('f', one, (s, x) => {
        s.call_indirect(functions, type, 9, 1, 2);
        return call_indirect(functions, type, x, 3, 4);
      });
    });
    expect(code).toEqual(['i32.const 1', 'i32.const 2', 'i32.const 9', 'call_indirect (type 0)', 'local.set 1',
      'i32.const 3', 'i32.const 4', 'local.get 0', 'call_indirect (type 0)']);
  });
});

describe('stores', () => {
  it('exist for every type, with offset and alignment', () => {
    const code = listing((m) => {
      m.memory({ min: 1 });
      m.func('f', none, (s) => {
        s.i32.store16(8, 1, 2, 1);
        s.i64.store32(8, i64.const(1), 4);
        s.f32.store(0, 1);
        s.f64.store(0, f64.const(1), 65536);
        s.v128.store(0, v128.const(new Uint8Array(16)), 0, 4);
        s.v128.store32_lane(0, v128.const(new Uint8Array(16)), 3, 12);
        s.ptr.store(0, m.ptr.const(4), 4);
      });
    });
    expect(code.filter((line) => line.includes('store'))).toEqual(['i32.store16 offset=2 align=1', 'i64.store32 offset=4',
      'f32.store', 'f64.store offset=65536', 'v128.store align=4', 'v128.store32_lane offset=12 3', 'i32.store offset=4']);
  });

  it('refuse a value of another type', () => {
    new ModuleBuilder().func('f', none, (s) => {
      // @ts-expect-error an i64 is no i32
      expect(() => s.i32.store(0, i64.const(1))).toThrow('i32.store: expected i32, got i64');
    });
  });

  it.skipIf(!hasMultiMemory)('and loads reach any memory', () => {
    const { f } = instantiate((m) => {
      m.memory({ min: 1 });
      const second = m.memory({ min: 2 });
      m.export('f', m.func('f', { params: [], results: ['i32'] }, (s) => {
        s.i32.store(0, 5);
        s.i32.store(0, 7, 4, 4, second);
        s.memory.copy(0, 4, 4, undefined, second);
        return i32.add(i32.load(0), i32.mul(i32.load(0, 4, 4, second), memorySize(m, second)));
      }));
    });
    expect(f?.()).toBe(7 + 7 * 2);
  });
});

const memorySize = (m: ModuleBuilder, of: ReturnType<ModuleBuilder['memory']>): Value<'i32'> => m.ptr.to_i32(memory.size(of));

describe('values that choose', () => {
  it('evaluate one side, or both', () => {
    const { choose, pick } = instantiate((m) => {
      const calls = m.global('i32', 0, true);
      const count = m.func('count', one, (s, x) => {
        s.set(calls, i32.add(calls.get(), 1));
        return x;
      });
      m.export('choose', m.func('choose', one, (s, x) => {
        s.set(calls, 0);
        const chosen = s.let(ifElse(x, call(count, 10), call(count, 20)));
        return i32.add(chosen, calls.get());
      }));
      m.export('pick', m.func('pick', one, (s, x) => {
        s.set(calls, 0);
        const chosen = s.let(select(call(count, 10), call(count, 20), x));
        return i32.add(chosen, calls.get());
      }));
    });
    expect([choose?.(1), choose?.(0), pick?.(1), pick?.(0)]).toEqual([11, 21, 12, 22]);
  });

  it('want both sides of one type', () => {
    // @ts-expect-error an i64 is no i32
    expect(() => select(i32.const(1), i64.const(1), i32.load(0))).toThrow('select: expected i32, got i64');
    // @ts-expect-error an i64 is no i32
    expect(() => ifElse(i32.load(0), i32.const(1), i64.const(1))).toThrow('if: expected i32, got i64');
  });
});

describe('drop', () => {
  it('keeps effects and forgets everything else', () => {
    const code = listing((m) => {
      m.memory({ min: 1 });
      const f = m.importFunc('a', 'f', { params: [], results: ['i64'] });
      m.func('f', one, (s, x) => {
        s.drop(i32.load(0));
        s.drop(call(f));
        s.drop(i32.div_u(1, x));
        return x;
      });
    });
    expect(code).toEqual(['call 0', 'drop', 'i32.const 1', 'local.get 0', 'i32.div_u', 'drop', 'local.get 0']);
  });
});

describe('bulk and table statements', () => {
  it('move memory and references', () => {
    const { run, memory: shared } = instantiate((m) => {
      const mem = m.memory({ min: 1 });
      const bytes = m.dataSegment({ mode: 'passive' }, [1, 2, 3, 4]);
      m.dataSegment({ mode: 'active', offset: 100 }, [9, 9]);
      const functions = m.table('funcref', { min: 3, max: 10 });
      const type = m.type({ params: [], results: ['i32'] });
      const [a, b] = [m.func('a', type, () => 1000), m.func('b', type, () => 2000)];
      const pair = m.elem({ mode: 'passive' }, [a, null, b]);
      m.elem({ mode: 'declarative' }, [a]);
      m.export('memory', mem);
      m.export('run', m.func('run', { params: [], results: ['i32'] }, (s) => {
        s.memory.init(bytes, 16, 0, 4);
        s.data.drop(bytes);
        s.memory.copy(20, 17, 2);
        s.memory.fill(30, 0xab, 3);
        s.table.init(functions, pair, 0, 0, 3);
        s.elem.drop(pair);
        s.table.copy(functions, functions, 1, 2, 1);
        s.table.set(functions, 0, ref.func(a));
        const missing = s.let(ref.is_null(table.get(functions, 1)));
        s.drop(table.grow(functions, ref.null('funcref'), 2));
        s.table.fill(functions, 2, ref.func(a), 1);
        const calls = i32.add(call_indirect(functions, type, 1), call_indirect(functions, type, 2));
        return i32.add(i32.add(calls, missing), table.size(functions));
      }));
    });
    expect(run?.()).toBe(2000 + 1000 + 0 + 5);
    expect([...new Uint8Array(shared.buffer, 16, 18)]).toEqual([1, 2, 3, 4, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0xab, 0xab, 0xab, 0]);
    expect([...new Uint8Array(shared.buffer, 100, 2)]).toEqual([9, 9]);
  });
});

describe('addresses', () => {
  const build = (m: ModuleBuilder): void => {
    const { ptr } = m;
    m.export('memory', m.memory({ min: 1, max: 4 }));
    m.export('sum', m.func('sum', { params: ['ptr', 'i32'], results: ['i64'] }, (s, base, count) => {
      const end = s.let(ptr.add(base, ptr.shl(ptr.from_i32_u(count), 2)));
      const at = s.var(base);
      const total = s.var(i64.const(0));
      s.block((done) => s.loop((next) => {
        s.br_if(done, ptr.ge_u(at.get(), end));
        s.set(total, i64.add(total.get(), i64.load32_u(at.get())));
        s.set(at, ptr.add(at.get(), 4));
        s.br(next);
      }));
      s.ptr.store(0, ptr.sub(at.get(), base), 8);
      s.drop(memory.grow(ptr.const(1)));
      const loaded = ptr.to_i64(ptr.load(0, 8));
      return i64.add(i64.add(total.get(), loaded), ptr.to_i64(ptr.mul(memory.size(), 1000)));
    }));
  };

  it('are 32 bits wide with memory32', () => {
    const { sum, memory: data } = instantiate(build);
    new Uint32Array(data.buffer).set([1, 2, 0xffffffff], 16);
    expect(sum?.(64, 3)).toBe(2n + 2n ** 32n + 12n + 2000n);
  });

  it.skipIf(!hasMemory64)('are 64 bits wide with memory64, from the same source', () => {
    const { sum, memory: data } = instantiate(build, { pointer: 64 });
    new Uint32Array(data.buffer).set([1, 2, 0xffffffff], 16);
    expect(sum?.(64n, 3)).toBe(2n + 2n ** 32n + 12n + 2000n);
  });
});
