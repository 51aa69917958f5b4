import { VsockHostToken } from '@polyvisor/devices-virtio';
import { UnixVsock } from '@polyvisor/devices-virtio/node';
import { namedService } from '@polyvisor/machine';
import type { Device } from '../options/types.ts';
import { openAll, type Opened } from './opened.ts';

/** The service of vsock devices. */
export const VSOCK = 'vsock';

export interface VsockSettings {
  readonly folder: string;
  readonly forwards: readonly { readonly path: string; readonly port: number }[];
}

/**
 * What a vsock device says of the host: `sockets=FOLDER` holds a Unix socket `PORT.sock` for each port of the host that the guest may
 * connect to; `forward=PATH:PORT` listens on a Unix socket for a port of the guest.
 */
export function vsockSettings(devices: readonly Device[]): VsockSettings | undefined {
  const [device] = devices.filter(({ driver }) => driver === 'vhost-vsock-pci');
  if (!device) return undefined;
  const { settings } = device;
  const forwards = settings.texts('forward').map((text) => {
    const [, path, port] = /^(.+):(\d+)$/.exec(text) ?? [];
    if (path === undefined) throw settings.refuse(`has the forward "${text}", which is not PATH:PORT`);
    return { path, port: Number(port) };
  });
  return { folder: settings.text('sockets') ?? '.', forwards };
}

/** Opens the host's side of a vsock device. */
export function openVsock(settings: VsockSettings | undefined): Promise<Opened> {
  if (!settings) return openAll([]);
  const { folder, forwards } = settings;
  return openAll([async () => {
    const host = new UnixVsock({ folder });
    for (const { path, port } of forwards) await host.listen(path, port);
    return { services: [namedService(VSOCK, VsockHostToken, host)], close: () => { host.close(); return Promise.resolve(); } };
  }]);
}
