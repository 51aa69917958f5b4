import { versioned } from '@polyvisor/core';
import { z } from 'zod';
import { driveState } from '../ide/state.ts';
import { FIS_BYTES, MAX_REGIONS, PORTS, SLOTS } from './registers.ts';

const byte = z.int().min(0).max(0xff);
const slot = z.int().min(0).max(SLOTS - 1);

/** A command under way: what the driver sent, and where its data is. */
const command = z.strictObject({
  slot,
  fis: z.instanceof(Uint8Array).refine((bytes) => bytes.length === FIS_BYTES, 'a FIS has 20 bytes'),
  table: z.number().nonnegative(),
  regions: z.int().min(0).max(MAX_REGIONS),
  /** Bytes of data that went between memory and the drive's buffer. */
  moved: z.int().min(0).max(2 ** 26),
});
export type CommandState = z.output<typeof command>;

const portState = z.strictObject({
  /** PxCLB and PxFB in halves, low first. */
  bases: z.tuple([z.int32(), z.int32(), z.int32(), z.int32()]),
  is: z.int32(), ie: z.int32(), cmd: z.int32(), tfd: z.int32(), sig: z.int32(), ssts: z.int32(), sctl: z.int32(), serr: z.int32(),
  sact: z.int32(), ci: z.int32(),
  slot,
  /** The signature is to be put among the received FISes as soon as the driver has given room. */
  greets: z.boolean(),
  /** An error ended the processing of commands, until the driver stops and starts the port. */
  halted: z.boolean(),
  softReset: z.boolean(),
  writeCache: z.boolean(),
  /** The command that is not queued, and those that are. Both are made again. */
  current: command.nullable(),
  queued: z.array(command).max(SLOTS),
  /** Page 10H of the log: tag, status, error, and the first block of the queued command that failed. */
  failure: z.strictObject({ tag: slot, status: byte, error: byte, fis: z.instanceof(Uint8Array) }).nullable(),
  drive: driveState.nullable(),
});
export type PortState = z.output<typeof portState>;

const schema = z.strictObject({
  space: z.instanceof(Uint8Array).refine((bytes) => bytes.length === 256, 'configuration space has 256 bytes'),
  ghc: z.int32(), is: z.int32(),
  ports: z.array(portState).length(PORTS),
  resumesAt: z.number().nullable(),
});
export type AhciState = z.output<typeof schema>;
export const ahciState = versioned(1, schema);
