import { describe, expect, it } from 'vitest';
import { disassemble } from '../disassemble/print.ts';
import { readModule } from '../disassemble/module.ts';
import { accepts, hasExtendedConstants, instantiate } from '../testing/run.ts';
import { call, likely } from '../value/expressions.ts';
import { i32, i64 } from '../value/ops.ts';
import { ModuleBuilder } from './module-builder.ts';

const none = { params: [], results: [] } as const;

describe('imports', () => {
  it('of every kind take the first indices', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    const table = new WebAssembly.Table({ element: 'anyfunc', initial: 1 });
    const global = new WebAssembly.Global({ value: 'i32', mutable: true }, 5);
    let seen = 0;
    const { f } = instantiate((m) => {
      const log = m.importFunc('env', 'log', { params: ['i32'], results: [] });
      m.importMemory('env', 'memory', { min: 1, max: 2, shared: true });
      const functions = m.importTable('env', 'table', 'funcref', { min: 1 });
      const counter = m.importGlobal('env', 'global', 'i32', true);
      const own = m.global('i32', 100);
      const answer = m.func('answer', { params: [], results: ['i32'] }, () => i32.add(own.get(), 1));
      m.elem({ mode: 'active', table: functions, offset: 0 }, [answer]);
      m.export('f', m.func('f', none, (s) => {
        s.set(counter, i32.add(counter.get(), call(answer)));
        s.i32.store(0, counter.get());
        s.call(log, 77);
      }));
    }, {}, { env: { memory, table, global, log: (n: number) => { seen = n; } } });
    f?.();
    expect(seen).toBe(77);
    expect(global.value).toBe(106);
    expect(new Int32Array(memory.buffer)[0]).toBe(106);
    expect((table.get(0) as () => number)()).toBe(101);
  });

  it('are refused after a definition of their kind', () => {
    const m = new ModuleBuilder();
    m.memory({ min: 1 });
    m.func('f', none, () => {});
    m.importTable('a', 'table', 'funcref', { min: 1 });
    expect(() => m.importMemory('a', 'b', { min: 1 })).toThrow('import a.b must come before all definitions of its kind');
    expect(() => m.importFunc('a', 'b', none)).toThrow('import a.b');
  });
});

describe('memories', () => {
  it('that are shared need a maximum', () => {
    expect(() => new ModuleBuilder().memory({ min: 1, shared: true })).toThrow('needs a maximum');
  });

  it('with 64-bit addresses say so in their limits', () => {
    const m = new ModuleBuilder({ pointer: 64 });
    m.importMemory('a', 'b', { min: 1, max: 2 ** 33, shared: true });
    expect(readModule(m.toBytes()).imports[0]?.what).toBe('(memory i64 1 8589934592 shared)');
  });
});

describe('globals', () => {
  const base = (): WebAssembly.Imports => ({ env: { base: new WebAssembly.Global({ value: 'i32' }, 1000) } });

  it('start with constants and imported globals', () => {
    const { a, b } = instantiate((m) => {
      const imported = m.importGlobal('env', 'base', 'i32');
      m.export('a', m.global('i64', i64.const(-2, 1)));
      m.export('b', m.global('i32', imported.get()));
    }, {}, base()) as unknown as Record<string, WebAssembly.Global>;
    expect(a?.value).toBe(0x1_ffff_fffen);
    expect(b?.value).toBe(1000);
  });

  it.skipIf(!hasExtendedConstants)('start with sums of these', () => {
    const { c } = instantiate((m) => {
      const imported = m.importGlobal('env', 'base', 'i32');
      m.export('c', m.global('i32', i32.add(imported.get(), 8)));
    }, {}, base()) as unknown as Record<string, WebAssembly.Global>;
    expect(c?.value).toBe(1008);
  });

  it('refuse what is not constant, or of another type', () => {
    const m = new ModuleBuilder();
    const variable = m.global('i32', 0, true);
    expect(() => m.global('i32', variable.get())).toThrow('global.get: an initializer must be constant');
    expect(() => m.global('i32', i32.load(0))).toThrow('must be constant');
    // @ts-expect-error an i64 is no i32
    expect(() => m.global('i32', i64.const(0))).toThrow('expected i32, got i64');
  });
});

