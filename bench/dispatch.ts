/** The cost of the machine between a guest's access and a device: port and MMIO dispatch, interrupt lines, events. */
import { defineDevice, EventPoint, stateless, type AnyDevicePlugin, type Region } from '@polyvisor/core';
import { createMachine, type Machine } from '@polyvisor/machine';
import { scriptedCpu } from '@polyvisor/testkit';
import { plainBackend } from '@polyvisor/testkit/fixtures';
import { z } from 'zod';
import { nanoseconds, report } from './measure.ts';

const DEVICES = 64;
const KINDS = 8;
const OPERATIONS = 2_000_000;

/** Eight kinds with regions of different shape, so that the dispatch cannot specialise on one. */
function kind(n: number): { readonly plugin: AnyDevicePlugin; readonly regions: Region[] } {
  const regions: Region[] = [];
  const plugin = defineDevice({
    kind: `bench/kind-${n}`,
    api: 1,
    summary: 'Keeps the last value.',
    config: z.strictObject({}),
    state: stateless,
    resources: () => ({ pio: { regs: { size: 8 } }, mmio: { bar: { size: 4096 } } }),
    create() {
      let last = 0;
      const padding = Object.fromEntries(Array.from({ length: n }, (_, i) => [`field${i}`, i]));
      const region: Region = {
        ...padding,
        read: (offset) => (last + offset) | 0,
        write: (offset, _size, value) => {
          last = (value + offset) | 0;
        },
      };
      regions.push(region);
      return { regions: { regs: region, bar: region }, reset: () => undefined };
    },
  });
  return { plugin, regions };
}

const kinds = Array.from({ length: KINDS }, (_, n) => kind(n));
const place = (i: number): [string, object] => [
  `d${i}`,
  { kind: `bench/kind-${i % KINDS}`, pio: { regs: 0x1000 + 8 * i }, mmio: { bar: 0xf000_0000 + 4096 * i } },
];
const machine: Machine = createMachine(
  {
    memory: '16MiB',
    cpu: { kind: scriptedCpu.kind, config: { program: [] } },
    backend: { kind: plainBackend.kind },
    devices: Object.fromEntries(Array.from({ length: DEVICES }, (_, i) => place(i))) as never,
  },
  { plugins: { devices: kinds.map((k) => k.plugin), cpus: [scriptedCpu], backends: [plainBackend] } },
);

const regions = Array.from({ length: DEVICES }, (_, i) => kinds[i % KINDS]!.regions[Math.floor(i / KINDS)]!);
const { io } = machine;
const direct = nanoseconds(OPERATIONS, (n) => {
  for (let i = 0; i < n; i++) regions[i & 63]!.write(i & 7, 1, i & 0xff);
});
const ports = nanoseconds(OPERATIONS, (n) => {
  for (let i = 0; i < n; i++) io.pioWrite(0x1000 + ((i & 63) << 3) + (i & 7), 1, i);
});
const mmio = nanoseconds(OPERATIONS, (n) => {
  for (let i = 0; i < n; i++) io.mmioWrite(0xf000_0000 + ((i & 63) << 12) + (i & 0xffc), 4, i);
});
const reads = nanoseconds(OPERATIONS, (n) => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum = (sum + io.pioRead(0x1000 + ((i & 63) << 3) + (i & 7), 1)) | 0;
  if (sum === 12345) console.log();
});
console.log(`dispatch, ${DEVICES} devices of ${KINDS} kinds placed, each access to another device`);
report('  direct call of the device', direct, 'ns');
report('  port write through the machine, over the direct call', ports - direct, 'ns', 15);
report('  port read through the machine, over the direct call', reads - direct, 'ns');
report('  MMIO write through the machine, over the direct call', mmio - direct, 'ns');

const point = new EventPoint<{ readonly gsi: number }>('bench');
let sink = 0;
const empty = nanoseconds(OPERATIONS, (n) => {
  for (let i = 0; i < n; i++) sink = (sink + i) | 0;
});
const unwatched = nanoseconds(OPERATIONS, (n) => {
  for (let i = 0; i < n; i++) {
    sink = (sink + i) | 0;
    if (point.active) point.emit({ gsi: i });
  }
});
point.stream.subscribe(({ gsi }) => (sink ^= gsi));
const watched = nanoseconds(OPERATIONS / 10, (n) => {
  for (let i = 0; i < n; i++) if (point.active) point.emit({ gsi: i });
});
console.log('events');
report('  event point without a subscriber', Math.max(0, unwatched - empty), 'ns', 2);
report('  event point with one subscriber', watched, 'ns');
machine.destroy();
