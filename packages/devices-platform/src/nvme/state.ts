import { versioned } from '@polyvisor/core';
import { z } from 'zod';
import { MAX_EVENTS, MAX_QUEUES, SQE_BYTES } from './registers.ts';

const u16 = z.int().min(0).max(0xffff);
const count = z.number().nonnegative();
const queueId = z.int().min(0).max(MAX_QUEUES);
const size = z.int().min(2).max(4096);

const counters = z.strictObject({
  bytesRead: count, bytesWritten: count, reads: count, writes: count, mediaErrors: count, errors: count,
  lastError: z.strictObject({ queue: u16, command: u16, status: u16 }),
});
export type Counters = z.output<typeof counters>;

const events = z.strictObject({
  /** Identifiers of the Asynchronous Event Requests that wait. */
  requests: z.array(u16).max(MAX_EVENTS),
  pending: z.array(z.int32()).max(MAX_EVENTS),
  /** Bits by type of event: told, and not read in the log yet. */
  masked: z.int().min(0).max(0xff),
});
export type EventsState = z.output<typeof events>;

const features = z.strictObject({
  /** By feature identifier. */
  values: z.array(z.int32()).length(12),
  underTemperature: u16,
  /** By interrupt vector. */
  notCoalesced: z.array(z.boolean()).max(MAX_QUEUES + 1),
});
export type FeaturesState = z.output<typeof features>;

const place = { base: count, size, head: u16, tail: u16 };
const completionQueue = z.strictObject({
  id: queueId, ...place, vector: u16, interrupts: z.boolean(), phase: z.literal([0, 1]), dirty: z.boolean(), waiting: z.array(z.int32()),
});
const submissionQueue = z.strictObject({ id: queueId, ...place, completions: queueId });

const state = z.strictObject({
  /** What the configuration space holds. */
  space: z.instanceof(Uint8Array).refine((bytes) => bytes.length === 256, 'configuration space has 256 bytes'),
  msix: z.strictObject({ entries: z.array(z.int32()), pending: z.array(z.int32()) }),
  cc: z.int32(), csts: z.int32(), mask: z.int32(), aqa: z.int32(),
  /** ASQ and ACQ in halves, low first. */
  adminQueues: z.tuple([z.int32(), z.int32(), z.int32(), z.int32()]),
  completionQueues: z.array(completionQueue),
  submissionQueues: z.array(submissionQueue),
  /** Commands under way, which are made again: reading and writing twice does no harm. */
  commands: z.array(z.strictObject({ queue: queueId, entry: z.instanceof(Uint8Array).refine((bytes) => bytes.length === SQE_BYTES, 'an entry has 64 bytes') })),
  events, features, counters,
  /** Guest time at which fetching goes on. */
  resumesAt: z.number().nullable(),
});
export type NvmeState = z.output<typeof state>;
export type QueuesState = Pick<NvmeState, 'completionQueues' | 'submissionQueues'>;
export const nvmeState = versioned(1, state);
