import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { directed, Random, SLOT, uniform } from '../../oracle/generators.ts';
import { MODE, VERDICT } from './codes.ts';
import { Decoded } from './decoded.ts';
import { Decoder, MAX_INSTRUCTION_LENGTH } from './decoder.ts';

const decoder = new Decoder();
const modes = fc.constantFrom(MODE.BITS16, MODE.BITS32, MODE.BITS64, MODE.BITS16 | MODE.REAL_OR_V86);
/** Sequences of the generators of the oracle, by seed: half uniform, half directed by the opcode map. */
const sequence = fc.tuple(fc.nat(), fc.boolean()).map(([seed, isUniform]) => {
  const bytes = new Uint8Array(SLOT);
  (isUniform ? uniform : directed(seed))(bytes, new Random(seed));
  return bytes;
});
const fields = (d: Decoded): Record<string, unknown> => Object.fromEntries(Object.entries(d));

describe('decoding', () => {
  test('never looks past the instruction: other bytes behind it change nothing', () => {
    fc.assert(fc.property(sequence, modes, fc.nat(255), (bytes, mode, filler) => {
      const first = new Decoded(), second = new Decoded();
      decoder.decode(first, bytes, 0, bytes.length, mode);
      const changed = bytes.slice().fill(filler, first.length);
      decoder.decode(second, changed, 0, changed.length, mode);
      expect(fields(second)).toEqual(fields(first));
    }), { numRuns: 3000 });
  });

  test('with bytes missing reports exactly the first one that is needed', () => {
    fc.assert(fc.property(sequence, modes, (bytes, mode) => {
      const whole = new Decoded(), cut = new Decoded();
      decoder.decode(whole, bytes, 0, bytes.length, mode);
      for (let end = 0; end < whole.length; end++) {
        expect(decoder.decode(cut, bytes, 0, end, mode)).toBe(VERDICT.TRUNCATED);
        expect(cut.length).toBe(end);
      }
      expect(decoder.decode(cut, bytes, 0, whole.length, mode)).toBe(whole.verdict);
    }), { numRuns: 1500 });
  });

  test('gives lengths from 1 to 15', () => {
    fc.assert(fc.property(sequence, modes, (bytes, mode) => {
      const d = new Decoded();
      decoder.decode(d, bytes, 0, bytes.length, mode);
      expect(d.length).toBeGreaterThanOrEqual(1);
      expect(d.length).toBeLessThanOrEqual(MAX_INSTRUCTION_LENGTH);
    }), { numRuns: 2000 });
  });

  test('depends on nothing but its arguments: a used result object gives the same fields', () => {
    const used = new Decoded();
    fc.assert(fc.property(sequence, modes, (bytes, mode) => {
      const fresh = new Decoded();
      if (decoder.decode(fresh, bytes, 0, bytes.length, mode) !== VERDICT.OK) return;
      decoder.decode(used, bytes, 0, bytes.length, mode);
      expect(fields(used)).toEqual(fields(fresh));
    }), { numRuns: 2000 });
  });

  test('starts anywhere in a buffer', () => {
    fc.assert(fc.property(sequence, modes, fc.nat(40), (bytes, mode, offset) => {
      const a = new Decoded(), b = new Decoded(), moved = new Uint8Array(offset + bytes.length);
      moved.set(bytes, offset);
      decoder.decode(a, bytes, 0, bytes.length, mode);
      decoder.decode(b, moved, offset, moved.length, mode);
      expect(fields(b)).toEqual(fields(a));
    }));
  });
});
