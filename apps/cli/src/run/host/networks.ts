import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { NetBackendToken, PolyvisorError, type NetBackend } from '@polyvisor/core';
import { namedService } from '@polyvisor/machine';
import { capture, parseGuestForward, parseHostForward, userNetwork } from '@polyvisor/net';
import { nodeSockets, streamBackend, tapBackend, type StreamEnd } from '@polyvisor/net/node';
import { say } from '../console/say.ts';
import { runErrors } from '../errors.ts';
import type { Settings } from '../options/settings.ts';
import type { RunOptions } from '../options/types.ts';
import { openAll, type Opened } from './opened.ts';

interface Network {
  readonly backend: NetBackend;
  close(): Promise<void> | void;
}

/** Opens all networks; their services are called as they are. */
export function openNetworks({ netdevs, captures }: RunOptions): Promise<Opened> {
  const dumps = captures.map((settings) => ({ netdev: settings.need('netdev'), open: dumpOf(settings) }));
  return openAll(netdevs.map((settings) => async () => {
    const type = settings.choice('type', ['user', 'stream', 'socket', 'tap'] as const) ?? 'user';
    const id = settings.need('id');
    const network = await (type === 'user' ? user(settings) : type === 'tap' ? tap(settings) : stream(settings, type));
    const open = dumps.filter(({ netdev }) => netdev === id).map((dump) => dump.open());
    const epoch = Date.now() * 1e6 - performance.now() * 1e6;
    const backend = open.reduce<NetBackend>((inner, dump) => capture(inner, dump.write, { epoch }), network.backend);
    return {
      services: [namedService(id, NetBackendToken, backend)],
      async close() {
        await network.close();
        for (const dump of open) dump.close();
      },
    };
  }));
}

async function user(settings: Settings): Promise<Network> {
  const text = (key: string): Record<string, string> => {
    const value = settings.text(key);
    return value === undefined ? {} : { [key]: value };
  };
  const { net, host, dns, dhcpstart, hostname, domainname } = { ...text('net'), ...text('host'), ...text('dns'), ...text('dhcpstart'), ...text('hostname'), ...text('domainname') } as Record<string, string | undefined>;
  const network = userNetwork({
    sockets: nodeSockets(),
    ipv4: {
      ...(net !== undefined && { network: net }), ...(host !== undefined && { gateway: host }),
      ...(dns !== undefined && { dns }), ...(dhcpstart !== undefined && { dhcpStart: dhcpstart }),
    },
    restrict: settings.flag('restrict') ?? false,
    hostForwards: settings.texts('hostfwd').map(parseHostForward),
    guestForwards: settings.texts('guestfwd').map(parseGuestForward),
    mtu: settings.number('mtu', 1280, 65520) ?? 1500,
    ...(hostname !== undefined && { hostname }), ...(domainname !== undefined && { domain: domainname }),
    ...(settings.flag('ipv6') === false && { ipv6: false }),
  });
  settings.end();
  await network.open();
  return { backend: network, close: () => network.close() };
}

/** An interface of the host's kernel. Scripts get its name; unlike QEMU's there are none unless they are named. */
async function tap(settings: Settings): Promise<Network> {
  const ifname = settings.text('ifname');
  const fd = settings.number('fd', 3, 2 ** 20);
  const mtu = settings.number('mtu', 68, 65520);
  const [script = 'no', downscript = 'no'] = [settings.text('script'), settings.text('downscript')];
  if (fd !== undefined && ifname !== undefined) throw settings.refuse('has both ifname and fd');
  settings.end();
  const backend = await tapBackend({ ...(ifname !== undefined && { ifname }), ...(fd !== undefined && { fd }), ...(mtu !== undefined && { mtu }) });
  const close = (): void => { backend.close(); };
  try {
    runScript('script', script, backend.ifname);
  } catch (error) {
    close();
    throw error;
  }
  return {
    backend,
    close() {
      try {
        runScript('downscript', downscript, backend.ifname);
      } finally {
        close();
      }
    },
  };
}

function runScript(setting: string, path: string, ifname: string): void {
  if (path === 'no') return;
  const { status, signal, error } = spawnSync(path, [ifname], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return;
  const why = error?.message ?? (signal === null ? `it ended with status ${status}` : `it ended by ${signal}`);
  throw new PolyvisorError([runErrors['net-script']('', { setting, path, why }, error)]);
}

/** A cable to another program: of QEMU's types `stream` and `socket`. */
async function stream(settings: Settings, type: 'stream' | 'socket'): Promise<Network> {
  const end = type === 'stream' ? streamEnd(settings) : socketEnd(settings);
  const mtu = settings.number('mtu', 68, 65520);
  settings.end();
  const backend = await streamBackend({ ...end, ...(mtu !== undefined && { mtu }) });
  return { backend, close: () => { backend.close(); } };
}

function streamEnd(settings: Settings): { connect: StreamEnd } | { listen: StreamEnd } {
  const kind = settings.choice('addr.type', ['unix', 'inet'] as const) ?? 'unix';
  const end: StreamEnd = kind === 'unix'
    ? { path: settings.need('addr.path') }
    : { host: settings.need('addr.host'), port: Number(settings.need('addr.port')) };
  return settings.flag('server') === true ? { listen: end } : { connect: end };
}

function socketEnd(settings: Settings): { connect: StreamEnd } | { listen: StreamEnd } {
  const listen = settings.text('listen');
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(listen ?? settings.need('connect')) ?? [];
  if (port === '') throw settings.refuse('has no HOST:PORT');
  const end: StreamEnd = { host: host === '' ? '127.0.0.1' : host, port: Number(port) };
  return listen === undefined ? { connect: end } : { listen: end };
}

/** A file for a capture. When it cannot be written any more, the capture ends and the machine goes on. */
function dumpOf(settings: Settings): () => { write: (bytes: Uint8Array) => void; close(): void } {
  const path = settings.need('file');
  settings.text('id');
  settings.end();
  return () => {
    let fd: number;
    try {
      fd = openSync(path, 'w');
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new PolyvisorError([runErrors['unwritable-file']('', { option: '-object filter-dump', path, why }, cause)]);
    }
    let ended = false;
    const write = (bytes: Uint8Array): void => {
      if (ended) return;
      try {
        for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
      } catch (cause) {
        ended = true;
        say(`the capture ${path} ends here: ${cause instanceof Error ? cause.message : String(cause)}`);
      }
    };
    return { write, close: () => { closeSync(fd); } };
  };
}
