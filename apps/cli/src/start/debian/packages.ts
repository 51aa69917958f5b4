/** Debian's packages, unpacked in the user's cache, never in the tree; without root, and the host's package database stays as it is. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './cache.ts';

export type Architecture = 'amd64' | 'i386';

/** A folder, or why there is none. */
export type Fetched = { readonly folder: string } | { readonly reason: string };

/** Told what takes a while. */
export type Progress = (text: string) => void;
const silent: Progress = () => undefined;

/** Seconds that apt waits for a server that does not answer. */
const PATIENCE = 20;

/** Runs a program; what it said when it failed. */
export function failure(command: string, args: readonly string[], cwd: string): string | undefined {
  const run = spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  if (run.error) return (run.error as NodeJS.ErrnoException).code === 'ENOENT' ? `there is no ${command} here` : run.error.message;
  return run.status === 0 ? undefined : run.stderr.trim().split('\n').at(-1) ?? `${command} failed`;
}

/** apt with lists and a cache of its own, for one architecture; with the host's sources and keys. */
function aptOptions(architecture: Architecture): string[] {
  const root = join(cache, 'apt', architecture);
  for (const folder of ['state/lists/partial', 'cache/archives/partial']) mkdirSync(join(root, folder), { recursive: true });
  const settings = [
    `APT::Architecture=${architecture}`, `APT::Architectures::=${architecture}`, 'APT::Sandbox::User=', `Dir::State=${root}/state`,
    'Dir::State::status=/dev/null', `Dir::Cache=${root}/cache`, `Acquire::http::Timeout=${PATIENCE}`, `Acquire::https::Timeout=${PATIENCE}`,
  ];
  return settings.flatMap((setting) => ['-o', setting]);
}

const folderOf = (name: string, architecture: Architecture): string => join(cache, 'debian', architecture, name);

/** The names of packages in the cache, newest version last. */
export function cachedPackages(architecture: Architecture): readonly string[] {
  const folder = join(cache, 'debian', architecture);
  // Folders of unfinished downloads end in a dash and six characters.
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => !/-[A-Za-z0-9]{6}$/.test(name) || existsSync(join(folder, name, 'usr'))) : [];
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** The unpacked content of a package, fetched when it is not in the cache. */
export function debianPackage(name: string, architecture: Architecture, progress: Progress = silent): Fetched {
  const folder = folderOf(name, architecture);
  if (existsSync(folder)) return { folder };
  mkdirSync(join(cache, 'debian', architecture), { recursive: true });
  const work = mkdtempSync(`${folder}-`);
  try {
    const options = aptOptions(architecture);
    const download = (): string | undefined => {
      progress(`downloading Debian's package ${name}`);
      return failure('apt-get', [...options, '--quiet', 'download', name], work);
    };
    if (download() !== undefined) {
      progress('apt does not have it; updating the lists of packages');
      // Some of the lists may be missing without harm: the download says whether the package was found.
      failure('apt-get', [...options, '--quiet', 'update'], work);
      const failed = download();
      if (failed !== undefined) return { reason: `apt-get cannot download ${name} for ${architecture}: ${failed}` };
    }
    const archive = readdirSync(work).find((file) => file.endsWith('.deb')) ?? '';
    const failed = failure('dpkg', ['-x', archive, 'content'], work);
    if (failed !== undefined) return { reason: `${name} for ${architecture} cannot be unpacked: ${failed}` };
    keep(join(work, 'content'), folder);
    return { folder };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Another process may have been faster, with the same content. */
function keep(content: string, folder: string): void {
  try {
    renameSync(content, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

/** The package that a package of no content stands for: the first dependency that the pattern fits. */
export function debianDependency(name: string, pattern: RegExp, architecture: Architecture, progress: Progress = silent): Fetched {
  const meta = debianPackage(name, architecture, progress);
  if ('reason' in meta) return meta;
  // The lists that know the package are those that it came by: the cache's, or the host's if the cache was filled long ago.
  for (const options of [aptOptions(architecture), []]) {
    const { stdout } = spawnSync('apt-cache', [...options, 'depends', name], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
    const dependency = (stdout as string | null)?.split('\n').map((line) => /Depends: (\S+)/.exec(line)?.[1]).find((found) => found !== undefined && pattern.test(found));
    if (dependency !== undefined) return debianPackage(dependency, architecture, progress);
  }
  return { reason: `apt-cache does not know what ${name} depends on` };
}
