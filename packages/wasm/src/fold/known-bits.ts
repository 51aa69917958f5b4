import { allOps, type OpName } from '../opcodes/index.ts';
import { I32 } from '../types.ts';
import { K_I32, K_I64, K_LOCAL, K_MEMORY, K_PLAIN, KIND, isConst, type Value } from '../value/value.ts';
import { clz64 } from './int64.ts';

const codeOf = (name: OpName): number => allOps[name][0];

const AND32 = codeOf('i32.and');
const AND64 = codeOf('i64.and');
const SHR_U32 = codeOf('i32.shr_u');
const SHR_U64 = codeOf('i64.shr_u');
const EXTEND_U = codeOf('i64.extend_i32_u');
const WRAP = codeOf('i32.wrap_i64');

/** Results that are narrow whatever their operands are: comparisons, zero-extending loads, counts. */
const resultBits = new Map<number, number>();
for (const [name, row] of Object.entries(allOps)) {
  const plain = name.replace(/^(i32|i64|f32|f64)\.(atomic\.)?/, '');
  if (/^i(32|64)\./.test(name) && /^(load8|rmw8.*)_u$/.test(plain)) resultBits.set(row[0], 8);
  else if (/^i(32|64)\./.test(name) && /^(load16|rmw16.*)_u$/.test(plain)) resultBits.set(row[0], 16);
  else if (/^(load32|rmw32.*)_u$/.test(plain)) resultBits.set(row[0], 32);
  else if (/^[if](32|64)\.(eqz?|ne|[lg][te](_[su])?)$/.test(name)) resultBits.set(row[0], 1);
  else if (/^(clz|ctz|popcnt)$/.test(plain)) resultBits.set(row[0], 7);
}

/** How many low bits of an `i32` or `i64` value can be other than zero. */
export const bitsOf = (value: Value): number => {
  const full = value.type === I32 ? 32 : 64;
  switch (value.flags & KIND) {
    case K_I32:
      return 32 - Math.clz32(value.x);
    case K_I64:
      return 64 - clz64(value.x, value.y);
    case K_LOCAL:
      return value.y === 0 ? full : value.y;
    case K_MEMORY:
      return resultBits.get(value.op) ?? full;
    case K_PLAIN:
      return plainBits(value, full);
    default:
      return full;
  }
};

const plainBits = (value: Value, full: number): number => {
  const { op, a, b } = value;
  if (a === null) return full;
  if (op === EXTEND_U || op === WRAP) return Math.min(32, bitsOf(a));
  if (b !== null && isConst(b)) {
    if (op === AND32 || op === AND64) return Math.min(bitsOf(a), bitsOf(b));
    if (op === SHR_U32) return Math.max(0, bitsOf(a) - (b.x & 31));
    if (op === SHR_U64) return Math.max(0, bitsOf(a) - (b.x & 63));
  }
  return resultBits.get(op) ?? full;
};
