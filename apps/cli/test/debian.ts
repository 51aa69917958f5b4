import { join } from 'node:path';
import { debianPackage, failure, type Architecture } from '../src/start/debian/packages.ts';

/** A program of a package that runs on this host, too. */
export function debianProgram(name: string, architecture: Architecture, path: string, probe: readonly string[]): { readonly path: string } | { readonly reason: string } {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { reason: 'the native run needs Linux on x86-64' };
  const fetched = debianPackage(name, architecture);
  if ('reason' in fetched) return fetched;
  const program = join(fetched.folder, path);
  const failed = failure(program, probe, '/');
  return failed === undefined ? { path: program } : { reason: `${program} does not run on this host: ${failed}` };
}
