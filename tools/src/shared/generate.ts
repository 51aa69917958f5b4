import { fileURLToPath } from 'node:url';
import { generateFiles, logger, offsetFromRoot, type GeneratorCallback, type Tree } from '@nx/devkit';
import { readNames, type PackageOptions } from './names.ts';
import { chooseDirectory, findTarget, type Target } from './target.ts';
import { OWN_VERSION, VERSIONS } from './versions.ts';

// The same two folders up from src/shared and from dist/shared.
const templates = (folder: string): string => fileURLToPath(new URL(`../../templates/${folder}`, import.meta.url));

/** A substitution in file names, so that no template is taken for a spec of this package. */
const FILE_NAMES = { spec: 'spec', dot: '.' };

/** Writes a package of the given role: the role's own files and those of the place it goes to. */
export function generatePackage(
  tree: Tree,
  role: 'device' | 'backend',
  options: PackageOptions,
  more: Readonly<Record<string, string>> = {},
): GeneratorCallback {
  const target = findTarget(tree);
  const names = readNames(options, target.flavour === 'workspace' ? '@polyvisor' : undefined);
  const directory = chooseDirectory(tree, target, names.name, options.directory);
  const substitutions = {
    ...names, ...more, ...FILE_NAMES, role, directory,
    flavour: target.flavour,
    polyvisor: target.version ?? OWN_VERSION,
    versions: VERSIONS,
    offset: offsetFromRoot(directory),
  };
  for (const folder of [role, target.flavour]) generateFiles(tree, templates(folder), directory, substitutions);
  return () => {
    for (const line of nextSteps(target, directory)) logger.info(line);
  };
}

function nextSteps(target: Target, directory: string): string[] {
  if (target.flavour === 'standalone') {
    return ['', 'Next:', `  cd ${directory}`, '  npm install', '  npm test', '  npm run build'];
  }
  return [
    '',
    'Next:',
    '  npm install',
    `  npx vitest run --project node ${directory}/`,
    '  npx changeset',
  ];
}
