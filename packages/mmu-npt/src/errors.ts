import { defineErrors } from '@polyvisor/core';

const hex = (n: number): string => `0x${n.toString(16)}`;

/** Every error that these MMUs raise. Guests cannot cause any. */
export const mmuErrors = defineErrors('mmu', {
  'wrong-format': (p: { strategy: string; format: string }) => ({
    thing: p.strategy,
    message: `mmu/${p.strategy} cannot walk a table in ${p.format} format`,
    remedy: `Create the address space with the format '${p.strategy}', or choose mmu/${p.format}.`,
  }),
  'bad-window': (p: { host: number; size: number; bytes: number }) => ({
    thing: 'window',
    message: `${p.size} bytes from ${hex(p.host)} on are not within the ${p.bytes} bytes of the Host's memory`,
    remedy: 'Give the place of memory that belongs to this machine.',
  }),
  'no-such-cpu': (p: { cpu: number; cpus: number }) => ({
    thing: `vCPU ${p.cpu}`,
    message: `there is no vCPU ${p.cpu}; the MMU was made for ${p.cpus}`,
    remedy: 'Create the MMU for as many vCPUs as the machine has.',
  }),
});
