/** Every kind of network, by the suite that other makers of networks run. */
import type { OpenedNet } from '@polyvisor/testkit';
import { describeNetBackend } from '@polyvisor/testkit/vitest';
import { capture, join, link, MemoryHost, userNetwork, VirtualSwitch } from './index.ts';
import { streamBackend } from './node/index.ts';

function cable(): OpenedNet {
  const { a, b, close } = link({});
  return { near: a, far: b, close };
}

function switched(): OpenedNet {
  const hub = new VirtualSwitch();
  return { near: hub.port(), far: hub.port() };
}

/** Two switches, joined: what a network of networks is made of. */
function joined(): OpenedNet {
  const [one, two] = [new VirtualSwitch(), new VirtualSwitch()];
  const unplug = join(one.port(), two.port());
  return { near: one.port(), far: two.port(), close: unplug };
}

function captured(): OpenedNet {
  const hub = new VirtualSwitch();
  return { near: capture(hub.port(), () => undefined), far: hub.port() };
}

async function stream(): Promise<OpenedNet> {
  const far = await streamBackend({ listen: { host: '127.0.0.1', port: 0 } });
  const near = await streamBackend({ connect: { host: '127.0.0.1', port: far.port ?? 0 } });
  while (!far.connected) await new Promise((resolve) => setTimeout(resolve, 1));
  return {
    near, far,
    close() {
      near.close();
      far.close();
    },
  };
}

async function user(): Promise<OpenedNet> {
  const network = userNetwork({ sockets: new MemoryHost() });
  await network.open();
  return { near: network, close: () => { network.close(); } };
}

describeNetBackend({ label: 'a cable', open: cable });
describeNetBackend({ label: 'a switch', open: switched });
describeNetBackend({ label: 'two switches', open: joined });
describeNetBackend({ label: 'a capture', open: captured });
describeNetBackend({ label: 'a stream', open: stream });
describeNetBackend({ label: 'the user network', open: user });
