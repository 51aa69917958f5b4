import { randomFillSync } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { EntropyToken, HostFilesToken, StreamsToken, alarm, osBackend, type Entropy } from '@polyvisor/backend-os';
import { PolyvisorError, Scope } from '@polyvisor/core';
import { cpuX86 } from '@polyvisor/cpu-x86';
import { createMachine } from '@polyvisor/machine';
import { eptMmu } from '@polyvisor/mmu-npt';
import { nodeFiles } from '../host/node-files.ts';
import { nodeStreams, writeError } from '../host/node-streams.ts';

export interface ExecOptions {
  /** Path of the program. */
  readonly program: string;
  readonly argv: readonly string[];
  /** As NAME=VALUE. */
  readonly env: readonly string[];
  readonly cwd: string;
  /** Bytes. */
  readonly memory: number;
  /** Model of the processor; the engine's own choice without. */
  readonly cpu?: string | undefined;
  readonly trace?: boolean | undefined;
}

const PAGE = 4096;
const entropy: Entropy = { fill: (into) => void randomFillSync(into) };

/** Runs a program to its end with the files and streams of this process; its status. Throws a `PolyvisorError`. */
export async function executeProgram(options: ExecOptions): Promise<number> {
  const scope = Scope.root()
    .provide(HostFilesToken, nodeFiles)
    .provide(StreamsToken, nodeStreams())
    .provide(EntropyToken, entropy);
  const { program, argv, env, cwd, trace = false, memory, cpu } = options;
  const machine = createMachine(
    {
      name: 'exec',
      memory: Math.floor(memory / PAGE) * PAGE,
      cpu: { kind: cpuX86.kind, config: cpu === undefined ? {} : { model: cpu } },
      mmu: { kind: eptMmu.kind, config: {} },
      backend: {
        kind: osBackend.kind,
        config: {
          program, argv, env, trace, cwd: resolve(cwd), hostname: hostname().slice(0, 64), epoch: Date.now(),
          uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0,
        },
      },
      devices: { alarm: { kind: alarm.kind } },
    },
    { plugins: { devices: [alarm], cpus: [cpuX86], mmus: [eptMmu], backends: [osBackend] }, scope },
  );
  machine.events.log.stream.subscribe(({ level, message }) => {
    writeError(level === 'info' ? `${message}\n` : `polyvisor: ${message}\n`);
  });
  machine.start();
  const outcome = await machine.finished;
  machine.destroy();
  if (outcome.kind === 'faulted') throw new PolyvisorError([outcome.problem]);
  return outcome.kind === 'off' ? outcome.status : 1;
}
