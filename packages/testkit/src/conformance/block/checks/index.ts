import type { Check } from '../../report.ts';
import type { BlockSubject } from '../options.ts';
import { closedDisk, emptyRequests, geometry, outOfRange, readOnlyDisk } from './bounds.ts';
import { buffers } from './buffers.ts';
import { randomRequests, requestsAtOnce, zeroesRead } from './contents.ts';
import { keepsContents, resizes } from './lifetime.ts';

/** Every check of the block suite, in the order in which a failure is best understood. */
export const BLOCK_CHECKS: readonly Check<BlockSubject>[] = Object.freeze([
  geometry,
  randomRequests,
  requestsAtOnce,
  zeroesRead,
  buffers,
  emptyRequests,
  outOfRange,
  readOnlyDisk,
  keepsContents,
  resizes,
  closedDisk,
]);
