import type { Check } from '../../report.ts';
import type { DeviceSubject } from '../options.ts';
import { accessEveryOffset } from './access-every-offset.ts';
import { configRefusal } from '../../common/config-refusal.ts';
import { configUnknownKey } from '../../common/config-unknown-key.ts';
import { createMatchesResources } from './create-matches-resources.ts';
import { destroyQuiet } from './destroy-quiet.ts';
import { deterministic } from './deterministic.ts';
import { dmaFaults } from './dma-faults.ts';
import { hotAllocation } from './hot-allocation.ts';
import { instancesIndependent } from './instances-independent.ts';
import { noAmbient } from './no-ambient.ts';
import { resetDeassertsLines } from './reset-deasserts-lines.ts';
import { resetPowerOn } from './reset-power-on.ts';
import { resetTimers } from './reset-timers.ts';
import { resourcesPure } from './resources-pure.ts';
import { resourcesValid } from './resources-valid.ts';
import { restoreContinues } from './restore-continues.ts';
import { restoreLevels } from './restore-levels.ts';
import { restoreRefusesMissingKey, restoreRefusesOtherVersion, restoreRefusesUnknownKey } from './restore-refusals.ts';
import { restoreSaveIdentical } from './restore-save-identical.ts';
import { restoreSilent } from './restore-silent.ts';
import { saveFitsSchema } from './save-fits-schema.ts';
import { stormBounded } from './storm-bounded.ts';

/** Every check of the device suite, in the order in which a failure is best understood. */
export const DEVICE_CHECKS: readonly Check<DeviceSubject>[] = Object.freeze([
  configUnknownKey,
  configRefusal,
  resourcesPure,
  resourcesValid,
  createMatchesResources,
  accessEveryOffset,
  stormBounded,
  dmaFaults,
  resetPowerOn,
  resetDeassertsLines,
  resetTimers,
  saveFitsSchema,
  restoreSaveIdentical,
  restoreContinues,
  restoreSilent,
  restoreLevels,
  restoreRefusesUnknownKey,
  restoreRefusesMissingKey,
  restoreRefusesOtherVersion,
  deterministic,
  instancesIndependent,
  noAmbient,
  hotAllocation,
  destroyQuiet,
]);
