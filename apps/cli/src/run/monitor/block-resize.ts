import { BlockBackendToken, type BlockBackend } from '@polyvisor/core';
import { say } from '../console/say.ts';
import type { Subject } from './monitor.ts';

const UNITS: Readonly<Record<string, number>> = { B: 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/**
 * `block_resize DRIVE SIZE`, as in QEMU: a number alone is in MiB. The disk changes after the answer, when its requests allow
 * that; what goes wrong then is said by itself.
 */
export function resize(_machine: unknown, text: string, { services = [] }: Pick<Subject, 'services'>, told: (text: string) => void = say): string {
  const [, name = '', number = '', unit = 'M'] = /^(\S+)\s+(\d+)([BKMGT]?)$/i.exec(text) ?? [];
  if (name === '') return 'block_resize needs the id of a drive and its new size';
  const drives = services.filter(({ token }) => token === BlockBackendToken);
  const drive = drives.find((one) => one.name === name)?.value as BlockBackend | undefined;
  if (!drive) return `there is no drive "${name}"; there are: ${drives.map((one) => one.name).join(', ')}`;
  if (!drive.resize || drive.readOnly) return `the drive "${name}" cannot change its size`;
  const size = Number(number) * UNITS[(unit === '' ? 'M' : unit).toUpperCase()]!;
  if (!Number.isSafeInteger(size) || size === 0 || size % drive.blockSize !== 0) return `the size must be a multiple of ${drive.blockSize} bytes`;
  void drive.resize(size).catch((error: unknown) => { told(error instanceof Error ? error.message : String(error)); });
  return '';
}
