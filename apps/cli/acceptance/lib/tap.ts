import { spawnSync } from 'node:child_process';

/** Why there can be no TAP device in a network namespace that the command makes; undefined when there can. */
export function tapObstacle([command = '', ...args]: readonly string[]): string | undefined {
  if (!process.allowedNodeEnvironmentFlags.has('--experimental-ffi')) return `Node ${process.version} has no node:ffi`;
  const { error, status, stderr } = spawnSync(command, [...args, 'ip', 'tuntap', 'add', 'dev', 'tap0', 'mode', 'tap'], { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim().split('\n').at(-1));
}
