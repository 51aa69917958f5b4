import { defineErrors } from '@polyvisor/core';

const hex = (n: number): string => (n < 0 ? String(n) : `0x${n.toString(16)}`);

/** Every way in which this backend ends a machine. */
export const fullvirtErrors = defineErrors('backend-fullvirt', {
  'unexpected-exit': (p: { what: string }) => ({
    thing: p.what,
    message: `the CPU came back with ${p.what}, which this backend did not ask for`,
    remedy: 'Report it to the author of the CPU engine.',
  }),
  'no-debugger': (p: { cause: string; linear: number }) => ({
    thing: p.cause,
    message: `the CPU stopped for a debugger (${p.cause} at ${hex(p.linear)}), and this backend has none`,
    remedy: 'Remove the breakpoint.',
  }),
  unimplemented: (p: { text: string; bytes: string; linear: number }) => ({
    thing: p.text,
    message: `the CPU engine lacks the instruction ${p.bytes} (${p.text}) at ${hex(p.linear)}`,
    remedy: 'Choose a CPU model without it, or another engine.',
  }),
  shutdown: (p: { cpu: number; rip: string }) => ({
    thing: `cpu.${p.cpu}`,
    message: `the processor shut down (a triple fault) at ${p.rip}`,
    remedy: 'Look at what the guest printed last; onShutdown "reset" restarts it as a PC does.',
  }),
  'bad-firmware': (p: { name: string; size: number }) => ({
    thing: p.name,
    message: `the firmware image has ${p.size} bytes, which is not a multiple of 4096 from 64 KiB to 16 MiB`,
    remedy: 'Give a BIOS or UEFI image, such as bios.bin of SeaBIOS or OVMF.fd.',
  }),
  'no-access': (p: { gpa: number; access: string }) => ({
    thing: hex(p.gpa),
    message: `the CPU could not ${p.access} guest-physical ${hex(p.gpa)}, which is RAM`,
    remedy: 'Give the Host more frames: a page that is shared with a clone needs its own when it is written.',
  }),
});
