import { FORMATS, type CreateOptions, type Format } from '@polyvisor/block';
import { oneOf, parsePairs, parseSize } from './options.ts';

const QCOW2 = [
  'size', 'compat', 'cluster_size', 'refcount_bits', 'lazy_refcounts', 'extended_l2', 'compression_type', 'preallocation', 'backing_file', 'backing_fmt',
] as const;
const RAW = ['size', 'preallocation'] as const;
const SWITCH = ['on', 'off'] as const;

/** What `-f`, `-o`, `-b`, `-F` and the size say. */
export interface CreateRequest {
  readonly format: Format;
  readonly pairs: ReadonlyMap<string, string>;
  readonly backing: string | undefined;
  readonly backingFormat: Format | undefined;
}

export function createRequest(format: string, texts: readonly string[], backing?: string, backingFormat?: string): CreateRequest {
  const chosen = oneOf('-f', format, FORMATS);
  const pairs = parsePairs('-o', texts, chosen === 'raw' ? RAW : QCOW2);
  const behind = backingFormat ?? pairs.get('backing_fmt');
  return { format: chosen, pairs, backing: backing ?? pairs.get('backing_file'), backingFormat: behind === undefined ? undefined : oneOf('-F', behind, FORMATS) };
}

/** The options of the library, for a disk of `size` bytes. */
export function toCreateOptions({ format, pairs, backing, backingFormat }: CreateRequest, size: number): CreateOptions {
  const on = (key: string): boolean => oneOf(`-o ${key}`, pairs.get(key) ?? 'off', SWITCH) === 'on';
  if (format === 'raw') return { format, size, preallocation: oneOf('-o preallocation', pairs.get('preallocation') ?? 'off', ['off', 'full']) };
  const compat = oneOf('-o compat', pairs.get('compat') ?? '1.1', ['0.10', '1.1', 'v2', 'v3']);
  const compression = oneOf('-o compression_type', pairs.get('compression_type') ?? 'zlib', ['zlib', 'zstd']);
  return {
    format, size, version: compat === '0.10' || compat === 'v2' ? 2 : 3, clusterSize: parseSize('-o cluster_size', pairs.get('cluster_size') ?? '65536'),
    refcountBits: parseSize('-o refcount_bits', pairs.get('refcount_bits') ?? '16'), lazyRefcounts: on('lazy_refcounts'), extendedL2: on('extended_l2'),
    compression: compression === 'zlib' ? 'deflate' : 'zstd', preallocation: oneOf('-o preallocation', pairs.get('preallocation') ?? 'off', ['off', 'metadata', 'full']),
    ...(backing === undefined || backingFormat === undefined ? {} : { backing: { name: backing, format: backingFormat } }),
  };
}

const word = (value: boolean): string => (value ? 'on' : 'off');

/** As `qemu-img create` says what it does. */
export function describeCreation(path: string, options: CreateOptions, given: ReadonlyMap<string, string>): string {
  if (options.format === 'raw') return `Formatting '${path}', fmt=raw size=${options.size}`;
  const { clusterSize, extendedL2 = false, compression, size, backing, lazyRefcounts = false, refcountBits } = options;
  // The default is left unsaid.
  const compat = given.has('compat') ? ` compat=${given.get('compat') ?? ''}` : '';
  const behind = backing ? ` backing_file=${backing.name} backing_fmt=${backing.format}` : '';
  return (
    `Formatting '${path}', fmt=qcow2 cluster_size=${clusterSize} extended_l2=${word(extendedL2)} ` +
    `compression_type=${compression === 'zstd' ? 'zstd' : 'zlib'} size=${size}${compat}${behind} lazy_refcounts=${word(lazyRefcounts)} refcount_bits=${refcountBits}`
  );
}
