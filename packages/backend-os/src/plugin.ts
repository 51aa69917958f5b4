import { FRAME_SIZE, RIGHTS_RAM, defineBackend, refusesSnapshot } from '@polyvisor/core';
import { osConfig } from './config.ts';
import { HostFilesToken } from './files/host-files.ts';
import { StreamsToken } from './files/streams.ts';
import { Kernel } from './kernel.ts';
import { AlarmToken, EntropyToken } from './services.ts';

/** Runs a Linux program without a guest kernel: the kernel is TypeScript. */
export const osBackend = defineBackend({
  kind: 'backend/os',
  api: 1,
  summary: 'Runs an unmodified Linux program; the kernel is TypeScript.',
  config: osConfig,
  state: refusesSnapshot('a program holds open files of the host, which a snapshot cannot carry'),
  services: { files: HostFilesToken, streams: StreamsToken, entropy: EntropyToken, alarm: AlarmToken },
  layout: (bytes) => [{ gfn: 0, count: bytes / FRAME_SIZE, rights: RIGHTS_RAM }],
  create: (config, host) => new Kernel(config, host),
});
