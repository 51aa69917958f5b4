import { configRefusal } from '../../common/config-refusal.ts';
import { configUnknownKey } from '../../common/config-unknown-key.ts';
import type { Check } from '../../report.ts';
import type { MmuSubject } from '../options.ts';
import { dirtyFirstWrite, flushAll, flushContext, flushPage } from './flushes.ts';
import { codeFrames, deviceMemory, readOnlyMemory } from './frames.ts';
import { hostileTables } from './hostile.ts';
import { protectionKeys } from './keys.ts';
import { countsKept, destroyReleases, translateQuiet } from './queries.ts';
import { spaceCopyOnWrite, spaceDirtyLog, spaceProtect, spaceRemap, spaceUnmap } from './space.ts';
import { contextSwitch, loadPdptes, tableWrites } from './tables.ts';
import { severalVcpus } from './vcpus.ts';
import { walksMarks, walksOutcome, walksRights } from './walks.ts';

/** Every check of the MMU suite, in the order in which a failure is best understood. */
export const MMU_CHECKS: readonly Check<MmuSubject>[] = Object.freeze([
  configUnknownKey,
  configRefusal,
  walksOutcome,
  walksMarks,
  walksRights,
  protectionKeys,
  dirtyFirstWrite,
  flushPage,
  flushContext,
  flushAll,
  tableWrites,
  contextSwitch,
  loadPdptes,
  deviceMemory,
  readOnlyMemory,
  codeFrames,
  spaceUnmap,
  spaceRemap,
  spaceProtect,
  spaceCopyOnWrite,
  spaceDirtyLog,
  severalVcpus,
  hostileTables,
  translateQuiet,
  countsKept,
  destroyReleases,
]);
