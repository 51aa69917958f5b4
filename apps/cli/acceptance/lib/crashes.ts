/** Power failures: the process is killed while the guest writes, and what it reported as synced must be there. */
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Guest } from './guest.ts';
import { must, run, sha256 } from './host.ts';
import { CONSOLE, writeInitrd, type Linux } from './linux.ts';

export type Format = 'raw' | 'qcow2';

export interface Round {
  /** Files that the guest had reported by the time of the kill, in this round. */
  readonly reported: number;
  readonly e2fsck: string;
  readonly qemuImg: string;
  /** What is wrong; nothing, one hopes. */
  readonly lost: readonly string[];
}

/** Unsynced noise (busybox's sync FILE is fsync), and beside it files that are reported only when they are stable. */
const WRITER = `
mkdir -p /mnt/synced /mnt/noise
(n=0; while :; do n=$((n+1)); head -c $((n * 7919 % 900000)) /dev/urandom >/mnt/noise/$((n % 7)); rm -f /mnt/noise/$(((n + 3) % 7)); done) &
i=0
while :; do
  i=$((i+1)); f=/mnt/synced/$ROUND-$((i % 40))
  head -c $((i * 104729 % 300000 + 1)) /dev/urandom >$f.new
  sum=$(sha256sum <$f.new)
  if [ $((i % 2)) = 0 ]; then sync $f.new && mv $f.new $f && sync /mnt/synced; else mv $f.new $f && sync; fi || continue
  echo "SYNCED $f \${sum%% *}"
done
`;

export class CrashingGuest {
  readonly #system: Linux;
  readonly #folder: string;
  readonly #format: Format;
  readonly #disk: string;
  /** Every file that was ever reported, with the newest content that was, and whether one began that was not. */
  readonly #synced = new Map<string, string>();
  #round = 0;

  constructor(system: Linux, folder: string, format: Format) {
    this.#system = system;
    this.#folder = folder;
    this.#format = format;
    this.#disk = join(folder, `disk.${format}`);
    const plain = join(folder, 'empty.raw');
    must('mke2fs', '-q', '-t', 'ext4', '-E', 'lazy_itable_init=0,lazy_journal_init=0', plain, '64M');
    must('qemu-img', 'convert', '-O', format, plain, this.#disk);
    rmSync(plain);
  }

  /** Boots, lets the guest write until it has reported `files` and some time more, and kills it. */
  async round(files: number, milliseconds: number): Promise<Round> {
    const name = `r${this.#round++}`;
    const setup = `mount -t ext4 /dev/vda /mnt || echo CANNOT MOUNT`;
    const initrd = writeInitrd(join(this.#folder, 'initrd'), this.#system, {
      modules: ['virtio_pci', 'virtio_blk'], setup, last: `exec sh -c '${`ROUND=${name}; ${WRITER}`.replaceAll("'", '\'"\'"\'')}' >/dev/console 2>&1`,
    });
    const guest = Guest.polyvisor([
      '-kernel', this.#system.kernel, '-initrd', initrd, '-append', CONSOLE, '-m', '96', '-drive', `file=${this.#disk},if=virtio,format=${this.#format}`,
    ]);
    try {
      for (let i = 0; i < files; i++) await guest.until(/SYNCED \S+ [0-9a-f]{64}\r\n/, 120);
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
    } finally {
      await guest.kill();
    }
    const reports = [...guest.output.matchAll(/SYNCED \/mnt\/synced\/(\S+) ([0-9a-f]{64})\r\n/g)];
    for (const [, file, sum] of reports) this.#synced.set(file!, sum!);
    return { reported: reports.length, ...this.#examine(reports.at(-1)?.[1]) };
  }

  /** Looks with the tools of others. The file after the last one that was reported may have been replaced already. */
  #examine(last: string | undefined): Omit<Round, 'reported'> {
    const { status, output } = run('qemu-img', ['check', '-f', this.#format, this.#disk]);
    // 3: leaks and nothing else. Raw images have nothing to check (63).
    const lost = status === 0 || status === 3 || (this.#format === 'raw' && status === 63) ? [] : [`qemu-img check: ${output}`];
    const copy = join(this.#folder, 'copy.raw'), files = join(this.#folder, 'files');
    must('qemu-img', 'convert', '-f', this.#format, '-O', 'raw', this.#disk, copy);
    const replayed = run('e2fsck', ['-p', copy]);
    if (replayed.status! > 1) lost.push(`e2fsck -p: ${replayed.output}`);
    const again = run('e2fsck', ['-fn', copy]);
    if (again.status !== 0) lost.push(`e2fsck -fn: ${again.output}`);
    mkdirSync(files);
    must('debugfs', '-R', `rdump /synced ${files}`, copy);
    const there = new Set(readdirSync(join(files, 'synced')));
    for (const [file, sum] of this.#synced) {
      if (file === successor(last)) continue;
      if (!there.has(file)) lost.push(`${file} is not there`);
      else if (sha256(readFileSync(join(files, 'synced', file))) !== sum) lost.push(`${file} has another content`);
    }
    rmSync(files, { recursive: true });
    rmSync(copy);
    return { e2fsck: replayed.output.replaceAll(`${copy}: `, '').replace('\n', ', '), qemuImg: status === 63 ? 'raw' : output.split('\n')[0] ?? '', lost };
  }
}

/** The name that the guest writes next. */
function successor(file: string | undefined): string | undefined {
  const [, round, number] = /^(\w+)-(\d+)$/.exec(file ?? '') ?? [];
  return number === undefined ? undefined : `${round!}-${(Number(number) + 1) % 40}`;
}
