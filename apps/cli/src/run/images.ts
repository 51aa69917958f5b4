import { readFileSync } from 'node:fs';
import type { BootImages } from '@polyvisor/backend-fullvirt';
import { PolyvisorError } from '@polyvisor/core';
import { moduleList, readKernel } from '@polyvisor/firmware';
import { runErrors } from './errors.ts';
import type { RunOptions } from './options/types.ts';

const FRAME = 4096;

/** Reads what the machine starts with; a kernel is expanded. */
export function loadImages(options: RunOptions): BootImages {
  const { kernel: path, initrd: initrdPath, bios } = options;
  if (bios !== undefined) return { firmware: { name: bios, bytes: padded(read('-bios', bios)) } };
  if (path === undefined) throw new PolyvisorError([runErrors['no-kernel']('', { option: '-kernel' })]);
  const kernel = readKernel(read('-kernel', path), path, options.entry);
  if (kernel.entry === 'multiboot') {
    const modules = moduleList(initrdPath ?? '').map((module) => ({ name: module.path, bytes: read('-initrd', module.path), commandLine: module.commandLine }));
    return { kernel, modules, commandLine: options.append };
  }
  const initrd = initrdPath === undefined ? undefined : { name: initrdPath, bytes: read('-initrd', initrdPath) };
  return { kernel, initrd, commandLine: options.append };
}

/** Whole frames: what is missing stands in front, so that the end stays where the reset vector is. */
function padded(bytes: Uint8Array): Uint8Array {
  const size = Math.ceil(bytes.length / FRAME) * FRAME;
  if (size === bytes.length) return bytes;
  const whole = new Uint8Array(size);
  whole.set(bytes, size - bytes.length);
  return whole;
}

export function read(option: string, path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PolyvisorError([runErrors['unreadable-file']('', { option, path, why }, cause)]);
  }
}
