import { versioned } from '@polyvisor/core';
import { z } from 'zod';
import { ATTR_COUNT, CRTC_COUNT, Dispi, GFX_MASKS, SEQ_MASKS } from './registers.ts';

const bytes = (length: number) => z.instanceof(Uint8Array).refine((given) => given.length === length, `must have ${length} bytes`);
const byte = z.int().min(0).max(0xff);
const word = z.int().min(0).max(0xffff);

const schema = z.strictObject({
  config: bytes(256),
  misc: byte,
  feature: byte,
  /** Input status 1 as it was read last. */
  status: byte,
  /** Addresses, and registers behind them. */
  sequencerIndex: byte,
  sequencer: bytes(SEQ_MASKS.length),
  graphicsIndex: byte,
  graphics: bytes(GFX_MASKS.length),
  crtcIndex: byte,
  crtc: bytes(CRTC_COUNT),
  attributeIndex: byte.max(0x3f),
  attribute: bytes(ATTR_COUNT),
  /** The attribute port's next byte is data. */
  attributeData: z.boolean(),
  /** 256 colours of red, green, blue; those that are being written. */
  colours: bytes(768),
  colour: bytes(3),
  pelMask: byte,
  dacState: z.union([z.literal(0), z.literal(3)]),
  dacRead: byte,
  dacWrite: byte,
  dacStep: z.int().min(0).max(2),
  /** What the last read of memory left in the latches, plane 0 lowest. */
  latch: z.int32(),
  dispiIndex: word,
  dispi: z.array(word).length(Dispi.COUNT),
});
export type VgaState = z.output<typeof schema>;
export const vgaState = versioned(1, schema);
