import { Errno } from '../errno.ts';
import { DeviceFile, fullDevice, nullDevice, randomDevice, zeroDevice, type DeviceBehaviour } from './device-file.ts';
import type { BytePath } from './host-files.ts';
import { MadeUpFiles, type MadeUpNode } from './made-up.ts';
import type { OpenFile } from './open-file.ts';
import { RegularFile, textContent } from './regular-file.ts';
import { Mode, deviceNumber, type Stat } from './stat.ts';

const link = (target: () => BytePath): MadeUpNode => ({ kind: 'link', target });
const directory = (children: Record<string, MadeUpNode>): MadeUpNode => ({ kind: 'directory', children: () => children });

function device(minor: number, behaviour: DeviceBehaviour): MadeUpNode {
  // Major 1: memory devices (Documentation/admin-guide/devices.txt).
  const stat = { mode: Mode.character | 0o666, special: deviceNumber(1, minor) };
  return { kind: 'file', stat, open: (path, flags, full) => new DeviceFile(path, flags, full, behaviour) };
}

/** `/dev`: the devices that every program may expect, and no device of the host. */
export function deviceTree(parts: { readonly random: (into: Uint8Array) => void; readonly terminal: () => OpenFile | undefined }): MadeUpFiles {
  const random = randomDevice(parts.random);
  const tty: MadeUpNode = {
    kind: 'file',
    stat: { mode: Mode.character | 0o666, special: deviceNumber(5, 0) },
    open: () => parts.terminal() ?? -Errno.ENXIO,
  };
  return new MadeUpFiles('/dev', directory({
    null: device(3, nullDevice),
    zero: device(5, zeroDevice),
    full: device(7, fullDevice),
    random: device(8, random),
    urandom: device(9, random),
    tty,
    stdin: link(() => '/proc/self/fd/0'),
    stdout: link(() => '/proc/self/fd/1'),
    stderr: link(() => '/proc/self/fd/2'),
    fd: link(() => '/proc/self/fd'),
  }));
}

/** What `/proc/self` tells of a process. */
export interface ProcSource {
  pid(): number;
  executable(): BytePath;
  workingDirectory(): BytePath;
  maps(): string;
  commandLine(): string;
  descriptors(): readonly number[];
  file(fd: number): OpenFile | undefined;
}

function made(text: () => string): MadeUpNode {
  const open = (path: BytePath, flags: number, stat: Stat): OpenFile => new RegularFile(path, flags, textContent(text(), stat));
  return { kind: 'file', stat: { mode: Mode.regular | 0o444 }, open };
}

/** What has a name is a link to it; a stream has none and is opened again as itself. */
function descriptor(source: ProcSource, fd: number): MadeUpNode {
  const file = source.file(fd);
  if (file === undefined || file.path.startsWith('/')) return link(() => file?.path ?? '');
  return { kind: 'file', stat: { mode: file.stat().mode }, open: () => file };
}

/** `/proc`: the process itself, and nothing of the host's processes. */
export function processTree(source: ProcSource): MadeUpFiles {
  const fds: MadeUpNode = {
    kind: 'directory',
    children: () => Object.fromEntries(source.descriptors().map((fd) => [String(fd), descriptor(source, fd)])),
  };
  const self = directory({
    exe: link(() => source.executable()),
    cwd: link(() => source.workingDirectory()),
    root: link(() => '/'),
    maps: made(() => source.maps()),
    cmdline: made(() => source.commandLine()),
    fd: fds,
  });
  const root = (): Record<string, MadeUpNode> => ({ self: link(() => String(source.pid())), [String(source.pid())]: self });
  return new MadeUpFiles('/proc', { kind: 'directory', children: root });
}
