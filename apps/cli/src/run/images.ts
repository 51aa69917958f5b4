import { readFileSync } from 'node:fs';
import type { BootImages } from '@polyvisor/backend-fullvirt';
import { PolyvisorError } from '@polyvisor/core';
import { readKernel } from '@polyvisor/firmware';
import { runErrors } from './errors.ts';
import type { RunOptions } from './options.ts';

/** Reads kernel and initial RAM disk, and expands the kernel. */
export function loadImages(options: RunOptions): BootImages {
  const kernel = readKernel(read('-kernel', options.kernel), options.kernel, options.entry);
  const initrd = options.initrd === undefined ? undefined : { name: options.initrd, bytes: read('-initrd', options.initrd) };
  return { kernel, initrd, commandLine: options.append };
}

function read(option: string, path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PolyvisorError([runErrors['unreadable-file']('', { option, path, why }, cause)]);
  }
}
