import {
  BlockBackendToken, ByteSinkToken, ByteSourceToken, CpuPinsToken, InterruptControllerToken, IommuToken, NetBackendToken,
  PolyvisorError, PowerControlToken, type Iommu, type Token,
} from '@polyvisor/core';
import { testkitErrors } from '../errors/testkit-errors.ts';
import type { Trace } from '../trace/trace.ts';
import { RecordingSink, ScriptedSource } from './bytes.ts';
import { FakeBlock } from './fake-block.ts';
import { FakeInterruptController } from './fake-interrupt-controller.ts';
import { FakeNet } from './fake-net.ts';
import { RecordingPins, RecordingPower } from './power.ts';

type Make = (name: string, trace: Trace) => unknown;

/** An IOMMU that lets everything through. */
const openIommu: Iommu = Object.freeze({
  stream: () => ({
    translate: (address: number) => address,
    remapMessage(address: number, data: number, out: { address: number; data: number }) {
      out.address = address;
      out.data = data;
      return true;
    },
  }),
});

/** One fake for each service that core knows. */
const FAKES: ReadonlyMap<symbol, Make> = new Map<symbol, Make>([
  [ByteSinkToken.key, (name, trace) => new RecordingSink(name, trace)],
  [ByteSourceToken.key, (name, trace) => new ScriptedSource(name, trace)],
  [PowerControlToken.key, (_name, trace) => new RecordingPower(trace)],
  [InterruptControllerToken.key, (_name, trace) => new FakeInterruptController({ trace })],
  [CpuPinsToken.key, (_name, trace) => new RecordingPins(1, trace)],
  [BlockBackendToken.key, (_name, trace) => new FakeBlock({ trace })],
  [NetBackendToken.key, (_name, trace) => new FakeNet(trace)],
  [IommuToken.key, () => openIommu],
]);

/** A fake for each service in `wanted`: the given one, or core's own. Throws `testkit/no-fake-service`. */
export function fakeServices(
  wanted: { readonly [name: string]: Token<unknown> },
  given: { readonly [name: string]: unknown },
  trace: Trace,
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, token] of Object.entries(wanted)) {
    if (Object.hasOwn(given, name)) {
      out[name] = given[name];
      continue;
    }
    const make = FAKES.get(token.key);
    if (!make) throw new PolyvisorError([testkitErrors['no-fake-service'](name, { name, token: token.name })]);
    out[name] = make(name, trace);
  }
  return out;
}
