/** CRC32 (Intel SDM vol. 2A, "CRC32"): the Castagnoli polynomial, bits reflected. */
import { i32, i64 } from '@polyvisor/wasm';
import type { Meaning, Meanings } from './context.ts';
import { helper } from './helpers.ts';
import { as32, as64, resize } from './words.ts';

/** 11EDC6F41h without its top bit, reflected. */
const POLYNOMIAL = 0x82f63b78;

/** Takes this many bits off the remainder's low end. */
const divide = helper('crc32c', ['i32', 'i32'], ['i32'], (s, remainder, bits) => {
  const rest = s.var(remainder), left = s.var(bits);
  s.loop((next) => {
    s.set(rest, i32.xor(i32.shr_u(rest.get(), 1), i32.and(i32.sub(0, i32.and(rest.get(), 1)), POLYNOMIAL)));
    s.set(left, i32.sub(left.get(), 1));
    s.br_if(next, left.get());
  });
  return [rest.get()];
});

const crc32: Meaning = (c) => {
  const { s } = c, size = c.sizeOf(1), data = c.get(1), divided = c.helper(divide);
  const start = resize(c.get(0), c.size, 32);
  const low = size === 64 ? i32.wrap_i64(as64(data)) : as32(data);
  let rest = s.call(divided, i32.xor(as32(start), low), i32.const(Math.min(size, 32)));
  if (size === 64) rest = s.call(divided, i32.xor(rest, i32.wrap_i64(i64.shr_u(as64(data), 32))), i32.const(32));
  c.set(0, resize(rest, 32, c.size));
};

export const checksum: Meanings = { CRC32: { build: crc32, cold: true } };