describe('functions', () => {
  it('are written in the order of their declaration', () => {
    const { first, second } = instantiate((m) => {
      const a = m.declare('a', { params: [], results: ['i32'] });
      const b = m.declare('b', { params: [], results: ['i32'] });
      m.define(b, () => 2);
      m.define(a, () => 1);
      m.export('first', a);
      m.export('second', b);
    });
    expect([first?.(), second?.()]).toEqual([1, 2]);
  });

  it('must be defined, once, in their own module', () => {
    const m = new ModuleBuilder();
    const f = m.declare('f', none);
    expect(() => m.toBytes()).toThrow('f is declared but not defined');
    m.define(f, () => {});
    expect(() => m.define(f, () => {})).toThrow('f is defined twice');
    expect(() => new ModuleBuilder().define(f, () => {})).toThrow('f is no function of this module');
  });

  it('may be built while another is being built', () => {
    const { outer } = instantiate((m) => m.export('outer', m.func('outer', { params: ['i32'], results: ['i32'] }, (s, x) => {
      const before = s.let(i32.mul(x, 3));
      const inner = m.func('inner', { params: ['i32'], results: ['i32'] }, (_, y) => i32.add(y, 1));
      return i32.add(before, call(inner, x));
    })));
    expect(outer?.(10)).toBe(41);
  });

  it('leave the builder usable when their body throws', () => {
    const m = new ModuleBuilder();
    expect(() => m.func('bad', none, () => {
      throw new TypeError('mine');
    })).toThrow('mine');
    const good = new ModuleBuilder();
    expect(() => good.func('good', none, (s) => s.set(s.local('i32'), 2 ** 40))).toThrow('in function good:');
    expect(() => i32.const(2 ** 40)).toThrow(/^i32.const:/);
  });

  it('share equal types', () => {
    const m = new ModuleBuilder();
    m.func('a', { params: ['i32', 'ptr'], results: ['i64'] }, () => 1);
    m.func('b', { params: ['ptr', 'i32'], results: ['i64'] }, () => 1);
    expect(m.type({ params: ['i32', 'i32'], results: ['i64'] }).index).toBe(0);
    expect(readModule(m.toBytes()).types.length).toBe(1);
  });
});

describe('the module', () => {
  it('runs its start function', () => {
    const { value } = instantiate((m) => {
      const global = m.global('i32', 0, true);
      m.export('value', global);
      m.start(m.func('init', none, (s) => s.set(global, 42)));
    }) as unknown as Record<string, WebAssembly.Global>;
    expect(value?.value).toBe(42);
  });

  it('names functions, parameters and locals where wanted', () => {
    const build = (names: boolean): Uint8Array<ArrayBuffer> => {
      const m = new ModuleBuilder({ names });
      m.importFunc('env', 'log', none);
      m.func('añadir', { params: ['i32'], results: ['i32'], names: ['count'] }, (s, x) => {
        s.local('i64', 'wide');
        return s.var(s.let(i32.add(x, 1), 'next'), 'copy').get();
      });
      return m.toBytes();
    };
    expect([...readModule(build(true)).names]).toEqual([[0, 'log'], [1, 'añadir']]);
    const section = WebAssembly.Module.customSections(new WebAssembly.Module(build(true)), 'name')[0];
    const text = new TextDecoder().decode(section);
    for (const name of ['count', 'wide', 'next', 'copy']) expect(text).toContain(name);
    expect(readModule(build(false)).customs).toEqual([]);
  });

  it('carries custom sections', () => {
    const m = new ModuleBuilder();
    m.custom('polyvisor.region', [1, 2, 3]);
    const section = WebAssembly.Module.customSections(new WebAssembly.Module(m.toBytes()), 'polyvisor.region')[0];
    expect([...new Uint8Array(section ?? new ArrayBuffer(0))]).toEqual([1, 2, 3]);
  });

  it('is the eight bytes of its header when nothing was added', () => {
    expect([...new ModuleBuilder().toBytes()]).toEqual([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  });

  it('has every kind of segment', () => {
    expect(accepts((m) => {
      m.memory({ min: 1 });
      const first = m.table('funcref', { min: 8 });
      const second = m.table('funcref', { min: 8, max: 9 });
      m.table('externref', { min: 1 });
      const f = m.func('f', none, () => {});
      m.elem({ mode: 'active', table: first, offset: 0 }, [f]);
      m.elem({ mode: 'active', table: first, offset: 1 }, [f, null]);
      m.elem({ mode: 'active', table: second, offset: 0 }, [f]);
      m.elem({ mode: 'active', table: second, offset: i32.const(3) }, [null, f]);
      m.elem({ mode: 'passive' }, [f]);
      m.elem({ mode: 'passive' }, [null]);
      m.elem({ mode: 'declarative' }, [f]);
      m.elem({ mode: 'declarative' }, [f, null]);
      m.dataSegment({ mode: 'active', offset: 0 }, [1]);
      m.dataSegment({ mode: 'passive' }, new Uint8Array(300));
    })).toBe(true);
  });
});

describe('the disassembler', () => {
  it('prints a module as text', () => {
    const m = new ModuleBuilder();
    m.importMemory('env', 'memory', { min: 1, max: 2, shared: true });
    const f = m.func('sum', { params: ['i32'], results: ['i32'] }, (s, x) => {
      const total = s.var(i32.const(0));
      s.loop((next) => {
        s.if(likely(x), () => s.set(total, i32.load(m.ptr.from_i32_u(x), 4)), () => s.br(next));
      });
      return total.get();
    });
    m.export('sum', f);
    expect(disassemble(m.toBytes())).toBe(`(module
  (type 0 (func (param i32) (result i32)))
  (import "env" "memory" (memory 1 2 shared))
  (func 0 $sum (param i32) (result i32)
    (local i32)
    i32.const 0
    local.set 1
    loop
      local.get 0
      (@likely) if
        local.get 0
        i32.load offset=4
        local.set 1
      else
        br 1
      end
    end
    local.get 1
  )
  (export "sum" (func 0))
)`);
  });
});
