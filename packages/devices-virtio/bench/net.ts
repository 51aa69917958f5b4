/** The network card alone, over a network in memory: `node --conditions=@polyvisor/source bench/net.ts`. */
import { NetOffload, type NetBackend, type NetCard } from '@polyvisor/core';
import { virtioNetPci } from '../src/index.ts';
import { BUFFERS, benchDevice } from './machine.ts';

const DEPTH = 64;

function network(offloads = 0) {
  const net = {
    mtu: 1500, offloads, card: undefined as NetCard | undefined, bytes: 0, frames: 0,
    send(frame: Uint8Array) {
      net.bytes += frame.length;
      net.frames += 1;
      return true;
    },
    attach(card: NetCard) { net.card = card; },
    detach() { net.card = undefined; },
  } satisfies NetBackend & Record<string, unknown>;
  return net;
}

function report(name: string, bytes: number, frames: number, seconds: number): void {
  console.log(`${name}: ${((8 * bytes) / seconds / 1e9).toFixed(2)} Gbit/s, ${Math.round(frames / seconds)} frames/s`);
}

/** `header`: what the virtio header and the frame's headers hold. */
function send(name: string, length: number, prepare: (store: (at: number, bytes: readonly number[]) => void) => void, offloads = 0): void {
  const netdev = network(offloads);
  const { queues, driver, dma } = benchDevice(virtioNetPci, {}, { netdev });
  const chains = Array.from({ length: DEPTH }, (_, i) => {
    const at = BUFFERS + i * 0x2_0000;
    prepare((offset, bytes) => dma.write(at + offset, Uint8Array.from(bytes), 0, bytes.length));
    return queues[1]!.prepare([{ address: at, length: 12, writable: false }, { address: at + 12, length, writable: false }]);
  });
  const turn = (): void => {
    for (const chain of chains) queues[1]!.publish(chain);
    queues[1]!.commit();
    driver.notify(1);
    queues[1]!.takeUsed();
  };
  for (let i = 0; i < 100; i += 1) turn();
  netdev.bytes = 0;
  netdev.frames = 0;
  const began = performance.now();
  while (performance.now() - began < 1500) turn();
  report(name, netdev.bytes, netdev.frames, (performance.now() - began) / 1000);
}

async function receive(length: number): Promise<void> {
  const netdev = network();
  const { queues } = benchDevice(virtioNetPci, {}, { netdev });
  const chains = Array.from({ length: DEPTH }, (_, i) => queues[0]!.prepare([{ address: BUFFERS + i * 4096, length: 2048, writable: true }]));
  const frame = new Uint8Array(length);
  const turn = async (): Promise<void> => {
    for (const chain of chains) queues[0]!.publish(chain);
    queues[0]!.commit();
    for (let i = 0; i < DEPTH; i += 1) netdev.card!.receive(frame);
    for (let done = 0; done < DEPTH; done += queues[0]!.takeUsed()) await Promise.resolve();
  };
  for (let i = 0; i < 100; i += 1) await turn();
  let frames = 0;
  const began = performance.now();
  for (; performance.now() - began < 1500; frames += DEPTH) await turn();
  report('receive, 1514 bytes', frames * length, frames, (performance.now() - began) / 1000);
}

send('send, 1514 bytes', 1514, () => undefined);
send('send, 1514 bytes, checksum to complete', 1514, (store) => store(0, [1, 0, 0, 0, 0, 0, 34, 0, 16, 0]));
const large = (store: (at: number, bytes: readonly number[]) => void): void => {
  store(0, [1, 1, 54, 0, 0xb4, 5, 34, 0, 16, 0]);
  store(12 + 12, [8, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6]);
  store(12 + 46, [0x50]);
};
send('send, 64 KiB of TCP, cut into segments', 54 + 64_000, large);
send('send, 64 KiB of TCP, to a network that takes it whole', 54 + 64_000, large, NetOffload.CHECKSUM | NetOffload.TSO4);
await receive(1514);
