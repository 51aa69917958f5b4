import { FRAME_SIZE, PolyvisorError, type Section } from '@polyvisor/core';
import { z } from 'zod';
import type { NamedMemory } from '../device-memory/device-memories.ts';
import { machineErrors } from '../errors.ts';

const PIECE = 16 * FRAME_SIZE;
const VERSION = 1;
const KIND = 'machine/device-memory';

/** The memories of one device: contents by name, in pieces by offset; what is not listed is zero. */
const schema = z.record(
  z.string(),
  z.strictObject({
    size: z.int().positive(),
    pieces: z.array(z.strictObject({ at: z.int().nonnegative(), bytes: z.instanceof(Uint8Array) })),
  }),
);

export function deviceMemoryId(device: string): string {
  return `devices.${device}.memory`;
}

/** Id and kind of the sections that this device has besides its own. */
export function deviceMemoryKind(device: string): [id: string, kind: string] {
  return [deviceMemoryId(device), KIND];
}

export function saveDeviceMemory(memories: readonly NamedMemory[]): Section[] {
  const devices = [...new Set(memories.map(({ device }) => device))];
  return devices.map((device) => {
    const own = memories.filter((m) => m.device === device);
    const state = Object.fromEntries(own.map(({ name, memory: { bytes } }) => [name, { size: bytes.length, pieces: piecesOf(bytes) }]));
    return { id: deviceMemoryId(device), kind: KIND, version: VERSION, state };
  });
}

/** Fills a device's memories, which are all zeros, before the device is made. */
export function loadDeviceMemory(
  device: string, memories: ReadonlyMap<string, { readonly bytes: Uint8Array }>, saved: ReadonlyMap<string, Section>,
): void {
  const id = deviceMemoryId(device);
  const section = saved.get(id);
  if (memories.size === 0 && section === undefined) return;
  const parsed = schema.safeParse(section?.version === VERSION ? section.state : undefined);
  if (!parsed.success) throw wrong(id, section ? 'does not fit its schema' : 'is missing');
  const names = Object.keys(parsed.data);
  if (names.length !== memories.size) throw wrong(id, `has ${names.length} memories; the device has ${memories.size}`);
  for (const [name, { bytes }] of memories) {
    const contents = parsed.data[name];
    if (contents?.size !== bytes.length) throw wrong(id, `has no "${name}" of ${bytes.length} bytes`);
    for (const { at, bytes: piece } of contents.pieces) {
      if (at + piece.length > bytes.length) throw wrong(id, `has a piece behind the end of "${name}"`);
      bytes.set(piece, at);
    }
  }
}

function wrong(section: string, why: string): PolyvisorError {
  return new PolyvisorError([machineErrors['snapshot-section'](section, { section, why })]);
}

function piecesOf(bytes: Uint8Array): { at: number; bytes: Uint8Array }[] {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += PIECE) {
    const piece = Uint8Array.from(bytes.subarray(at, at + PIECE));
    if (piece.some((byte) => byte !== 0)) pieces.push({ at, bytes: piece });
  }
  return pieces;
}
