import { randomFillSync } from 'node:crypto';
import { Scope } from '@polyvisor/core';
import { cpuX86 } from '@polyvisor/cpu-x86';
import { createMachine } from '@polyvisor/machine';
import { eptMmu } from '@polyvisor/mmu-npt';
import { expect, test } from 'vitest';
import { makeElf } from '../test/elf.ts';
import { RecordingOutput, ScriptedInput } from '../test/streams.ts';
import { EntropyToken, HostFilesToken, StreamsToken, alarm, memoryFiles, osBackend } from './index.ts';

/** mov eax, 60 (exit); mov edi, 7; syscall */
const CODE = Uint8Array.of(0xb8, 60, 0, 0, 0, 0xbf, 7, 0, 0, 0, 0x0f, 0x05);

test('the example of the README runs a program', async () => {
  const program = makeElf({ code: CODE });
  const input = new ScriptedInput(), output = new RecordingOutput(), error = new RecordingOutput();

  const scope = Scope.root()
    .provide(HostFilesToken, memoryFiles({ '/bin/hello': program }))
    .provide(StreamsToken, { input, output, error })
    .provide(EntropyToken, { fill: (into) => void randomFillSync(into) });
  const machine = createMachine(
    {
      memory: '512MiB',
      cpu: { kind: 'cpu/x86' },
      mmu: { kind: 'mmu/ept', config: {} },
      backend: { kind: 'backend/os', config: { program: '/bin/hello', argv: ['hello'], env: ['LANG=C'] } },
      devices: { alarm: { kind: 'os/alarm' } },
    },
    { plugins: { devices: [alarm], cpus: [cpuX86], mmus: [eptMmu], backends: [osBackend] }, scope },
  );
  machine.start();
  const outcome = await machine.finished;
  machine.destroy();

  expect(outcome).toEqual({ kind: 'off', status: 7 });
});
