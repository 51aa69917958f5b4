import { token } from '@polyvisor/core';
import type { KernelImage } from '@polyvisor/firmware';

/** What the machine starts with, at power-on and after each reset. */
export interface BootImages {
  /** From `readKernel` of `@polyvisor/firmware`. */
  readonly kernel: KernelImage;
  readonly initrd?: { readonly name: string; readonly bytes: Uint8Array } | undefined;
  readonly commandLine: string;
}

export const BootImagesToken = token<BootImages>('backend-fullvirt/BootImages');
