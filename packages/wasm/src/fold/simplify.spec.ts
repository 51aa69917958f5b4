import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModuleBuilder } from '../build/module-builder.ts';
import { readModule } from '../disassemble/module.ts';
import { numericOps } from '../opcodes/numeric.ts';
import type { OpRow } from '../opcodes/op-table.ts';
import { call, ifElse, select } from '../value/expressions.ts';
import { factories } from '../value/factories.ts';
import type { Func } from '../value/items.ts';
import { i32, i64, memory } from '../value/ops.ts';
import type { Value } from '../value/value.ts';

/** The instructions a value of type `i32` becomes, where `x` and `y` are parameters and `f` a function. */
const emitted = (make: (x: Value<'i32'>, y: Value<'i64'>, f: Func<readonly [], readonly ['i32']>) => Value<'i32'>): string => {
  const m = new ModuleBuilder();
  const f = m.importFunc('test', 'f', { params: [], results: ['i32'] });
  m.memory({ min: 1 });
  m.func('test', { params: ['i32', 'i64'], results: ['i32'] }, (_, x, y) => make(x, y, f));
  const code = readModule(m.toBytes()).code[0]?.instructions.slice(0, -1) ?? [];
  return code.map(({ name, immediates }) => [name, ...immediates].join(' ')).join('; ');
};

describe('identities', () => {
  const X = 'local.get 0';

  it.each<[string, (x: Value<'i32'>) => Value<'i32'>, string]>([
    ['x + 0', (x) => i32.add(x, 0), X],
    ['0 + x', (x) => i32.add(0, x), X],
    ['x - 0', (x) => i32.sub(x, 0), X],
    ['x - x', (x) => i32.sub(x, x), 'i32.const 0'],
    ['x + 3 - 5', (x) => i32.sub(i32.add(x, 3), 5), `${X}; i32.const -2; i32.add`],
    ['x * 0', (x) => i32.mul(x, 0), 'i32.const 0'],
    ['x * 1', (x) => i32.mul(x, 1), X],
    ['x * 8', (x) => i32.mul(8, x), `${X}; i32.const 3; i32.shl`],
    ['x & -1', (x) => i32.and(x, -1), X],
    ['x & 0', (x) => i32.and(x, 0), 'i32.const 0'],
    ['x & 15 & 3', (x) => i32.and(i32.and(x, 15), 3), `${X}; i32.const 3; i32.and`],
    ['x & x', (x) => i32.and(x, x), X],
    ['byte & 255', (x) => i32.and(i32.load8_u(memoryAddress(x)), 255), `${X}; i32.load8_u`],
    ['x >>> 24 & 255', (x) => i32.and(i32.shr_u(x, 24), 255), `${X}; i32.const 24; i32.shr_u`],
    ['(x & 15) >>> 4', (x) => i32.shr_u(i32.and(x, 15), 4), 'i32.const 0'],
    ['x | 0', (x) => i32.or(x, 0), X],
    ['x | -1', (x) => i32.or(x, -1), 'i32.const -1'],
    ['x ^ x', (x) => i32.xor(x, x), 'i32.const 0'],
    ['x << 32', (x) => i32.shl(x, 32), X],
    ['0 << x', (x) => i32.shl(0, x), 'i32.const 0'],
    ['-1 rotl x', (x) => i32.rotl(-1, x), 'i32.const -1'],
    ['x / 1', (x) => i32.div_s(x, 1), X],
    ['x / 16 unsigned', (x) => i32.div_u(x, 16), `${X}; i32.const 4; i32.shr_u`],
    ['x % 16 unsigned', (x) => i32.rem_u(x, 16), `${X}; i32.const 15; i32.and`],
    ['x % 1 unsigned', (x) => i32.rem_u(x, 1), 'i32.const 0'],
    ['x == 0', (x) => i32.eq(x, 0), `${X}; i32.eqz`],
    ['x < 0 unsigned', (x) => i32.lt_u(x, 0), 'i32.const 0'],
    ['x >= 0 unsigned', (x) => i32.ge_u(x, 0), 'i32.const 1'],
    ['0 > x unsigned', (x) => i32.gt_u(0, x), 'i32.const 0'],
    ['x <= x', (x) => i32.le_s(x, x), 'i32.const 1'],
    ['!(x < 5)', (x) => i32.eqz(i32.lt_s(x, 5)), `${X}; i32.const 5; i32.ge_s`],
    ['!!(x < 5)', (x) => i32.eqz(i32.eqz(i32.lt_s(x, 5))), `${X}; i32.const 5; i32.lt_s`],
    ['(x < 5) != 0', (x) => i32.ne(i32.lt_s(x, 5), 0), `${X}; i32.const 5; i32.lt_s`],
    ['wrap of extend', (x) => i32.wrap_i64(i64.extend_i32_u(x)), X],
    ['select by a constant', (x) => select(x, i32.const(9), 1), X],
    ['if by a constant', (x) => ifElse(i32.const(0), i32.const(9), x), X],
  ])('%s becomes what it equals', (_, make, expected) => {
    expect(emitted((x) => make(x))).toBe(expected);
  });

  it('work on 64-bit values alike', () => {
    expect(emitted((_, y) => i64.eqz(i64.and(i64.add(y, 0), -1)))).toBe('local.get 1; i64.eqz');
    expect(emitted((_, y) => i32.wrap_i64(i64.mul(y, i64.const(0, 1))))).toBe('local.get 1; i64.const 32; i64.shl; i32.wrap_i64');
  });

  it('compute constants of 64 bits from halves', () => {
    expect(emitted(() => i64.eqz(i64.sub(i64.add(i64.const(-1, 0x7fffffff), 1), i64.const(0, -0x80000000))))).toBe('i32.const 1');
  });

  it('never drop a call, an atomic access or a trap', () => {
    expect(emitted((_x, _y, f) => i32.mul(call(f), 0))).toBe('call 0; i32.const 0; i32.mul');
    expect(emitted((x) => i32.and(i32.div_u(1, x), 0))).toBe('i32.const 1; local.get 0; i32.div_u; i32.const 0; i32.and');
    expect(emitted((x) => i32.and(i32.atomic.rmw.add(memoryAddress(x), 1), 0)))
      .toBe('local.get 0; i32.const 1; i32.atomic.rmw.add; i32.const 0; i32.and');
    expect(emitted((x) => select(i32.const(1), i32.div_u(1, x), 1))).toContain('i32.div_u');
  });

  it('leave a division by zero to trap at run time', () => {
    expect(emitted(() => i32.div_u(1, 0))).toBe('i32.const 1; i32.const 0; i32.div_u');
  });

  it('drop loads, whose only effect would be a trap', () => {
    expect(emitted((x) => i32.and(i32.load(memoryAddress(x)), 0))).toBe('i32.const 0');
  });

  it('keep the size of a memory as an address', () => {
    expect(emitted(() => i32.eqz(new ModuleBuilder().ptr.to_i32(memory.size())))).toBe('memory.size; i32.eqz');
  });
});

