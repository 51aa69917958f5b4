/** Writes `src/tables/rows.generated.ts`; `npm run generate` runs it, before anything that reads the rows is imported. */
import { allRows } from '../src/tables/all-rows.ts';
import { packRows } from '../src/tables/packed-rows.ts';
import { writeGenerated } from './write-generated.ts';

writeGenerated('tables/rows.generated.ts', 'The instruction tables.', 'packedRows', JSON.stringify(packRows(allRows)));
