import { configRefusal } from '../../common/config-refusal.ts';
import { configUnknownKey } from '../../common/config-unknown-key.ts';
import type { Check } from '../../report.ts';
import type { BackendSubject } from '../options.ts';
import { bootRepeatable } from './boot-repeatable.ts';
import { exitsAnswered } from './exits-answered.ts';
import { backendDeterministic, backendNoAmbient, handleNeverThrows, memoryBounds } from './hostile-guest.ts';
import { layoutPure, layoutValid } from './layout.ts';
import {
  backendRefusesMissingKey, backendRefusesOtherVersion, backendRefusesUnknownKey, backendRestoreContinues,
  backendRestoreIdentical, backendSaveFits,
} from './state.ts';
import { haltedWaits, problemsComplete, shutdownStops, unimplementedFaults } from './verdicts.ts';

/** Every check of the backend suite, in the order in which a failure is best understood. */
export const BACKEND_CHECKS: readonly Check<BackendSubject>[] = Object.freeze([
  configUnknownKey,
  configRefusal,
  layoutPure,
  layoutValid,
  bootRepeatable,
  exitsAnswered,
  shutdownStops,
  haltedWaits,
  unimplementedFaults,
  problemsComplete,
  handleNeverThrows,
  memoryBounds,
  backendNoAmbient,
  backendDeterministic,
  backendSaveFits,
  backendRestoreIdentical,
  backendRestoreContinues,
  backendRefusesUnknownKey,
  backendRefusesMissingKey,
  backendRefusesOtherVersion,
]);