const memoryAddress = (x: Value<'i32'>): Value<'ptr'> => new ModuleBuilder().ptr.from_i32_u(x);

/** A random expression: a leaf with a number, or an instruction with its operands. */
type Tree = { readonly leaf: bigint; readonly type: string } | { readonly op: string; readonly children: readonly Tree[] };

const integerOps = Object.entries<OpRow>(numericOps).filter(([, [, operands, result]]) => !/f(32|64)/.test(operands + result));

const tree = (type: string, depth: number): fc.Arbitrary<Tree> => {
  const bits = type === 'i32' ? 32n : 64n;
  const leaf = fc
    .oneof(fc.constantFrom(0n, 1n, 2n, 31n, 255n, 65535n), fc.constantFrom(1n, 2n, 1n << (bits - 1n)).map((x) => BigInt.asUintN(Number(bits), -x)),
      fc.bigInt({ min: 0n, max: (1n << bits) - 1n }))
    .map((value) => ({ leaf: value, type }));
  if (depth === 0) return leaf;
  const ops = integerOps.filter(([, [, , result]]) => result === type);
  const inner = fc.constantFrom(...ops).chain(([op, [, operands]]) =>
    fc.tuple(...operands.split(' ').map((operand) => tree(operand, depth - 1))).map((children) => ({ op, children })));
  return fc.oneof({ weight: 1, arbitrary: leaf }, { weight: 4, arbitrary: inner });
};

const leaves = (t: Tree): { leaf: bigint; type: string }[] => ('leaf' in t ? [t] : t.children.flatMap(leaves));

/** The value of a tree, its leaves given by `leaf` in order. */
const valueOf = (t: Tree, leaf: (of: { leaf: bigint; type: string }) => Value): Value => {
  if ('leaf' in t) return leaf(t);
  const operands = t.children.map((child) => valueOf(child, leaf));
  return (factories.get(t.op) as unknown as (...operands: Value[]) => Value)(...operands);
};

