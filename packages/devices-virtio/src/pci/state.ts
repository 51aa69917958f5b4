import { z } from 'zod';
import { NO_VECTOR } from './registers.ts';

const vector = z.int().min(0).max(NO_VECTOR);

export const pciTransportState = z.strictObject({
  /** What the configuration space holds. */
  space: z.instanceof(Uint8Array).refine((bytes) => bytes.length === 256, 'configuration space has 256 bytes'),
  msix: z.strictObject({ entries: z.array(z.int32()), pending: z.array(z.int32()) }),
  isr: z.int().min(0).max(3),
  configVector: vector,
  queueVectors: z.array(vector),
  deviceFeatureSelect: z.int32(),
  driverFeatureSelect: z.int32(),
  queueSelect: z.int().min(0).max(0xffff),
});
export type PciTransportState = z.output<typeof pciTransportState>;
