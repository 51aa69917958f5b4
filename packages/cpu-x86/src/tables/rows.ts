import { unpackRows } from './packed-rows.ts';
import { packedRows } from './rows.generated.ts';
import type { Row } from './types.ts';

/** Every instruction form, in the order of its dense index. Read from the tables when the package is built. */
export const rows: readonly Row[] = unpackRows(packedRows);

/** Finds a row by its stable name. */
export const rowById: ReadonlyMap<string, Row> = new Map(rows.map((row) => [row.id, row]));
