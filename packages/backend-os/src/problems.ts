import { defineErrors } from '@polyvisor/core';

const hex = (n: number): string => (n < 0 ? String(n) : `0x${n.toString(16)}`);

/** Every error that a user of this backend can meet. */
export const osErrors = defineErrors('backend-os', {
  'no-program': (p: { path: string; why: string }) => ({
    thing: p.path,
    message: `the program cannot be opened: ${p.why}`,
    remedy: 'Give the path of an executable file.',
  }),
  'not-executable': (p: { path: string }) => ({
    thing: p.path,
    message: 'the file may not be executed',
    remedy: 'Make it executable (chmod +x), or name the program that reads it.',
  }),
  'bad-program': (p: { path: string; why: string }) => ({
    thing: p.path,
    message: `the file cannot be run: ${p.why}`,
    remedy: 'Give a Linux program for x86-64 or i386.',
  }),
  'no-loader': (p: { path: string; loader: string; why: string }) => ({
    thing: p.loader,
    message: `the interpreter of ${p.path} cannot be used: ${p.why}`,
    remedy: 'Install it on the host, or run a statically linked program.',
  }),
  'too-many-arguments': (p: { bytes: number; most: number }) => ({
    thing: 'argv',
    message: `arguments and environment have ${p.bytes} bytes`,
    remedy: `Give at most ${p.most} bytes.`,
  }),
  'little-memory': (p: { frames: number }) => ({
    thing: 'memory',
    message: `${p.frames} frames of memory do not hold the program`,
    remedy: 'Give the machine more memory.',
  }),
  'no-memory': (p: { gpa: number; access: string; linear: number }) => ({
    thing: hex(p.gpa),
    message: `the CPU could not ${p.access} guest-physical ${hex(p.gpa)} (linear ${hex(p.linear)})`,
    remedy: 'Report it: the kernel maps its own frames only.',
  }),
  'unexpected-exit': (p: { what: string }) => ({
    thing: p.what,
    message: `the CPU came back with ${p.what}, which this backend did not ask for`,
    remedy: 'Report it to the author of the CPU engine.',
  }),
  'no-debugger': (p: { cause: string; linear: number }) => ({
    thing: p.cause,
    message: `the CPU stopped for a debugger (${p.cause} at ${hex(p.linear)}), and this backend has none`,
    remedy: 'Remove the breakpoint, or use a backend that serves a debugger.',
  }),
  unimplemented: (p: { text: string; bytes: string; linear: number }) => ({
    thing: p.text,
    message: `the CPU engine lacks the instruction ${p.bytes} (${p.text}) at ${hex(p.linear)}`,
    remedy: 'Use an engine or a CPU model that has it.',
  }),
  shutdown: (p: { cpu: number }) => ({
    thing: `cpu.${p.cpu}`,
    message: 'the processor shut down (a triple fault)',
    remedy: 'Report it to the author of the CPU engine: every exception is intercepted.',
  }),
});
