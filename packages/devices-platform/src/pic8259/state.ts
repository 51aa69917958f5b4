import { z } from 'zod';

const byte = z.int().min(0).max(0xff);

/** One 8259A. */
export const pic8259StateSchema = z.strictObject({
  /** Inputs that are high. */
  lines: byte,
  /** Edges that were seen and not acknowledged. */
  latch: byte,
  imr: byte,
  isr: byte,
  elcr: byte,
  /** ICW2: the vector of input 0. */
  base: z.int().min(0).max(0xf8).multipleOf(8),
  /** ICW3 of a master: the inputs with slaves. */
  slaves: byte,
  /** The input of lowest priority. */
  lowest: z.int().min(0).max(7),
  /** The initialization command word that is expected next; 0 outside of an initialization. */
  expects: z.union([z.literal(0), z.literal(2), z.literal(3), z.literal(4)]),
  single: z.boolean(),
  wantsIcw4: z.boolean(),
  autoEoi: z.boolean(),
  rotateInAutoEoi: z.boolean(),
  specialFullyNested: z.boolean(),
  specialMask: z.boolean(),
  readsIsr: z.boolean(),
  polled: z.boolean(),
});

export type Pic8259State = z.output<typeof pic8259StateSchema>;

export const picPairStateSchema = z.strictObject({ master: pic8259StateSchema, slave: pic8259StateSchema });
export type PicPairState = z.output<typeof picPairStateSchema>;
