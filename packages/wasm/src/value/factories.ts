import { fold1, fold2 } from '../fold/simplify.ts';
import { opName, plainOps } from '../opcodes/index.ts';
import type { OpRow } from '../opcodes/op-table.ts';
import { NONE, PTR, typeCode, typeName, type ValType } from '../types.ts';
import type { Memory } from './items.ts';
import { fail } from './session.ts';
import {
  binary, EFFECT, isConst, joinAll, joinFlags, K_INDEX, K_LANE, K_LANES, K_MEMORY, K_MEMORY_LANE, K_PLAIN, ONCE,
  toValue, unary, Value, withEffect,
} from './value.ts';

type Operand = Value | number;
/** Makes the value of one instruction. The arguments are those of `OpArgs`; their number depends on the row. */
export type Factory = (...args: never[]) => Value;

/** A row with its columns taken apart. */
interface Shape {
  readonly name: string;
  readonly op: number;
  readonly operands: readonly number[];
  readonly result: number;
  readonly align: number;
  readonly lanes: number;
  readonly atomic: boolean;
  /** Flags besides those of the operands. */
  readonly flags: number;
}

/** Division and conversions that trap; loads may trap too but are not kept for that (see the README). */
const TRAPS = /^i(32|64)\.(div|rem|trunc_f)/;
const isAtomic = (name: string): boolean => name.includes('atomic');

const shapeOf = (name: string, [op, operands, result, immediates = '']: OpRow): Shape => {
  const memory = /mem(\d+)/.exec(immediates)?.[1];
  const lanes = /lane(\d+)/.exec(immediates)?.[1];
  let flags = 0;
  if (memory !== undefined || name === 'memory.size') flags |= ONCE;
  if (isAtomic(name) || name === 'memory.grow' || result === '') flags |= ONCE | EFFECT;
  if (TRAPS.test(name)) flags |= EFFECT;
  return {
    name,
    op,
    operands: operands === '' ? [] : operands.split(' ').map((type) => typeCode(type as ValType)),
    result: result === '' ? NONE : typeCode(result as ValType),
    align: memory === undefined ? 0 : Number(memory),
    lanes: lanes === undefined ? 0 : Number(lanes),
    atomic: isAtomic(name),
    flags,
  };
};

/** The operand as a value; a mistake here is one that casts hid from the type checker. */
export const operand = (arg: Operand, type: number, op: number): Value => {
  const value = toValue(arg, type);
  if (value.type !== type && type !== PTR && value.type !== PTR) {
    fail({ code: 'type-mismatch', op: opName(op), expected: typeName(type), actual: typeName(value.type) });
  }
  return value;
};

const bad = (name: string, problem: string): never => fail({ code: 'bad-immediate', op: name, problem });

const checkLane = (shape: Shape, lane: number): number =>
  lane === lane >>> 0 && lane < shape.lanes ? lane : bad(shape.name, `no lane ${lane} of ${shape.lanes}`);

/** Alignment | memory << 16, as `Value.y` keeps them. */
const memoryArgument = (shape: Shape, offset: number, align: number, memory: Memory | undefined): number => {
  if (offset !== offset >>> 0) bad(shape.name, `offset ${offset} is not below 4 GiB`);
  const log = 31 - Math.clz32(align);
  if (align !== 1 << log || align > shape.align) bad(shape.name, `alignment ${align} exceeds ${shape.align} or is no power of two`);
  if (shape.atomic && align !== shape.align) bad(shape.name, `an atomic access is aligned to ${shape.align}`);
  return memory === undefined ? log : log | (memory.index << 16);
};

const plain = (shape: Shape): Factory => {
  const { op, result, flags, name } = shape;
  const [t0 = NONE, t1 = NONE, t2 = NONE] = shape.operands;
  switch (shape.operands.length) {
    case 0:
      return () => withEffect(new Value(K_PLAIN | flags, op, result, null, null, null, 0, 0, null));
    case 1:
      return plainUnary(op, t0, result, flags, name);
    case 2:
      return plainBinary(op, t0, t1, result, flags, name);
    default:
      return (a: Operand, b: Operand, c: Operand) => {
        const x = operand(a, t0, op);
        const y = operand(b, t1, op);
        const z = operand(c, t2, op);
        return new Value(K_PLAIN | joinAll([x, y, z]), op, result, x, y, [z], 0, 0, null);
      };
  }
};

const plainUnary = (op: number, t0: number, result: number, flags: number, name: string): Factory => {
  const fold = fold1[name];
  return (a: Operand) => {
    const x = operand(a, t0, op);
    const folded = fold === undefined ? null : fold(x);
    if (folded !== null) return folded;
    const value = unary(op, result, x);
    value.flags |= flags;
    return value;
  };
};

const plainBinary = (op: number, t0: number, t1: number, result: number, flags: number, name: string): Factory => {
  const fold = fold2[name];
  const signed = name.endsWith('_s');
  return (a: Operand, b: Operand) => {
    const x = operand(a, t0, op);
    const y = operand(b, t1, op);
    if (fold !== undefined && (isConst(y) || isConst(x) || x === y)) {
      const folded = fold(x, y);
      if (folded !== null) return folded;
    }
    const value = binary(op, result, x, y);
    // A division by a constant other than zero (and -1, which may overflow) does not trap.
    if (flags !== 0 && !(isConst(y) && (y.x | y.y) !== 0 && !(signed && y.x === -1))) value.flags |= flags;
    return value;
  };
};

