import { versioned } from '@polyvisor/core';
import { z } from 'zod';
import { BUFFER_SIZE, Command, Irq, Status } from './registers.ts';

/** A 32-bit register, signed as JavaScript's bit operations give it. */
const word = z.int32();
const within = (mask: number) => z.int().min(0).refine((value) => (value & ~mask) === 0, 'has bits that the register lacks');

export const demoDmaStateSchema = z
  .strictObject({
    scratch: word,
    factorial: word,
    sourceLow: word,
    sourceHigh: word,
    destinationLow: word,
    destinationHigh: word,
    length: word,
    /** The command under way; 0 without one. */
    command: z.union([z.literal(0), z.literal(Command.LOAD), z.literal(Command.STORE)]),
    /** Guest time in nanoseconds at which it moves its bytes; `null` without one. */
    movesAt: z.number().nonnegative().nullable(),
    status: within(Status.MASK),
    irqStatus: within(Irq.MASK),
    irqEnable: within(Irq.MASK),
    msiLow: word,
    msiHigh: word,
    msiData: word,
    msiEnabled: z.boolean(),
    buffer: z.instanceof(Uint8Array).refine((bytes) => bytes.length === BUFFER_SIZE, 'the buffer has 4096 bytes'),
  })
  .refine((s) => (s.command !== 0) === (s.movesAt !== null), 'a command under way has a time')
  .refine((s) => (s.command !== 0) === ((s.status & Status.BUSY) !== 0), 'BUSY is a command under way');

export type DemoDmaState = z.output<typeof demoDmaStateSchema>;

export const demoDmaState = versioned(1, demoDmaStateSchema);
