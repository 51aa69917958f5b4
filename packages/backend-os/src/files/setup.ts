import type { Process } from '../process/process.ts';
import { mapsOf } from '../process/maps.ts';
import type { System } from '../process/system.ts';
import type { Descriptors } from './descriptors.ts';
import type { FileSystem } from './file-system.ts';
import type { OpenFile } from './open-file.ts';
import { deviceTree, processTree } from './special-trees.ts';
import { StreamFile } from './stream-file.ts';
import type { Streams } from './streams.ts';
import { FileTree } from './tree.ts';

/** Descriptors 0, 1 and 2. */
export function openStreams(descriptors: Descriptors, { input, output, error }: Streams): void {
  // A terminal is one file for all three, as a login leaves it.
  const terminal = input.terminal !== undefined;
  const file = (inode: number, ends: ConstructorParameters<typeof StreamFile>[2]): OpenFile => new StreamFile(`pipe:[${inode}]`, inode, ends);
  descriptors.set(0, file(1, { input, output: terminal ? output : undefined }), false);
  descriptors.set(1, file(2, { output }), false);
  descriptors.set(2, file(3, { output: error }), false);
}

/** All that a process can name: the host's files, and the kernel's own `/dev` and `/proc` in place of the host's. */
export function processFiles(root: FileSystem, system: System, process: () => Process | undefined): FileTree {
  const descriptors = (): Descriptors | undefined => process()?.descriptors;
  const terminal = (): OpenFile | undefined => {
    const file = descriptors()?.get(0);
    return file?.terminal === undefined ? undefined : file;
  };
  const proc = processTree({
    pid: () => process()?.identity.pid ?? 0,
    executable: () => process()?.executable ?? '',
    workingDirectory: () => process()?.workingDirectory ?? '/',
    maps: () => mapsOf(process()),
    commandLine: () => (process()?.argv ?? []).map((argument) => `${argument}\0`).join(''),
    descriptors: () => descriptors()?.numbers() ?? [],
    file: (fd) => descriptors()?.get(fd),
  });
  const dev = deviceTree({ random: (into) => { system.random(into); }, terminal });
  return new FileTree(root, new Map([['/dev', dev], ['/proc', proc]]));
}
