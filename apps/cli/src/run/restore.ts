import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { PolyvisorError, decodeSnapshot, type Snapshot } from '@polyvisor/core';
import type { MachineDescription } from '@polyvisor/machine';
import { runErrors } from './errors.ts';

/** Reads a snapshot of the machine that the options describe: of another one, kernel and disks would not fit. */
export function readSnapshot(path: string, description: MachineDescription): Snapshot {
  const refuse = (why: string, cause?: unknown): PolyvisorError => new PolyvisorError([runErrors['bad-snapshot']('', { path, why }, cause)]);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
  }
  const snapshot = decodeSnapshot(bytes);
  const saved = snapshot.description as Record<string, unknown>;
  const own: unknown = JSON.parse(JSON.stringify(description));
  const differing = Object.entries(own as Record<string, unknown>).filter(([key, value]) => !isDeepStrictEqual(saved[key], value));
  if (differing.length > 0) throw refuse(`the options describe another machine: its ${differing.map(([key]) => key).join(', ')}`);
  return snapshot;
}