const memory = (shape: Shape): Factory => {
  const { op, result, flags, align: natural } = shape;
  const [t0 = NONE, t1 = NONE, t2 = NONE] = shape.operands;
  const note = shape.atomic && result !== NONE;
  switch (shape.operands.length) {
    case 1:
      return (a: Operand, offset = 0, align: number = natural, from?: Memory) => {
        const y = memoryArgument(shape, offset, align, from);
        const address = operand(a, t0, op);
        const value = new Value(
          K_MEMORY | flags | joinFlags(address, null), op, result, address, null, null, offset | 0, y, null);
        return note ? withEffect(value) : value;
      };
    case 2:
      return (a: Operand, b: Operand, offset = 0, align: number = natural, to?: Memory) => {
        const y = memoryArgument(shape, offset, align, to);
        const address = operand(a, t0, op);
        const content = operand(b, t1, op);
        const value = new Value(
          K_MEMORY | flags | joinFlags(address, content), op, result, address, content, null, offset | 0, y, null);
        return note ? withEffect(value) : value;
      };
    default:
      return (a: Operand, b: Operand, c: Operand, offset = 0, align: number = natural, to?: Memory) => {
        const y = memoryArgument(shape, offset, align, to);
        const address = operand(a, t0, op);
        const second = operand(b, t1, op);
        const third = operand(c, t2, op);
        const all = flags | joinAll([address, second, third]);
        return withEffect(new Value(K_MEMORY | all, op, result, address, second, [third], offset | 0, y, null));
      };
  }
};

const memoryLane = (shape: Shape): Factory => {
  const { op, result, flags, align: natural } = shape;
  const [t0 = NONE, t1 = NONE] = shape.operands;
  return (a: Operand, b: Operand, lane: number, offset = 0, align: number = natural, at?: Memory) => {
    const y = memoryArgument(shape, offset, align, at) | (checkLane(shape, lane) << 8);
    const address = operand(a, t0, op);
    const vector = operand(b, t1, op);
    const all = flags | joinFlags(address, vector);
    return new Value(K_MEMORY_LANE | all, op, result, address, vector, null, offset | 0, y, null);
  };
};

const lane = (shape: Shape): Factory => {
  const { op, result } = shape;
  const [t0 = NONE, t1 = NONE] = shape.operands;
  if (shape.operands.length === 1) {
    return (a: Operand, index: number) => {
      const x = operand(a, t0, op);
      return new Value(K_LANE | joinFlags(x, null), op, result, x, null, null, checkLane(shape, index), 0, null);
    };
  }
  return (a: Operand, b: Operand, index: number) => {
    const x = operand(a, t0, op);
    const y = operand(b, t1, op);
    return new Value(K_LANE | joinFlags(x, y), op, result, x, y, null, checkLane(shape, index), 0, null);
  };
};

const shuffle = (shape: Shape): Factory => {
  const { op, result } = shape;
  const [t0 = NONE, t1 = NONE] = shape.operands;
  return (a: Operand, b: Operand, lanes: readonly number[]) => {
    if (lanes.length !== 16 || lanes.some((l) => l !== l >>> 0 || l > 31)) bad(shape.name, 'wants sixteen lanes below 32');
    const x = operand(a, t0, op);
    const y = operand(b, t1, op);
    return new Value(K_LANES | joinFlags(x, y), op, result, x, y, null, 0, 0, Uint8Array.from(lanes));
  };
};

const ofMemory = (shape: Shape): Factory => {
  const { op, result, flags } = shape;
  if (shape.operands.length === 0) {
    return (of?: Memory) => new Value(K_INDEX | flags, op, result, null, null, null, of?.index ?? 0, 0, null);
  }
  return (a: Operand, of?: Memory) => {
    const x = operand(a, PTR, op);
    return withEffect(
      new Value(K_INDEX | flags | joinFlags(x, null), op, result, x, null, null, of?.index ?? 0, 0, null));
  };
};

const factoryOf = (name: string, row: OpRow): Factory => {
  const shape = shapeOf(name, row);
  const immediates = row[3] ?? '';
  if (immediates === 'memory') return ofMemory(shape);
  if (immediates === 'lanes') return shuffle(shape);
  if (shape.align !== 0) return shape.lanes !== 0 ? memoryLane(shape) : memory(shape);
  return shape.lanes !== 0 ? lane(shape) : plain(shape);
};

/** The maker of each instruction's value, from its row of the table. */
export const factories: ReadonlyMap<string, Factory> = new Map(
  Object.entries<OpRow>(plainOps).map(([name, row]) => [name, factoryOf(name, row)]),
);

/** Whether an instruction of the table gives a value. */
export const givesValue = (name: string): boolean => plainOps[name as keyof typeof plainOps][2] !== '';
