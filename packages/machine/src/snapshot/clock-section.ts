import { PolyvisorError, type Problem, type Section, type Snapshot } from '@polyvisor/core';
import { z } from 'zod';
import type { Plan } from '../compose/plan.ts';
import { machineErrors } from '../errors.ts';
import { deviceMemoryKind } from './device-memory-section.ts';
import { MEMORY_SECTION } from './memory-section.ts';

export const CLOCK_SECTION = 'clock';
const VERSION = 1;
const schema = z.strictObject({ now: z.number().nonnegative() });

export function saveClock(now: number): Section {
  return { id: CLOCK_SECTION, kind: 'machine/clock', version: VERSION, state: { now } };
}

/** Guest time in ns. */
export function openClock(sections: readonly Section[]): number {
  const section = sections.find((s) => s.id === CLOCK_SECTION);
  const parsed = schema.safeParse(section?.version === VERSION ? section.state : undefined);
  if (parsed.success) return parsed.data.now;
  const params = { section: CLOCK_SECTION, why: section ? 'does not fit its schema' : 'is missing' };
  throw new PolyvisorError([machineErrors['snapshot-section'](CLOCK_SECTION, params)]);
}

/** Sections that belong to no part of the machine, or to a part of another kind. */
export function checkSections(snapshot: Snapshot, plan: Plan): Problem[] {
  const kinds = new Map<string, string>([
    [CLOCK_SECTION, 'machine/clock'],
    [MEMORY_SECTION, 'machine/memory'],
    ['backend', plan.backend.plugin.kind],
    ...Array.from({ length: plan.description.cpu.count }, (_, i): [string, string] => [`cpu.${i}`, plan.cpu.plugin.kind]),
    ...plan.devices.map((d): [string, string] => [`devices.${d.id}`, d.plugin.kind]),
    ...plan.devices.filter((d) => d.resources.memory).map((d) => deviceMemoryKind(d.id)),
  ]);
  return snapshot.sections.flatMap(({ id, kind }) => {
    const known = kinds.get(id);
    if (known === kind) return [];
    const why = known === undefined ? 'belongs to no part of this machine' : `was saved by "${kind}", not "${known}"`;
    return [machineErrors['snapshot-section'](id, { section: id, why })];
  });
}
