/** Node only: the tools of Debian's package qemu-utils, against which images are compared. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** In CI everything is installed, so that nothing is skipped silently there. */
const missing = ['qemu-img', 'qemu-io'].find((name) => !existsSync(`/usr/bin/${name}`));
export const withoutQemu = missing !== undefined && process.env['CI'] === undefined;
export const whySkipped = withoutQemu ? ` (skipped: ${missing} is not installed; it is in the package qemu-utils)` : '';

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function tool(name: 'qemu-img' | 'qemu-io', ...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(name, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** Runs a tool that must succeed. */
export function must(name: 'qemu-img' | 'qemu-io', ...args: string[]): string {
  const { status, stdout, stderr } = tool(name, ...args);
  if (status !== 0) throw new Error(`${name} ${args.join(' ')} ended with ${String(status)}: ${stdout}${stderr}`);
  return stdout;
}

/** A folder for the images of a spec. */
export function scratch(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'polyvisor-block-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return (name) => join(folder, name);
}
