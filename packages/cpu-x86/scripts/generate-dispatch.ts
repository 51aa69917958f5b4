/** Writes `src/decode/dispatch.generated.ts`; `npm run generate` runs it. */
import { cpuModels, decoderFeatures } from '../src/cpuid/model.ts';
import { compileFor, dispatchKey, packDispatch } from '../src/decode/pack-dispatch.ts';
import { writeGenerated } from './write-generated.ts';

const sets = [undefined, ...cpuModels.map(decoderFeatures)];
const packed = Object.fromEntries(sets.map((features) => [dispatchKey(features), packDispatch(compileFor(features))]));
writeGenerated('decode/dispatch.generated.ts', 'Decision tables of the CPU models.', 'packedDispatches', JSON.stringify(JSON.stringify(packed)));
