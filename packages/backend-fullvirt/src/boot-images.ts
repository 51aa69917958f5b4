import { token } from '@polyvisor/core';
import type { KernelImage } from '@polyvisor/firmware';

/** What the machine starts with, at power-on and after each reset. */
export type BootImages = KernelImages | FirmwareImages;

/** A kernel that the backend loads. */
export interface KernelImages {
  /** From `readKernel` of `@polyvisor/firmware`. */
  readonly kernel: KernelImage;
  readonly firmware?: undefined;
  readonly initrd?: { readonly name: string; readonly bytes: Uint8Array } | undefined;
  /** Further files for a multiboot kernel. */
  readonly modules?: readonly { readonly name: string; readonly bytes: Uint8Array; readonly commandLine: string }[] | undefined;
  readonly commandLine: string;
}

/** A BIOS or UEFI image, which finds an operating system itself. */
export interface FirmwareImages {
  /** Whole frames, up to 16 MiB; the reset vector is in the last 16 bytes. */
  readonly firmware: { readonly name: string; readonly bytes: Uint8Array };
  readonly kernel?: undefined;
}

export const BootImagesToken = token<BootImages>('backend-fullvirt/BootImages');
