import { isAbsolute } from 'node:path';
import type { CheckResult, ImageInfo, Repair, Snapshot } from '@polyvisor/block';

/** Sizes as `qemu-img` writes them: three significant digits. */
export function humanSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  const power = Math.floor(Math.log2(Math.max(1, bytes * 1.024)) / 10);
  const value = bytes / 1024 ** power;
  return `${Number(value.toPrecision(3))} ${units[power]}`;
}

const pad = (n: number, digits: number): string => String(n).padStart(digits, '0');
/** Beside the image, in the words that it was given by. */
const actual = (path: string, backing: string): string => (isAbsolute(backing) ? backing : path.slice(0, path.lastIndexOf('/') + 1) + backing);

function snapshotLine({ id, name, stateSize, seconds, guestTime }: Snapshot): string {
  const date = new Date(seconds * 1000);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1, 2)}-${pad(date.getDate(), 2)}`;
  const time = `${pad(date.getHours(), 2)}:${pad(date.getMinutes(), 2)}:${pad(date.getSeconds(), 2)}`;
  const run = Math.floor(guestTime / 1e6);
  const clock = `${pad(Math.floor(run / 3600000), 2)}:${pad(Math.floor(run / 60000) % 60, 2)}:${pad(Math.floor(run / 1000) % 60, 2)}.${pad(run % 1000, 3)}`;
  return `${id.padEnd(10)}${name.padEnd(17)}${humanSize(stateSize).padStart(8)} ${`${day} ${time}`.padStart(20)} ${clock.padStart(13)}`;
}

/** As `qemu-img info` prints. */
export function infoText(path: string, { format, virtualSize, diskSize, qcow2 }: ImageInfo): string {
  const lines = [
    `image: ${path}`, `file format: ${format}`, `virtual size: ${humanSize(virtualSize)} (${virtualSize} bytes)`,
    `disk size: ${diskSize === undefined ? 'unavailable' : humanSize(diskSize)}`,
  ];
  if (!qcow2) return lines.join('\n');
  lines.push(`cluster_size: ${qcow2.clusterSize}`);
  if (qcow2.dirty) lines.push('cleanly shut down: no');
  if (qcow2.backingFile !== undefined) {
    const path2 = actual(path, qcow2.backingFile);
    lines.push(`backing file: ${qcow2.backingFile}${path2 === qcow2.backingFile ? '' : ` (actual path: ${path2})`}`);
    if (qcow2.backingFormat !== undefined) lines.push(`backing file format: ${qcow2.backingFormat}`);
  }
  if (qcow2.snapshots.length > 0) {
    lines.push('Snapshot list:', 'ID        TAG               VM SIZE                DATE     VM CLOCK', ...qcow2.snapshots.map(snapshotLine));
  }
  lines.push(
    'Format specific information:', `    compat: ${qcow2.compat}`, `    compression type: ${qcow2.compression === 'zstd' ? 'zstd' : 'zlib'}`,
  );
  if (qcow2.compat === '1.1') lines.push(`    lazy refcounts: ${qcow2.lazyRefcounts}`);
  lines.push(`    refcount bits: ${qcow2.refcountBits}`);
  if (qcow2.compat === '1.1') lines.push(`    corrupt: ${qcow2.corrupt}`, `    extended l2: ${qcow2.extendedL2}`);
  return lines.join('\n');
}

/** As `qemu-img info --output=json` names things. */
export function infoJson(path: string, { format, virtualSize, diskSize, qcow2 }: ImageInfo): Record<string, unknown> {
  return {
    'virtual-size': virtualSize, filename: path, format, ...(diskSize === undefined ? {} : { 'actual-size': diskSize }), 'dirty-flag': qcow2?.dirty ?? false,
    ...(qcow2 && {
      'cluster-size': qcow2.clusterSize,
      ...(qcow2.backingFile === undefined ? {} : { 'backing-filename': qcow2.backingFile, 'full-backing-filename': actual(path, qcow2.backingFile) }),
      ...(qcow2.backingFormat === undefined ? {} : { 'backing-filename-format': qcow2.backingFormat }),
      ...(qcow2.snapshots.length > 0 && {
        snapshots: qcow2.snapshots.map(({ id, name, stateSize, seconds, nanoseconds, guestTime }) => ({
          id, name, 'vm-state-size': stateSize, 'date-sec': seconds, 'date-nsec': nanoseconds,
          'vm-clock-sec': Math.floor(guestTime / 1e9), 'vm-clock-nsec': guestTime % 1e9,
        })),
      }),
      'format-specific': {
        type: 'qcow2',
        data: {
          compat: qcow2.compat, 'compression-type': qcow2.compression === 'zstd' ? 'zstd' : 'zlib', 'refcount-bits': qcow2.refcountBits,
          ...(qcow2.compat === '1.1' && { 'lazy-refcounts': qcow2.lazyRefcounts, corrupt: qcow2.corrupt, 'extended-l2': qcow2.extendedL2 }),
        },
      },
    }),
  };
}

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)}%`;

/** What is left after the repair. */
export const remaining = (result: CheckResult): { readonly errors: number; readonly leaks: number } => ({
  errors: result.corruptions - result.repairedCorruptions, leaks: result.leaks - result.repairedLeaks,
});

/** As `qemu-img check` prints. */
export function checkText(result: CheckResult, repair: Repair): string {
  const { errors, leaks } = remaining(result);
  const lines: string[] = [...result.messages];
  if (lines.length > 0) lines.push('');
  if (repair !== 'none' && result.repairedLeaks + result.repairedCorruptions > 0) {
    lines.push('The following inconsistencies were found and repaired:', '', `    ${result.repairedLeaks} leaked clusters`, `    ${result.repairedCorruptions} corruptions`, '');
  }
  if (errors + leaks === 0) lines.push('No errors were found on the image.');
  if (errors > 0) {
    lines.push(`${errors} errors were found on the image.`, 'Data may be corrupted, or further writes to the image may corrupt it.', '');
  }
  if (leaks > 0) lines.push(`${leaks} leaked clusters were found on the image.`, 'This means waste of disk space, but no harm to data.', '');
  const { allocatedClusters: used, totalClusters: all } = result;
  if (used > 0) {
    lines.push(`${used}/${all} = ${percent(used, all)} allocated, ${percent(result.fragmentedClusters, used)} fragmented, ${percent(result.compressedClusters, used)} compressed clusters`);
  }
  lines.push(`Image end offset: ${result.endOffset}`);
  return lines.join('\n');
}

/** As `qemu-img check --output=json` names things. */
export function checkJson(path: string, result: CheckResult): Record<string, unknown> {
  const { errors, leaks } = remaining(result);
  const some = (key: string, value: number) => (value === 0 ? {} : { [key]: value });
  return {
    filename: path, format: 'qcow2', 'check-errors': 0, 'image-end-offset': result.endOffset, 'total-clusters': result.totalClusters,
    ...some('allocated-clusters', result.allocatedClusters), ...some('fragmented-clusters', result.fragmentedClusters),
    ...some('compressed-clusters', result.compressedClusters), ...some('corruptions', errors), ...some('leaks', leaks),
    ...some('corruptions-fixed', result.repairedCorruptions), ...some('leaks-fixed', result.repairedLeaks),
  };
}
