import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** The path of a program that is named without a slash, as a shell finds it; the name itself when it is nowhere. */
export function findOnPath(program: string, path: string): string {
  if (program.includes('/')) return program;
  return path.split(':').map((folder) => join(folder === '' ? '.' : folder, program)).find(isProgram) ?? program;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
