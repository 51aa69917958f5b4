import {
  FRAME_SIZE, RESUME, RIGHTS_RAM, WAIT, defineBackend, defineErrors, stateless,
  type BackendExit, type Vcpu, type Verdict,
} from '@polyvisor/core';
import { z } from 'zod';

const errors = defineErrors('acme', {
  'unanswered-exit': (p: { kind: string; at: number }) => ({
    thing: p.kind,
    message: `the guest left with "${p.kind}" at 0x${p.at.toString(16)}, which this backend cannot answer`,
    remedy: 'Run a guest that ends by a hypercall.',
  }),
});

/** A hypercall ends the machine with RBX as its status, or does nothing when RAX is not 0. */
function handle(vcpu: Vcpu, exit: BackendExit): Verdict {
  if (exit.kind === 'halted') return WAIT;
  if (exit.kind === 'hypercall') {
    if (vcpu.state.get('rax') === 0n) return { kind: 'power-off', status: vcpu.state.low('rbx') };
    vcpu.state.set('rip', vcpu.state.get('rip') + BigInt(exit.length));
    return RESUME;
  }
  const at = exit.kind === 'unimplemented' ? exit.linear : vcpu.state.low('rip');
  return { kind: 'fault', problem: errors['unanswered-exit'](`cpu.${vcpu.index}`, { kind: exit.kind, at }) };
}

/** A third party's backend. */
export const acmeBackend = defineBackend({
  kind: 'acme/backend',
  api: 1,
  summary: 'Waits when the guest halts and ends by a hypercall.',
  config: z.strictObject({}),
  state: stateless,
  services: {},
  layout: (bytes) => [{ gfn: 0, count: bytes / FRAME_SIZE, rights: RIGHTS_RAM }],
  create: (_config, { vcpus }) => ({
    boot() {
      for (const { control } of vcpus) {
        control.clear();
        control.intercept('hypercall');
      }
    },
    handle,
    save: () => undefined,
    destroy: () => undefined,
  }),
});
