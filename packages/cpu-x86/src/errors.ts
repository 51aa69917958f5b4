import { defineErrors } from '@polyvisor/core';

/** Every error that the processor raises. Guests cannot cause any. */
export const cpuErrors = defineErrors('cpu', {
  'no-such-model': (p: { model: string; models: string }) => ({
    thing: `CPU model ${p.model}`,
    message: 'there is no such model',
    remedy: `Use one of: ${p.models}.`,
  }),
  'no-mmu': (_: Record<string, never>) => ({
    thing: 'cpu/x86',
    message: 'this processor translates addresses, and the machine has no MMU',
    remedy: "Name one in the machine's description, for example \"mmu\": { \"kind\": \"mmu/ept\" }.",
  }),
});
