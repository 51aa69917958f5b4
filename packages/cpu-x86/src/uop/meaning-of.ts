/** Which meaning a row of the instruction tables has. Each family of instructions names its own. */
import { meanings } from '../meaning/meanings.ts';
import type { Row } from '../tables/types.ts';
import { integerMeaning } from './names/integer.ts';
import { systemMeaning } from './names/system.ts';
import { x87Meaning } from './names/x87.ts';
import { vectorMeaning } from './names/vector.ts';

export interface MeaningName {
  readonly name: string;
  /** Condition code of Jcc, SETcc and CMOVcc, else 0. */
  readonly condition: number;
}

const families = [x87Meaning, systemMeaning, integerMeaning, vectorMeaning];

function find(row: Row): MeaningName | undefined {
  for (const family of families) {
    const found = family(row);
    if (found !== undefined && found.name in meanings) return found;
  }
  return undefined;
}
/** Each decode asks for it. */
const known = new Map<Row, MeaningName | undefined>();

/** Name of the meaning of a row, and its condition; `undefined` when there is none yet. */
export function meaningOf(row: Row): MeaningName | undefined {
  const name = known.get(row) ?? find(row);
  known.set(row, name);
  return name;
}
