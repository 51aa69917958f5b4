import { describe, expect, test } from 'vitest';
import { cpuModels, decoderFeatures } from '../cpuid/model.ts';
import { VERDICT } from '../decode/codes.ts';
import { Decoded } from '../decode/decoded.ts';
import { Decoder } from '../decode/decoder.ts';
import { compileFor } from '../decode/pack-dispatch.ts';
import { dispatchFor } from '../decode/ready-dispatch.ts';
import { allRows } from '../tables/all-rows.ts';
import { packRows } from '../tables/packed-rows.ts';
import { rows } from '../tables/rows.ts';
import { packedRows } from '../tables/rows.generated.ts';
import { meaningOf } from './meaning-of.ts';
import { packPlans } from './packed-plans.ts';
import { planOf } from './plans.ts';
import { packedPlans } from './plans.generated.ts';

describe('what is generated', () => {
  test('is of today (else: npm run generate)', () => {
    expect(packRows(allRows) === packedRows).toBe(true);
    expect(packPlans(rows) === packedPlans).toBe(true);
    for (const features of [undefined, ...cpuModels.map(decoderFeatures)]) {
      const fresh = compileFor(features), ready = dispatchFor(features);
      expect(ready.roots).toEqual(fresh.roots);
      expect(ready.nodes).toEqual(fresh.nodes);
    }
  });
  test('gives the rows back as the tables say them', () => {
    expect(rows).toEqual(allRows);
  });
  test('has a plan for whatever decodes to a row with a meaning, in all modes', () => {
    const decoder = new Decoder(), d = new Decoded(), bytes = new Uint8Array(16), missing = new Set<string>();
    let seed = 7;
    const random = (): number => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0) >>> 8;
    for (let i = 0; i < 150_000; i++) {
      for (let k = 0; k < 16; k++) bytes[k] = random();
      const prefix = random() % 8;
      if (prefix < 4) bytes[0] = [0x66, 0xf2, 0xf3, 0xf0][prefix]!;
      if (random() % 3 === 0) bytes[1] = 0x0f;
      for (const mode of [0, 1, 2, 4]) {
        if (decoder.decode(d, bytes, 0, 16, mode) !== VERDICT.OK || meaningOf(rows[d.row]!) === undefined) continue;
        for (const near of [false, true]) for (const flat of mode === 2 ? [false, true] : [false]) {
          if (planOf(d, near, flat) === undefined) missing.add(`${rows[d.row]?.id ?? ''} mode ${mode} size ${d.operandSize}`);
        }
      }
    }
    expect([...missing]).toEqual([]);
  });
});
