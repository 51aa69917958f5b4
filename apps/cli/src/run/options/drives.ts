import { Settings } from './settings.ts';
import type { Drive } from './types.ts';

export const DRIVE_WANTS = 'file=PATH[,format=raw|qcow2][,if=virtio|ide|none][,index=NUMBER][,media=disk|cdrom][,snapshot=on][,readonly=on][,id=NAME]';

/** What `-drive` says. `number` makes a name for one without. */
export function driveOf(text: string, number: number): Drive {
  const settings = new Settings('-drive', text, DRIVE_WANTS, 'file');
  const media = settings.choice('media', ['disk', 'cdrom'] as const) ?? 'disk';
  const drive: Drive = {
    file: settings.need('file'),
    format: settings.choice('format', ['raw', 'qcow2']),
    interface: settings.choice('if', ['ide', 'virtio', 'none']) ?? 'ide',
    media,
    readOnly: settings.flag('readonly') ?? media === 'cdrom',
    snapshot: settings.flag('snapshot') ?? false,
    id: settings.text('id') ?? `drive${number}`,
    index: settings.number('index', 0, 255),
  };
  // How the host caches is the host's business here; QEMU's values are taken so that scripts go on.
  settings.choice('cache', ['none', 'writeback', 'writethrough', 'unsafe', 'directsync']);
  settings.choice('discard', ['on', 'off', 'unmap', 'ignore']);
  settings.end();
  return drive;
}

/** `-hda FILE` and its like. */
export function plainDrive(file: string, number: number, media: 'disk' | 'cdrom'): Drive {
  return { id: `drive${number}`, file, format: undefined, interface: 'ide', media, readOnly: media === 'cdrom', snapshot: false, index: undefined };
}
