import { describeBackend, describeDevice } from '@polyvisor/testkit/vitest';
import { alarm } from './alarm.ts';
import { memoryFiles } from './files/memory-files.ts';
import { osBackend } from './plugin.ts';
import { makeElf } from '../test/elf.ts';
import { RecordingOutput, ScriptedInput } from '../test/streams.ts';

const files = memoryFiles({
  '/bin/wide': makeElf({ bss: 0x10000 }),
  '/bin/narrow': makeElf({ bits: 32 }),
});

describeBackend(osBackend, {
  configs: [
    { program: '/bin/wide', argv: ['wide', 'x'], env: ['A=B'] },
    { program: '/bin/narrow', trace: true },
  ],
  cpus: 2,
  services: ({ random }) => ({
    files,
    streams: { input: new ScriptedInput(), output: new RecordingOutput(), error: new RecordingOutput() },
    entropy: { fill: (into: Uint8Array) => { for (let i = 0; i < into.length; i++) into[i] = random.below(256); } },
    alarm: { set: () => undefined, cancel: () => undefined, onRing: undefined },
  }),
});

describeDevice(alarm, { configs: [{}] });
