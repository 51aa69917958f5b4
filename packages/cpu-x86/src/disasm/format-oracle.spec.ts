import { Decoder as IcedDecoder } from 'iced-x86';
import { describe, expect, test } from 'vitest';
import { compareText } from '../../oracle/compare-text.ts';
import { instancesOf } from '../../oracle/encode-row.ts';
import { directed, type Generator, Random, SLOT, uniform } from '../../oracle/generators.ts';
import { MODE } from '../decode/codes.ts';
import { Decoded } from '../decode/decoded.ts';
import { Decoder } from '../decode/decoder.ts';
import { rows } from '../tables/rows.ts';

const decoder = new Decoder();

function differences(bits: 16 | 32 | 64, bytes: Uint8Array, positions: readonly number[]): string[] {
  const mode = bits === 64 ? MODE.BITS64 : bits === 32 ? MODE.BITS32 : MODE.BITS16;
  const iced = new IcedDecoder(bits, bytes, 0), out = new Decoded(), found: string[] = [];
  for (const at of positions) {
    iced.position = at;
    iced.ip = 0x1000n;
    const instruction = iced.decode();
    decoder.decode(out, bytes, at, bytes.length, mode);
    const what = compareText(out, instruction, 0x1000);
    if (what !== '') found.push(what);
    instruction.free();
  }
  iced.free();
  return found;
}

describe('the text of instructions', () => {
  test('is iced-x86\'s for an instance of every row', () => {
    const found = rows.flatMap((row) => instancesOf(row).flatMap(({ bits, bytes }) => differences(bits, Uint8Array.from(bytes), [0])));
    expect(found).toEqual([]);
  });

  test.each<[16 | 32 | 64, string, Generator]>([
    [16, 'random', uniform], [16, 'directed', directed(3)], [32, 'random', uniform], [32, 'directed', directed(4)], [64, 'random', uniform], [64, 'directed', directed(5)],
  ])('is iced-x86\'s in %i-bit mode for %s bytes', (bits, _, generate) => {
    const bytes = new Uint8Array(4000 * SLOT);
    generate(bytes, new Random(99));
    const positions = Array.from({ length: 4000 }, (__, i) => i * SLOT);
    expect(differences(bits, bytes, positions)).toEqual([]);
  });
});
