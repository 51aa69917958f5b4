import { versioned } from '@polyvisor/core';
import { z } from 'zod';
import { UNITS } from './config.ts';
import { BusMasterCommand, CHUNK } from './registers.ts';

const byte = z.int().min(0).max(0xff);
const bytes = (length: number, what: string) => z.instanceof(Uint8Array).refine((given) => given.length === length, what);

/** What a drive waits for. */
export const Phase = {
  IDLE: 0,
  /** The guest reads or writes the data register. */
  IN: 1, OUT: 2,
  /** The guest writes the packet. */
  PACKET: 3,
  /** The bus master moves the buffer. */
  DMA_IN: 4, DMA_OUT: 5,
  /** The backend. The request is made again when the drive is restored. */
  READING: 6, WRITING: 7, FLUSHING: 8, VERIFYING: 9,
} as const;

export const driveState = z
  .strictObject({
    kind: z.enum(['disk', 'cdrom']),
    /** Features, sector count, LBA low, mid and high as written last, then as written before. */
    task: bytes(10, 'the task file has two bytes for each of five registers'),
    device: byte,
    status: byte,
    error: byte,
    /** INTRQ. */
    interrupt: z.boolean(),
    phase: z.int().min(Phase.IDLE).max(Phase.VERIFYING),
    dma: z.boolean(),
    /** The next sector that the backend is asked for, and how many there are to come. */
    lba: z.int().min(0).max(2 ** 48),
    left: z.int().min(0).max(2 ** 32),
    /** In the buffer: where the guest or the bus master is, the end of the block under way, and of all. */
    at: z.int().min(0).max(CHUNK),
    blockEnd: z.int().min(0).max(CHUNK),
    end: z.int().min(0).max(CHUNK),
    /** Bytes of a block. */
    block: z.int().min(1).max(CHUNK),
    buffer: z.instanceof(Uint8Array),
    /** Of disks: sectors of READ MULTIPLE's blocks, 0 for none; the geometry; the mode of SET FEATURES; STANDBY. */
    multiple: byte,
    heads: z.int().min(1).max(16),
    sectors: byte.min(1),
    cache: z.boolean(),
    mode: byte,
    standby: z.boolean(),
    /** Of packet devices: sense key, additional sense code and its qualifier. */
    sense: bytes(3, 'sense has three bytes'),
    ejected: z.boolean(),
    locked: z.boolean(),
    /** A medium came; the next command is told. */
    attention: z.boolean(),
    /** GET EVENT STATUS has something to say: 0 nothing, 1 eject requested, 2 new medium, 3 medium removed. */
    event: z.int().min(0).max(3),
  })
  .refine((s) => s.at <= s.blockEnd && s.blockEnd <= s.end, 'the buffer is not in order')
  .refine((s) => s.buffer.length === s.end, 'the buffer has another length');
export type DriveState = z.output<typeof driveState>;

const channelState = z.strictObject({
  control: byte,
  /** DEV of the device register. */
  selected: z.union([z.literal(0), z.literal(1)]),
  busMaster: z.strictObject({
    command: byte.refine((value) => (value & ~BusMasterCommand.MASK) === 0, 'has bits that the register lacks'),
    status: byte.max(0x67),
    table: z.int32(),
    /** Bytes of the table that were read, and the region under way. */
    tableAt: z.int().min(0).max(0x1_0000),
    address: z.int32(),
    left: z.int().min(0).max(0x1_0000),
    last: z.boolean(),
  }),
});
export type ChannelState = z.output<typeof channelState>;

const schema = z.strictObject({
  config: bytes(256, 'configuration space has 256 bytes'),
  channels: z.tuple([channelState, channelState]),
  drives: z.array(driveState.nullable()).length(UNITS),
});
export type IdeState = z.output<typeof schema>;
export const ideState = versioned(1, schema);
