import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TINY_PROMPT, tinyGuest } from '@polyvisor/guest-tiny';
import { cache } from './debian/cache.ts';
import { debianBusybox, debianKernel, hostBusybox, hostKernel, type Found } from './debian/files.ts';
import type { Progress } from './debian/packages.ts';
import { SHELL_PROMPT, shellInitramfs } from './initramfs.ts';

/** What there is to boot. */
export interface Guest {
  readonly name: string;
  readonly kernel: string;
  readonly initrd: string | undefined;
  /** Matches the end of the output while the guest waits for a command. */
  readonly prompt: RegExp;
}

/** A kernel and busybox, from Debian or from this host; or why there are none. */
export function debianGuest(progress: Progress): Guest | { readonly reason: string } {
  const kernel = firstOf(progress, () => debianKernel(progress), hostKernel);
  if ('reason' in kernel) return kernel;
  const busybox = firstOf(progress, () => debianBusybox(progress), hostBusybox);
  if ('reason' in busybox) return busybox;
  const initrd = keep('initramfs.cpio', shellInitramfs(readFileSync(busybox.path)));
  return { name: 'Linux', kernel: kernel.path, initrd, prompt: SHELL_PROMPT };
}

/** The guest that is always there. */
export function tinyGuestFile(): Guest {
  return { name: 'the tiny guest', kernel: keep('tiny.elf', tinyGuest()), initrd: undefined, prompt: new RegExp(`${TINY_PROMPT}$`) };
}

function firstOf(progress: Progress, debian: () => Found, host: () => Found): Found {
  const first = attempt(debian);
  if ('path' in first) return first;
  const second = host();
  if ('reason' in second) return { reason: `${first.reason}; ${second.reason}` };
  progress(`${first.reason}; taking ${second.path}`);
  return second;
}

/** A cache that cannot be written is a reason like any other. */
function attempt(find: () => Found): Found {
  try {
    return find();
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Puts a file in the cache, whole at once: another process may be reading the one of before. */
function keep(name: string, content: Uint8Array): string {
  const folder = join(cache, 'start');
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'new-'));
  const path = join(folder, name);
  try {
    writeFileSync(join(work, name), content);
    renameSync(join(work, name), path);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return path;
}
