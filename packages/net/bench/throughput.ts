/**
 * TCP through a user network against a server on loopback, driven by the small guest of the tests in this process:
 * `node --conditions=@polyvisor/source packages/net/bench/throughput.ts [megabytes]`. The server runs in a worker.
 */
import net from 'node:net';
import { Worker, isMainThread, parentPort } from 'node:worker_threads';
import { platformScheduler, userNetwork } from '@polyvisor/net';
import { nodeSockets } from '@polyvisor/net/node';
import { NetOffload } from '@polyvisor/core';
import { Guest } from '../test/guest.ts';
import { LargeGuest } from '../test/large-guest.ts';

const MEBI = 2 ** 20;

/** Sends when asked for bytes by an 8-byte count, otherwise swallows and tells how much it was. */
function serve(): void {
  const chunk = new Uint8Array(4 * MEBI).fill(0x5a);
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    let asked = false;
    let got = 0;
    socket.on('data', (data: Uint8Array) => {
      if (!asked) {
        asked = true;
        let left = Number(new DataView(data.buffer, data.byteOffset).getBigUint64(0));
        got = data.length - 8;
        const more = (): void => {
          while (left > 0) {
            const part = chunk.subarray(0, Math.min(left, chunk.length));
            left -= part.length;
            if (!socket.write(part)) return void socket.once('drain', more);
          }
          socket.end();
        };
        if (left > 0) more();
      } else got += data.length;
    });
    socket.on('end', () => socket.end(String(got)));
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1', () => parentPort!.postMessage((server.address() as net.AddressInfo).port));
}

/** Reads large frames as they are. */
class WholeGuest extends LargeGuest {
  override receive(frame: Uint8Array): boolean {
    return Guest.prototype.receive.call(this, frame);
  }
}

/** `offloads`: of the card; with them the guest is spared what a kernel does not do then either. */
async function run(port: number, mtu: number, checksums: boolean, down: boolean, bytes: number, offloads = 0): Promise<number> {
  const scheduler = platformScheduler();
  const network = userNetwork({
    sockets: nodeSockets(), mtu, checksums: checksums ? 'full' : 'offloaded', limits: { buffer: 4 * MEBI },
  });
  // The guest is there to load the network, so it does not spend time on checksums of its own.
  const guest = offloads === 0 ? new Guest(network, { scheduler, mtu, checksums }) : new WholeGuest(network, offloads, { scheduler, mtu: down ? mtu : 64_000, checksums: false });
  const c = guest.connect('10.0.2.2', port);
  // A kernel answers a frame of many segments at once.
  c.ackEvery = offloads === 0 ? 2 : 1;
  await new Promise<void>((resolve) => (c.onOpen = resolve));
  const head = new Uint8Array(8);
  new DataView(head.buffer).setBigUint64(0, BigInt(down ? bytes : 0));
  c.sendBytes(head);
  const start = performance.now();
  if (!down) {
    const block = new Uint8Array(offloads === 0 ? mtu : 64_000).fill(0x5a);
    await new Promise((resolve) => setTimeout(resolve, 20));
    c.send(bytes, (_at, into, from, count) => into.set(count === block.length ? block : block.subarray(0, count), from));
    c.finish();
  }
  let told = '';
  if (!down) c.onData = (data, at, count) => (told += String.fromCharCode(...data.subarray(at, at + count)));
  while (!c.gotFin) await new Promise((resolve) => setImmediate(resolve));
  const seconds = (performance.now() - start) / 1000;
  if (down ? c.received !== bytes : Number(told) !== bytes) throw new Error(`${c.received} of ${bytes} bytes, ${told}`);
  network.close();
  return (bytes * 8) / seconds / 1e9;
}

if (!isMainThread) serve();
else {
  const bytes = Number(process.argv[2] ?? 512) * MEBI;
  const worker = new Worker(new URL(import.meta.url));
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  console.log(`${bytes / MEBI} MiB each, Node ${process.version}; Gbit/s, best and median of three`);
  const show = async (name: string, once: () => Promise<number>): Promise<void> => {
    const results: number[] = [];
    for (let i = 0; i < 3; i += 1) results.push(await once());
    results.sort((a, b) => a - b);
    console.log(`${name.padEnd(36)} ${results[2]!.toFixed(2)} ${results[1]!.toFixed(2)}`);
  };
  for (const down of [true, false]) {
    await show(`mtu 1500, card with offloads, ${down ? 'download' : 'upload'}`, () => run(port, 1500, true, down, bytes, NetOffload.CHECKSUM | NetOffload.TSO4));
  }
  for (const mtu of [65520, 9000, 1500]) {
    for (const checksums of [true, false]) {
      for (const down of [true, false]) {
        const name = `mtu ${mtu}, ${checksums ? 'checksums' : 'offloaded'}, ${down ? 'download' : 'upload'}`;
        await show(name, () => run(port, mtu, checksums, down, bytes));
      }
    }
  }
  await worker.terminate();
}
