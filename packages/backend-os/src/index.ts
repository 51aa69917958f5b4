export { osBackend } from './plugin.ts';
export { alarm } from './alarm.ts';
export { osErrors } from './problems.ts';
export type { OsConfig } from './config.ts';
export { AlarmToken, EntropyToken, type Alarm, type Entropy } from './services.ts';
export { StreamsToken, type InputStream, type OutputStream, type Streams, type TerminalSize } from './files/streams.ts';
export {
  EntryKind, HostFilesToken, bytePath, showPath, type BytePath, type DirectoryEntry, type HostFile, type HostFiles,
} from './files/host-files.ts';
export { memoryFiles, type MemoryFile } from './files/memory-files.ts';
export { Mode, type Stat } from './files/stat.ts';
export { Errno, type ErrnoName } from './errno.ts';
export { CALLS } from './calls/table.ts';
