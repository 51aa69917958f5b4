import { expect, test } from 'vitest';
import { ByteSinkToken, Scope, decodeSnapshot, defineDevice, encodeSnapshot, stateless } from '@polyvisor/core';
import { scriptedCpu } from '@polyvisor/testkit';
import { plainBackend } from '@polyvisor/testkit/fixtures';
import { z } from 'zod';
import { createMachine, restoreMachine } from './index.ts';

const printer = defineDevice({
  kind: 'test/printer',
  api: 1,
  summary: 'Passes bytes on.',
  config: z.strictObject({}),
  state: stateless,
  resources: () => ({ pio: { regs: { size: 1, prefer: 0xe9 } }, services: { out: ByteSinkToken } }),
  create: (_config, host) => ({
    regions: { regs: { read: () => 0, write: (_offset, _size, value) => { host.services.out.write(value); } } },
    reset: () => undefined,
  }),
});

test('a machine runs, is saved, restored and goes on in a browser', async () => {
  let output = '';
  const scope = (): Scope =>
    Scope.root().provide(ByteSinkToken, { write: (byte) => { output += String.fromCharCode(byte); } });
  const plugins = { devices: [printer], cpus: [scriptedCpu], backends: [plainBackend] };
  const program = [{ print: 'hello ', port: 0xe9 }, { print: 'page', port: 0xe9 }, { set: ['rax', 0] }, { set: ['rbx', 5] }, { exit: { kind: 'hypercall', instruction: 'vmcall', vector: 0, length: 1 } }];
  const machine = createMachine(
    { memory: '1MiB', cpu: { kind: scriptedCpu.kind, config: { program } }, backend: { kind: plainBackend.kind }, devices: { out: { kind: printer.kind } } },
    { plugins, scope: scope() },
  );
  machine.run(6);
  const bytes = encodeSnapshot(machine.save());
  machine.destroy();
  const restored = restoreMachine(decodeSnapshot(bytes), { plugins, scope: scope() });
  restored.resume();
  expect(await restored.finished).toEqual({ kind: 'off', status: 5 });
  expect(output).toBe('hello page');
});
