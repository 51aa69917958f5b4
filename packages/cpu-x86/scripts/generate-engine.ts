/**
 * Writes `src/interp/engine.generated.ts`, the interpreter's module, and `src/uop/plans.generated.ts`, its handlers;
 * `npm run generate` runs it. It is due after a change to the meanings, the tables, the µops or the layout of the state.
 */
import { buildInterpreter } from '../src/interp/module.ts';
import { rows } from '../src/tables/rows.ts';
import { packPlans } from '../src/uop/packed-plans.ts';
import { writeGenerated } from './write-generated.ts';

const text = Buffer.from(buildInterpreter(false)).toString('base64').replace(/.{4096}/g, '$&\\\n');
writeGenerated('interp/engine.generated.ts', "The interpreter's module, base64.", 'engineModule', `'${text}'`);
writeGenerated('uop/plans.generated.ts', 'The handlers by variant.', 'packedPlans', JSON.stringify(packPlans(rows)));
