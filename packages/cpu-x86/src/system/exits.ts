/** Exits that more than one place makes. */
import { MMU_OFFSETS, NestedFaultReason, Access, type InterceptInfo, type NestedFaultExit } from '@polyvisor/core';
import type { Engine } from '../engine/engine.ts';
import type { Step} from './processor.ts';
import { type Processor } from './processor.ts';

/** The second level refused: what the MMU left in the vCPU's block. */
export function nestedFaultExit(engine: Engine): NestedFaultExit {
  const { view } = engine.host, { block } = engine;
  const asked = view.getUint32(block + MMU_OFFSETS.access, true);
  return {
    kind: 'nested-fault',
    gpa: Number(view.getBigUint64(block + MMU_OFFSETS.gpa, true)),
    access: (asked & Access.execute) !== 0 ? 'execute' : (asked & Access.write) !== 0 ? 'write' : 'read',
    reason: view.getUint32(block + MMU_OFFSETS.reason, true) === NestedFaultReason.misconfiguration ? 'misconfiguration' : 'violation',
    linear: Number(view.getBigInt64(block + MMU_OFFSETS.linear, true)),
  };
}

export const intercept = (p: Processor, length: number, info: InterceptInfo): Step => p.exitWith({ kind: 'intercept', length, info });
