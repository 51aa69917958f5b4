/** What a machine with 20 idle devices takes, beyond guest RAM and V8's own base. Run with --expose-gc. */
import { ByteSinkToken, ByteSourceToken, Scope } from '@polyvisor/core';
import { uart16550 } from '@polyvisor/devices-platform';
import { createMachine, type Machine } from '@polyvisor/machine';
import { FakeInterruptController, scriptedCpu } from '@polyvisor/testkit';
import { plainBackend } from '@polyvisor/testkit/fixtures';
import { InterruptControllerToken } from '@polyvisor/core';
import { report } from './measure.ts';

const DEVICES = 20;
declare const gc: () => void;

function make(): Machine {
  const scope = Scope.root()
    .provide(ByteSinkToken, { write: () => undefined })
    .provide(ByteSourceToken, { read: () => -1, available: 0, onAvailable: undefined })
    .provide(InterruptControllerToken, new FakeInterruptController());
  const devices = Object.fromEntries(
    Array.from({ length: DEVICES }, (_, i) => [`com${i}`, { kind: uart16550.kind, config: { port: 0x1000 + 8 * i, irq: i } }]),
  );
  return createMachine(
    { memory: '64MiB', cpu: { kind: scriptedCpu.kind, config: { program: [] } }, backend: { kind: plainBackend.kind }, devices },
    { plugins: { devices: [uart16550], cpus: [scriptedCpu], backends: [plainBackend] }, scope },
  );
}

/** Bytes in V8's heap and in array buffers, without the Hosts' WebAssembly memories. */
function inUse(machines: readonly Machine[]): number {
  gc();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const counted = machines.reduce((sum, m) => sum + m.host.memory.buffer.byteLength, 0);
  return heapUsed + (arrayBuffers >= counted ? arrayBuffers - counted : arrayBuffers);
}

// The first machine loads code and compiles schemas, which all machines share.
const first = make();
const before = inUse([first]);
const rss = process.memoryUsage.rss();
const second = make();
const after = inUse([first, second]);
console.log('footprint');
report(`  machine with ${DEVICES} idle UARTs, beyond guest RAM: heap and buffers`, (after - before) / 2 ** 20, 'MiB', 5);
report('    growth of the resident set', (process.memoryUsage.rss() - rss) / 2 ** 20, 'MiB');
first.destroy();
second.destroy();
