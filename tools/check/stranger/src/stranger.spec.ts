import { decodeSnapshot, encodeSnapshot } from '@polyvisor/core';
import { describeBackend, describeDevice } from '@polyvisor/testkit/vitest';
import { describe, expect, test } from 'vitest';
import { acmeBackend } from './acme-backend.ts';
import { acmeCounter } from './acme-counter.ts';
import { compose } from './machine.ts';

describeDevice(acmeCounter, { configs: [{}, { port: 0x700, irq: 3 }] });
describeBackend(acmeBackend, { configs: [{}] });

const EXPECTED = 'hello from a stranger\ntick\ntick\ntick\ndone\n';

describe("a machine of a stranger's parts", () => {
  test('runs to its end', async () => {
    const { machine, text } = compose();

    machine.start();

    expect(await machine.finished).toEqual({ kind: 'off', status: 7 });
    expect(text()).toBe(EXPECTED);
    machine.destroy();
  });

  test('goes on from a snapshot that was taken between two ticks', async () => {
    const first = compose();
    first.machine.run(30);
    const bytes = encodeSnapshot(first.machine.save());

    const second = compose(decodeSnapshot(bytes));
    second.machine.resume();

    expect(await second.machine.finished).toEqual({ kind: 'off', status: 7 });
    expect(first.text() + second.text()).toBe(EXPECTED);
    first.machine.destroy();
    second.machine.destroy();
  });
});
