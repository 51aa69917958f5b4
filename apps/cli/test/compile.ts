/** C programs for tests, compiled by the host's gcc; for i386 with Debian's libraries. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from '../src/start/debian/cache.ts';
import { debianPackage, type Architecture } from '../src/start/debian/packages.ts';

/** A statically linked program, or why there is none. */
export function compile(name: string, source: string, architecture: Architecture, flags: readonly string[]): { readonly path: string } | { readonly reason: string } {
  const target = architecture === 'i386' ? narrowTarget() : { flags: [] };
  if ('reason' in target) return target;
  const folder = join(cache, 'compiled', architecture);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  const args = ['-O2', '-static', '-frounding-math', ...target.flags, ...flags, source, '-o', path, '-lm'];
  const run = spawnSync('gcc', args, { encoding: 'utf8' });
  if (run.error) return { reason: `there is no gcc: ${run.error.message}` };
  return run.status === 0 ? { path } : { reason: `gcc cannot compile for ${architecture}: ${run.stderr.split('\n')[0]!}` };
}

function narrowTarget(): { readonly flags: readonly string[] } | { readonly reason: string } {
  const [libc, libgcc, headers] = ['libc6-dev', 'libgcc-12-dev', 'linux-libc-dev'].map((name) => debianPackage(name, 'i386'));
  for (const fetched of [libc!, libgcc!, headers!]) if ('reason' in fetched) return fetched;
  const [c, gcc, linux] = [libc!, libgcc!, headers!].map((fetched) => ('folder' in fetched ? fetched.folder : '')) as [string, string, string];
  const libraries = [join(c, 'usr/lib/i386-linux-gnu'), join(gcc, 'usr/lib/gcc/i686-linux-gnu/12')];
  const includes = [join(c, 'usr/include/i386-linux-gnu'), join(c, 'usr/include'), join(linux, 'usr/include')];
  return { flags: ['-m32', ...includes.flatMap((f) => ['-isystem', f]), ...libraries.flatMap((f) => ['-B', `${f}/`, '-L', f])] };
}
