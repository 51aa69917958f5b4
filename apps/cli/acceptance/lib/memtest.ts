/** memtest86+ from its CD, watched on the guest's screen. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackage } from '../../src/start/debian/packages.ts';
import { Guest } from './guest.ts';

export interface MemtestCd {
  readonly bios: string;
  readonly cd: string;
}

export function memtestCd(): MemtestCd | { readonly reason: string } {
  const [seabios, memtest] = [debianPackage('seabios', 'amd64'), debianPackage('memtest86+', 'amd64')];
  if ('reason' in seabios) return seabios;
  if ('reason' in memtest) return memtest;
  const files = { bios: join(seabios.folder, 'usr/share/seabios/bios-256k.bin'), cd: join(memtest.folder, 'usr/lib/memtest86+/memtest86+x64.iso') };
  const absent = Object.values(files).find((file) => !existsSync(file));
  return absent === undefined ? files : { reason: `there is no ${absent}` };
}

const PROMPT = '(polyvisor) ';
const LOOK_EVERY = 5000;

/** Runs until a pass is complete; the screen, and what is wrong with it. */
export async function onePass({ bios, cd }: MemtestCd, mebibytes: number, seconds: number): Promise<{ readonly screen: string; readonly wrong: readonly string[] }> {
  const guest = Guest.polyvisor(['-bios', bios, '-vga', 'std', '-m', String(mebibytes), '-cdrom', cd, '-boot', 'd', '-serial', 'mon:stdio']);
  const deadline = performance.now() + seconds * 1000;
  let screen = '';
  try {
    guest.type('\x01c');
    await guest.until(PROMPT);
    while (!/Pass: +[1-9]/.test(screen) && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
      guest.type('info screen\n');
      const [shown] = await guest.until(/[^]*?\(polyvisor\) /);
      // The screen's lines are UTF-8, which the console takes byte by byte; the echo of the command comes first.
      screen = Buffer.from(shown.slice(0, -PROMPT.length), 'latin1').toString('utf8').replace('info screen\r\n', '');
    }
  } finally {
    await guest.kill();
  }
  const wrong: string[] = [];
  if (!/Pass: +[1-9]/.test(screen)) wrong.push(`no pass was complete after ${seconds} s`);
  if (!/Errors: +0 /.test(screen)) wrong.push('it shows errors, or does not say that there are none');
  return { screen, wrong };
}
