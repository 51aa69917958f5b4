import { describe, expect, it } from 'vitest';
import { call, ifElse, tee } from '../value/expressions.ts';
import type { Func } from '../value/items.ts';
import { i32, memory } from '../value/ops.ts';
import type { Value } from '../value/value.ts';
import type { FunctionBuilder } from './function-builder.ts';
import { ModuleBuilder } from './module-builder.ts';

type Effect = Func<readonly [], readonly ['i32']>;

/** Builds one function with a memory, an imported function and a global at hand. */
const build = (
  body: (s: FunctionBuilder<readonly []>, x: Value<'i32'>, env: { f: Effect; m: ModuleBuilder }) => void, check = true,
): (() => Uint8Array<ArrayBuffer>) => () => {
  const m = new ModuleBuilder({ check });
  const f = m.importFunc('test', 'f', { params: [], results: ['i32'] });
  m.memory({ min: 1, max: 1, shared: true });
  m.func('demo', { params: ['i32'], results: [] }, (s, x) => body(s, x, { f, m }));
  return m.toBytes();
};
const fine = (make: () => Uint8Array<ArrayBuffer>): void => expect(WebAssembly.validate(make())).toBe(true);

describe('a value that reads', () => {
  it('may be used once', () => {
    expect(build((s) => {
      const loaded = i32.load(0);
      s.i32.store(4, loaded);
      s.i32.store(8, loaded);
    })).toThrow('in function demo: i32.load: used twice');
    expect(build((s, x) => {
      const v = s.var(x).get();
      s.i32.store(4, i32.add(v, v));
    })).toThrow('local.get: used twice');
  });

  it('may be used any number of times once it is bound', () => {
    fine(build((s) => {
      const loaded = s.let(i32.load(0));
      s.i32.store(4, loaded);
      s.i32.store(8, i32.add(loaded, loaded));
    }));
  });

  it('is refused after a store, a call or an atomic access', () => {
    const after = (write: (s: FunctionBuilder<readonly []>, f: Effect) => void) => build((s, _, { f }) => {
      const loaded = i32.load(0);
      write(s, f);
      s.i32.store(4, loaded);
    });
    expect(after((s) => s.i32.store(0, 1))).toThrow('i32.load: made before a write to memory or a call');
    expect(after((s, f) => s.call(f))).toThrow('made before');
    expect(after((s) => s.drop(i32.atomic.rmw.add(0, 1)))).toThrow('made before');
    expect(after((s) => s.atomic.fence())).toThrow('made before');
    expect(after((s) => s.memory.fill(0, 0, 4))).toThrow('made before');
    fine(after((s) => s.var(i32.const(1))));
  });

  it('is refused after a write to its variable or global', () => {
    expect(build((s, x) => {
      const v = s.var(x);
      const before = v.get();
      s.set(v, 1);
      s.i32.store(0, before);
    })).toThrow('local.get: made before a write to the variable');
    expect(build((s, _, { m }) => {
      const g = m.global('i32', 0, true);
      const before = g.get();
      s.set(g, 1);
      s.i32.store(0, before);
    })).toThrow('global.get: made before');
  });

  it('may see a write within its own expression, in the order written', () => {
    fine(build((s, x) => {
      const v = s.var(x);
      s.i32.store(0, i32.add(tee(v, 5), v.get()));
    }));
  });

  it('is refused inside a loop that began after it', () => {
    expect(build((s) => {
      const loaded = i32.load(0);
      s.loop(() => s.i32.store(4, loaded));
    })).toThrow('i32.load: made before the start of a loop');
    fine(build((s) => {
      const loaded = i32.load(0);
      s.loop(() => s.nop());
      s.i32.store(4, loaded);
    }));
  });

  it('is not looked at where checking is off', () => {
    fine(build((s) => {
      const loaded = i32.load(0);
      s.i32.store(0, 1);
      s.i32.store(4, loaded);
    }, false));
  });
});

describe('a value with an effect', () => {
  it('is refused after another effect', () => {
    expect(build((s, _, { f }) => {
      const called = call(f);
      s.i32.store(0, 1);
      s.drop(called);
    })).toThrow('call: made before another statement with an effect');
    expect(build((s) => {
      const grown = memory.grow(1);
      s.i32.store(0, 1);
      s.drop(i32.eqz(grown as unknown as Value<'i32'>));
    })).toThrow('memory.grow');
  });

  it('is missed when it was made and never used', () => {
    expect(build((_s, _x, { f }) => void call(f))).toThrow('call: has an effect but was never used');
    expect(build(() => void i32.atomic.rmw.add(0, 1))).toThrow('i32.atomic.rmw.add: has an effect');
  });

  it('is not missed where a constant condition rules it out', () => {
    fine(build((s, x, { f }) => s.i32.store(0, ifElse(i32.const(0), i32.add(call(f), 1), x))));
  });
});

describe('a value without effects', () => {
  it('may be repeated while it is light', () => {
    fine(build((s, x) => {
      const small = i32.and(i32.shr_u(x, 3), 7);
      s.i32.store(0, small);
      s.i32.store(4, i32.add(small, small));
    }));
  });

  it('must be bound when repeating it would cost much', () => {
    expect(build((s, x) => {
      let value = i32.add(x, 1);
      for (let i = 0; i < 12; i++) value = i32.mul(value, value);
      s.i32.store(0, value);
    })).toThrow('would repeat');
  });
});

describe('a bound value', () => {
  it('ends with the scope that bound it', () => {
    expect(build((s, x) => {
      let escaped: Value<'i32'> = x;
      s.if(x, () => {
        escaped = s.let(i32.load(0));
      });
      s.i32.store(0, escaped);
    })).toThrow('local.get: used outside the scope');
    expect(build((s, x) => {
      const inner = { v: s.local('i32') };
      s.scope(() => {
        inner.v = s.var(x);
      });
      s.set(inner.v, 1);
    })).toThrow('local.set: used outside');
  });

  it('and a parameter end with their function', () => {
    const m = new ModuleBuilder();
    let kept = i32.const(0);
    m.func('one', { params: ['i32'], results: ['i32'] }, (_, x) => {
      kept = x;
      return x;
    });
    expect(() => m.func('two', { params: ['i32'], results: ['i32'] }, () => kept)).toThrow('in function two: local.get: used outside');
  });
});
