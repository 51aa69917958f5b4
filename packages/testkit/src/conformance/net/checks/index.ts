import type { Check } from '../../report.ts';
import type { NetSubject } from '../options.ts';
import { detached, limits, oneCard, refusingCard } from './cards.ts';
import { carriesFrames, oddFrames, sendersBuffer } from './carrying.ts';
import { bounded } from './memory.ts';
import { offloads } from './offloads.ts';

/** Every check of the network suite, in the order in which a failure is best understood. */
export const NET_CHECKS: readonly Check<NetSubject>[] = Object.freeze([
  limits,
  oneCard,
  carriesFrames,
  sendersBuffer,
  oddFrames,
  offloads,
  refusingCard,
  detached,
  bounded,
]);
