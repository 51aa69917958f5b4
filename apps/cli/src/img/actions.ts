import {
  FORMATS, Qcow2Disk, RawDisk, checkQcow2, commitInto, copyDisk, createImage, imageInfo, openImage, resizeQcow2, blockErrors, type CreateOptions,
  type Format, type ImageDisk,
} from '@polyvisor/block';
import { FileStore, openBeside } from '@polyvisor/block/node';
import { PolyvisorError } from '@polyvisor/core';
import { createRequest, describeCreation, toCreateOptions } from './create-options.ts';
import { imgErrors } from './errors.ts';
import { oneOf, parseOptions, parseSize, type OptionSpec, type Parsed } from './options.ts';
import { checkJson, checkText, infoJson, infoText, remaining } from './report.ts';

export interface Action {
  readonly name: string;
  readonly usage: string;
  run(args: readonly string[]): Promise<number>;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const last = ({ values }: Parsed, option: string): string | undefined => values.get(option)?.at(-1);

function action(usage: string, spec: OptionSpec, count: readonly number[], act: (parsed: Parsed, paths: readonly string[]) => Promise<number>): Action {
  const name = usage.split(' ')[0]!;
  return {
    name,
    usage,
    run(args) {
      const parsed = parseOptions(name, spec, args);
      if (count.includes(parsed.rest.length)) return act(parsed, parsed.rest);
      throw new PolyvisorError([imgErrors['img-arguments']('', { command: name, usage, found: parsed.rest.length })]);
    },
  };
}

interface Opening {
  readonly option?: string;
  readonly format?: string | undefined;
  readonly readOnly: boolean;
  readonly withoutBacking?: boolean;
  readonly repairing?: boolean;
}

async function open(path: string, { option = '-f', format, readOnly, withoutBacking = false, repairing = false }: Opening): Promise<ImageDisk> {
  const chosen: { readonly format?: Format } = format === undefined ? {} : { format: oneOf(option, format, FORMATS) };
  return openImage(await FileStore.open(path, { readOnly, alone: !readOnly }), { readOnly, openBacking: openBeside, withoutBacking, repairing, ...chosen });
}

/** Makes an image in a file that nothing else of this command reads. */
async function createFile(path: string, options: CreateOptions): Promise<void> {
  const store = await FileStore.open(path, { create: true, alone: true });
  try {
    await createImage(store, options);
  } finally {
    await store.close();
  }
}

/** Closes the disk however it ends; a failure to close is one to write. */
async function using<T>(opening: Promise<ImageDisk>, act: (disk: ImageDisk) => Promise<T>): Promise<T> {
  const disk = await opening;
  let result: T;
  try {
    result = await act(disk);
  } catch (error) {
    await disk.close().catch(() => undefined);
    throw error;
  }
  await disk.close();
  return result;
}

function asQcow2(disk: ImageDisk, why: string): Qcow2Disk {
  if (disk instanceof Qcow2Disk) return disk;
  throw new PolyvisorError([blockErrors['not-an-image']('', { image: disk.name, format: 'qcow2', why })]);
}

const FORMAT = FORMATS.join(' or ');

export const ACTIONS: readonly Action[] = [
  action('create [-q] [-f FMT] [-b BASE -F FMT] [-o OPTS] FILE [SIZE]', { '-f': FORMAT, '-b': 'a file', '-F': FORMAT, '-o': 'options, such as cluster_size=4096', '-q': null }, [1, 2], async (parsed, [path = '', text]) => {
    const request = createRequest(last(parsed, '-f') ?? 'raw', parsed.values.get('-o') ?? [], last(parsed, '-b'), last(parsed, '-F'));
    const { backing, backingFormat } = request;
    if (backing !== undefined && (request.format === 'raw' || backingFormat === undefined)) {
      const wants = request.format === 'raw' ? 'a backing file to a qcow2 image only' : `the format of the backing file, as -F ${FORMAT}`;
      throw new PolyvisorError([imgErrors['img-value']('', { option: request.format === 'raw' ? '-b' : '-F', value: request.format === 'raw' ? backing : '', wants })]);
    }
    const given = text ?? request.pairs.get('size');
    const size = given === undefined ? undefined : parseSize(text === undefined ? '-o size' : 'SIZE', given);
    const make = async (bytes: number | undefined): Promise<void> => {
      if (bytes === undefined) throw new PolyvisorError([imgErrors['img-value']('', { option: 'SIZE', value: '', wants: 'a size, such as 20G' })]);
      const options = toCreateOptions(request, bytes);
      if (!parsed.values.has('-q')) print(describeCreation(path, options, request.pairs));
      await createFile(path, options);
    };
    if (backing === undefined) {
      await make(size);
      return 0;
    }
    // It must be there, and its size is that of a disk without one of its own. While it is open nothing is made in its place.
    const behind = openBeside(backing, path, { readOnly: true }).then((store) => openImage(store, { format: backingFormat!, readOnly: true, openBacking: openBeside }));
    await using(behind, (disk) => make(size ?? disk.size));
    return 0;
  }),

  action('info [-f FMT] [--output=human|json] FILE', { '-f': FORMAT, '--output': 'human or json' }, [1], async (parsed, [path = '']) => {
    const output = oneOf('--output', last(parsed, '--output') ?? 'human', ['human', 'json']);
    const info = await using(open(path, { format: last(parsed, '-f'), readOnly: true, withoutBacking: true }), imageInfo);
    print(output === 'json' ? JSON.stringify(infoJson(path, info), undefined, 4) : infoText(path, info));
    return 0;
  }),

  action('check [-q] [-f FMT] [--output=human|json] [-r leaks|all] FILE', { '-f': FORMAT, '--output': 'human or json', '-r': 'leaks or all', '-q': null }, [1], async (parsed, [path = '']) => {
    const output = oneOf('--output', last(parsed, '--output') ?? 'human', ['human', 'json']);
    const repair = oneOf('-r', last(parsed, '-r') ?? 'none', ['none', 'leaks', 'all']);
    const readOnly = repair === 'none';
    return using(open(path, { format: last(parsed, '-f'), readOnly, withoutBacking: true, repairing: true }), async (disk) => {
      if (disk instanceof RawDisk) {
        process.stderr.write('polyvisor: This image format does not support checks\n');
        return 63;
      }
      const result = await checkQcow2(disk, repair);
      if (!parsed.values.has('-q')) print(output === 'json' ? JSON.stringify(checkJson(path, result), undefined, 4) : checkText(result, repair));
      const { errors, leaks } = remaining(result);
      return errors > 0 ? 2 : leaks > 0 ? 3 : 0;
    });
  }),

  action('convert [-c] [-n] [-f FMT] [-O FMT] [-o OPTS] FILE TARGET', { '-f': FORMAT, '-O': FORMAT, '-o': 'options, such as cluster_size=4096', '-c': null, '-n': null, '-q': null, '-p': null }, [2], async (parsed, [from = '', to = '']) => {
    const request = createRequest(last(parsed, '-O') ?? 'raw', parsed.values.get('-o') ?? []);
    const compress = parsed.values.has('-c');
    if (compress && request.pairs.get('compression_type') === 'zstd') {
      throw new PolyvisorError([imgErrors['img-value']('', { option: '-o compression_type', value: 'zstd', wants: 'zlib: zstd is only read' })]);
    }
    const existing = parsed.values.has('-n');
    await using(open(from, { format: last(parsed, '-f'), readOnly: true }), async (source) => {
      if (!existing) await createFile(to, toCreateOptions(request, source.size));
      const overwrite = existing || request.backing !== undefined;
      await using(open(to, { option: '-O', format: request.format, readOnly: false }), (target) => copyDisk(source, target, { compress, overwrite }));
    });
    return 0;
  }),

  action('commit [-q] [-f FMT] FILE', { '-f': FORMAT, '-q': null }, [1], async (parsed, [path = '']) => {
    await using(open(path, { format: last(parsed, '-f'), readOnly: false }), async (disk) => {
      const overlay = asQcow2(disk, 'only a qcow2 image has a backing file');
      const { backingName, extensions } = overlay.core.header;
      if (backingName === undefined) throw new PolyvisorError([blockErrors['no-backing-file']('', { image: path })]);
      const store = await openBeside(backingName, overlay.name, { readOnly: false });
      const format = extensions.backingFormat;
      const base = await openImage(store, { openBacking: openBeside, ...(format === undefined ? {} : { format: oneOf('-F', format, FORMATS) }) });
      await using(Promise.resolve(base), async () => {
        // The backing file grows with what is written into it.
        if (base.size < overlay.size) await resize(base, overlay.size, false);
        await commitInto(overlay, base);
      });
    });
    if (!parsed.values.has('-q')) print('Image committed.');
    return 0;
  }),

  action('resize [-q] [-f FMT] [--shrink] FILE [+-]SIZE', { '-f': FORMAT, '-q': null, '--shrink': null }, [2], async (parsed, [path = '', text = '']) => {
    await using(open(path, { format: last(parsed, '-f'), readOnly: false }), async (disk) => {
      const [, sign, amount = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
      const bytes = parseSize('SIZE', amount);
      const size = sign === '+' ? disk.size + bytes : sign === '-' ? disk.size - bytes : bytes;
      await resize(disk, Math.ceil(size / 512) * 512, parsed.values.has('--shrink'));
    });
    if (!parsed.values.has('-q')) print('Image resized.');
    return 0;
  }),
];

async function resize(disk: ImageDisk, size: number, shrink: boolean): Promise<void> {
  if (disk instanceof Qcow2Disk) return resizeQcow2(disk, size, { shrink });
  if (size < disk.size && !shrink) throw new PolyvisorError([blockErrors['would-shrink']('', { image: disk.name, from: disk.size, to: size })]);
  return disk.resize(size);
}
