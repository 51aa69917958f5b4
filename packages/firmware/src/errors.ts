import { PolyvisorError, defineErrors, type Problem } from '@polyvisor/core';

const hex = (n: number): string => `0x${n.toString(16)}`;
const mib = (n: number): string => `${Math.ceil(n / 2 ** 20)} MiB`;

/** Every error in images and in how they are to be started. The thing is the image, the place a spot in it. */
export const firmwareErrors = defineErrors('firmware', {
  truncated: (p: { image: string; what: string; needs: number; has: number }) => ({
    thing: p.image,
    message: `${p.what} needs ${p.needs} bytes, and the image has ${p.has}`,
    remedy: 'Fetch the file again: it is not complete.',
  }),
  'not-a-kernel': (p: { image: string; begins: string }) => ({
    thing: p.image,
    message: `this is neither a bzImage nor an ELF file, and has no multiboot header: it begins with ${p.begins}`,
    remedy: 'Give the vmlinuz of a distribution, a bzImage, a vmlinux, or a multiboot kernel.',
  }),
  'bad-elf': (p: { image: string; why: string }) => ({
    thing: p.image,
    message: `the ELF file cannot be used: ${p.why}`,
    remedy: 'Give an executable kernel for x86-64 or i386.',
  }),
  'old-protocol': (p: { image: string; version: number; needs: number; what: string }) => ({
    thing: p.image,
    message: `${p.what} needs boot protocol ${hex(p.needs)}, and the kernel has ${hex(p.version)}`,
    remedy: 'Choose another entry, or a newer kernel.',
  }),
  'unknown-compression': (p: { image: string; begins: string; known: readonly string[] }) => ({
    thing: p.image,
    message: `the kernel is compressed in a format that begins with ${p.begins}; known: ${p.known.join(', ')}`,
    remedy: 'Choose the entry "bzimage64" or "bzimage32", where the kernel decompresses itself.',
  }),
  'corrupt-data': (p: { image: string; format: string; why: string }) => ({
    thing: p.image,
    message: `the ${p.format} data is damaged: ${p.why}`,
    remedy: 'Fetch the file again and compare its checksum.',
  }),
  'no-entry': (p: { image: string; entry: string; why: string }) => ({
    thing: p.image,
    message: `it cannot be started by ${p.entry}: ${p.why}`,
    remedy: 'Choose the entry "auto", or a kernel that has this one.',
  }),
  'does-not-fit': (p: { image: string; what: string; address: number; size: number }) => ({
    thing: p.image,
    message: `${p.what} needs ${p.size} bytes (${mib(p.size)}) at ${hex(p.address)}, where the guest has no free RAM`,
    remedy: 'Give the machine more memory.',
  }),
  'no-room': (p: { image: string; what: string; size: number; below: number }) => ({
    thing: p.image,
    message: `there is no free RAM for ${p.what} of ${p.size} bytes (${mib(p.size)}) below ${hex(p.below)}`,
    remedy: 'Give the machine more memory, or make it smaller.',
  }),
  'long-command-line': (p: { bytes: number; most: number }) => ({
    thing: 'command line',
    message: `it has ${p.bytes} bytes, and this kernel takes ${p.most}`,
    remedy: 'Shorten it.',
  }),
  'bad-archive-entry': (p: { name: string; why: string }) => ({
    thing: p.name,
    message: `the archive cannot hold it: ${p.why}`,
    remedy: 'Change the name or the content of the entry.',
  }),
});

export function refuse(problem: Problem): PolyvisorError {
  return new PolyvisorError([problem]);
}

/** The first bytes of something, for people. */
export function beginning(bytes: Uint8Array): string {
  return bytes.length === 0 ? 'nothing' : Array.from(bytes.subarray(0, 6), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
