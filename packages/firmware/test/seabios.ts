/** SeaBIOS in QEMU with files of ours: what is in memory when it has started a boot sector, and what it said. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const QEMU = 'qemu-system-x86_64';
const MEMORY = 2 ** 25;
/** LIDT of an empty table, INT3: the machine stops, since it may neither reset nor end. */
const BOOT_SECTOR = [0x0f, 0x01, 0x1e, 0x08, 0x7c, 0xcc, 0xeb, 0xfe, 0, 0, 0, 0, 0, 0];

export async function runSeaBios(files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Promise<{ memory: Uint8Array; log: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'polyvisor-seabios-'));
  const path = (name: string): string => join(folder, name);
  try {
    const sector = new Uint8Array(512);
    sector.set(BOOT_SECTOR);
    sector.set([0x55, 0xaa], 510);
    writeFileSync(path('disk'), new Uint8Array([...sector, ...new Uint8Array(2 ** 20 - 512)]));
    const items = files.flatMap(({ name, bytes }, i) => {
      writeFileSync(path(`file${i}`), bytes);
      return ['-fw_cfg', `name=${name},file=${path(`file${i}`)}`];
    });
    await run([
      // QEMU shall not give tables of its own.
      '-M', 'pc,acpi=off', '-accel', 'tcg', '-m', `${MEMORY / 2 ** 20}`, '-display', 'none', '-nodefaults', '-no-reboot', '-no-shutdown',
      '-drive', `file=${path('disk')},format=raw,if=ide`, '-debugcon', `file:${path('log')}`, '-global', 'isa-debugcon.iobase=0x402', '-qmp', 'stdio', ...items,
    ], path('memory'));
    return { memory: readFileSync(path('memory')), log: readFileSync(path('log'), 'latin1') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits for the machine to stop, writes its memory to a file and ends QEMU. */
function run(args: readonly string[], memory: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const qemu = spawn(QEMU, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: 50_000, killSignal: 'SIGKILL' });
    const send = (execute: string, given = {}): unknown => qemu.stdin.write(`${JSON.stringify({ execute, arguments: given })}\n`);
    let said = '', errors = '', stopped = false;
    qemu.stderr.on('data', (data: Buffer) => { errors += data.toString(); });
    qemu.stdout.on('data', (data: Buffer) => {
      said += data.toString();
      if (stopped || !said.includes('"event": "SHUTDOWN"')) return;
      stopped = true;
      send('pmemsave', { val: 0, size: MEMORY, filename: memory });
      send('quit');
    });
    qemu.on('error', reject);
    qemu.on('close', () => (stopped ? resolve() : reject(new Error(`QEMU ended without the boot sector: ${errors}${said}`))));
    send('qmp_capabilities');
  });
}