/** Runs a tree where `constant` says which leaves are constants; the others are parameters. */
const outcome = (t: Tree, constant: (index: number) => boolean): bigint | number | 'trap' => {
  const all = leaves(t);
  const m = new ModuleBuilder();
  const f = m.func('f', { params: all.map(({ type }) => type as 'i32'), results: ['i64'] }, (_, ...params) => {
    let next = 0;
    const value = valueOf(t, (leaf) => {
      const index = next++;
      if (!constant(index)) return params[index] as Value;
      return leaf.type === 'i32' ? i32.const(Number(leaf.leaf)) : i64.const(leaf.leaf);
    });
    return (value.type === 0x7f ? i64.extend_i32_u(value as Value<'i32'>) : value) as Value<'i64'>;
  });
  m.export('f', f);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()));
  const args = all.map(({ leaf, type }) => (type === 'i32' ? Number(BigInt.asIntN(32, leaf)) : BigInt.asIntN(64, leaf)));
  try {
    return (instance.exports['f'] as (...args: unknown[]) => bigint)(...args);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return 'trap';
    throw error;
  }
};

describe('folding', () => {
  it('never changes what an expression gives', () => {
    fc.assert(
      fc.property(fc.constantFrom('i32', 'i64').chain((type) => tree(type, 4)), fc.integer(), (t, mask) => {
        const opaque = outcome(t, () => false);
        expect(outcome(t, () => true)).toBe(opaque);
        expect(outcome(t, (index) => ((mask >> (index % 31)) & 1) === 1)).toBe(opaque);
      }),
      { numRuns: 400 },
    );
  });
});

type Maker = (...operands: Value[]) => Value;

/** Every instruction on the result of every other, of one width, with constants at every place. */
const pairs = (type: 'i32' | 'i64'): ((x: Value, c: Value, d: Value) => Value)[] => {
  const make = (name: string): Maker => factories.get(name) as unknown as Maker;
  const within = integerOps.filter(([, [, operands]]) => operands.split(' ').every((operand) => operand === type));
  const inner = within.flatMap(([name, [, operands, result]]) => {
    if (result !== type) return [];
    const op = make(name);
    if (!operands.includes(' ')) return [(x: Value) => op(x)];
    return [(x: Value, c: Value) => op(x, c), (x: Value, c: Value) => op(c, x), (x: Value) => op(x, x)];
  });
  const comparisons = within
    .filter(([, [, operands, result]]) => operands.includes(' ') && result === 'i32')
    .map(([name]) => (x: Value, c: Value) => make('i32.eqz')(make(name)(x, c)));
  return [
    ...comparisons,
    ...inner.flatMap((first) =>
      within.flatMap(([name, [, operands]]) => {
        const op = make(name);
        if (!operands.includes(' ')) return [(x: Value, c: Value) => op(first(x, c))];
        return [
          (x: Value, c: Value, d: Value) => op(first(x, c), d),
          (x: Value, c: Value, d: Value) => op(d, first(x, c)),
        ];
      }),
    ),
  ];
};

describe.each(['i32', 'i64'] as const)('every pair of %s instructions', (type) => {
  const number = (value: number): Value => (type === 'i32' ? i32.const(value) : i64.const(value));
  const all = pairs(type);

  it.each([[0, 0], [1, 1], [-1, 255], [8, 7], [31, 32], [255, 4], [64, -1], [-2147483648, 2147483647]])(
    'folded with constants %i and %i does what it does unfolded', (c, d) => {
      const m = new ModuleBuilder({ check: false });
      const params = [type, type, type] as const;
      const widen = (value: Value): Value<'i64'> => (value.type === 0x7f ? i64.extend_i32_u(value as Value<'i32'>) : value) as Value<'i64'>;
      all.forEach((pair, i) => {
        m.export(`folded ${i}`, m.func('', { params, results: ['i64'] }, (_, x) => widen(pair(x, number(c), number(d)))));
        m.export(`opaque ${i}`, m.func('', { params, results: ['i64'] }, (_, x, y, z) => widen(pair(x, y, z))));
      });
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()));
      const run = (name: string, x: number): unknown => {
        const args = type === 'i32' ? [x, c, d] : [BigInt(x), BigInt(c), BigInt(d)];
        try {
          return (exports[name] as (...args: unknown[]) => bigint)(...args);
        } catch {
          return 'trap';
        }
      };
      for (const x of [0, 1, -1, 8, 300, -2147483648, 0x12345678]) {
        const different = all.findIndex((_, i) => run(`folded ${i}`, x) !== run(`opaque ${i}`, x));
        expect(different).toBe(-1);
      }
    },
  );
});
