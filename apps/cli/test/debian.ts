/** Debian's packages for tests, unpacked in the user's cache, never in the tree; the host's package database stays as it is. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export type Architecture = 'amd64' | 'i386';

/** A folder, or why there is none. */
export type Fetched = { readonly folder: string } | { readonly reason: string };

export const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'polyvisor');

/** Runs a program; what it said when it failed. */
function failure(command: string, args: readonly string[], cwd: string): string | undefined {
  const run = spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  if (run.error) return run.error.message;
  return run.status === 0 ? undefined : run.stderr.trim().split('\n').at(-1) ?? `${command} failed`;
}

/** apt with lists and a cache of its own, for one architecture; with the host's sources and keys. */
function aptOptions(architecture: Architecture): string[] {
  const root = join(cache, 'apt', architecture);
  for (const folder of ['state/lists/partial', 'cache/archives/partial']) mkdirSync(join(root, folder), { recursive: true });
  const settings = [
    `APT::Architecture=${architecture}`, `APT::Architectures::=${architecture}`, 'APT::Sandbox::User=', `Dir::State=${root}/state`,
    'Dir::State::status=/dev/null', `Dir::Cache=${root}/cache`,
  ];
  return settings.flatMap((setting) => ['-o', setting]);
}

/** The unpacked content of a package, fetched when it is not in the cache. */
export function debianPackage(name: string, architecture: Architecture): Fetched {
  const folder = join(cache, 'debian', architecture, name);
  if (existsSync(folder)) return { folder };
  if (process.platform !== 'linux' || process.arch !== 'x64') return { reason: 'the native run needs Linux on x86-64' };
  mkdirSync(join(cache, 'debian', architecture), { recursive: true });
  const work = mkdtempSync(`${folder}-`);
  try {
    const options = aptOptions(architecture);
    const download = (): string | undefined => failure('apt-get', [...options, '--quiet', 'download', name], work);
    if (download() !== undefined) {
      // Some of the lists may be missing without harm: the download says whether the package was found.
      failure('apt-get', [...options, '--quiet', 'update'], work);
      const failed = download();
      if (failed !== undefined) return { reason: `apt-get cannot download ${name} for ${architecture}: ${failed}` };
    }
    const archive = readdirSync(work).find((file) => file.endsWith('.deb')) ?? '';
    const failed = failure('dpkg', ['-x', archive, 'content'], work);
    if (failed !== undefined) return { reason: `${name} for ${architecture} cannot be unpacked: ${failed}` };
    renameSync(join(work, 'content'), folder);
    return { folder };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A program of a package that runs on this host, too. */
export function debianProgram(name: string, architecture: Architecture, path: string, probe: readonly string[]): { readonly path: string } | { readonly reason: string } {
  const fetched = debianPackage(name, architecture);
  if ('reason' in fetched) return fetched;
  const program = join(fetched.folder, path);
  const failed = failure(program, probe, '/');
  return failed === undefined ? { path: program } : { reason: `${program} does not run on this host: ${failed}` };
}
