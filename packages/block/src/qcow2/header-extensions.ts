import { at, blockErrors, refuse } from '../errors.ts';
import { Extension, readU64, viewOf } from './format.ts';

export interface FeatureName {
  /** 0 incompatible, 1 compatible, 2 autoclear. */
  readonly kind: number;
  readonly bit: number;
  readonly name: string;
}

/** Where the directory of dirty bitmaps is. */
export interface BitmapDirectory {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
}

export interface Extensions {
  readonly backingFormat: string | undefined;
  readonly features: readonly FeatureName[];
  readonly bitmaps: BitmapDirectory | undefined;
}

/** Extensions stand between the header and the backing file's name, each padded to 8 bytes. */
export function parseExtensions(image: string, bytes: Uint8Array, from: number, nameOffset: number): Extensions {
  const view = viewOf(bytes);
  const end = nameOffset > 0 ? Math.min(nameOffset, bytes.length) : bytes.length;
  let backingFormat: string | undefined;
  let features: readonly FeatureName[] = [];
  let bitmaps: BitmapDirectory | undefined;
  for (let position = from; position + 8 <= end; ) {
    const type = view.getUint32(position);
    const length = view.getUint32(position + 4);
    if (type === Extension.end) break;
    const start = position + 8;
    if (start + length > end) {
      const why = `only ${end - start} bytes are left for it`;
      throw refuse(blockErrors['bad-field'](at('header extension', position), { image, field: 'extension length', value: length, why }));
    }
    const data = bytes.slice(start, start + length);
    if (type === Extension.backingFormat) backingFormat = new TextDecoder().decode(data);
    if (type === Extension.featureNames) features = parseFeatures(data);
    if (type === Extension.bitmaps && length >= 24) {
      bitmaps = { count: view.getUint32(start), size: readU64(view, start + 8), offset: readU64(view, start + 16) };
    }
    if (type === Extension.encryption) {
      throw refuse(blockErrors['unsupported-feature'](at('header extension', position), { image, feature: 'encryption with LUKS' }));
    }
    position = start + Math.ceil(length / 8) * 8;
  }
  return { backingFormat, features, bitmaps };
}

const FEATURE = 48;

function parseFeatures(data: Uint8Array): readonly FeatureName[] {
  const found: FeatureName[] = [];
  for (let i = 0; i + FEATURE <= data.length; i += FEATURE) {
    const name = new TextDecoder().decode(data.slice(i + 2, i + FEATURE)).replace(/\0.*$/s, '');
    found.push({ kind: data[i]!, bit: data[i + 1]!, name });
  }
  return found;
}

/** The name that the image gives a feature bit, or its number. */
export function featureName(extensions: Extensions, kind: number, bit: number): string {
  const name = extensions.features.find((f) => f.kind === kind && f.bit === bit)?.name ?? '';
  return name === '' ? `feature bit ${bit}` : `"${name}"`;
}

/** The names of the features that this package knows, for images that it writes. */
const KNOWN: readonly FeatureName[] = [
  { kind: 0, bit: 0, name: 'dirty bit' }, { kind: 0, bit: 1, name: 'corrupt bit' }, { kind: 0, bit: 2, name: 'external data file' },
  { kind: 0, bit: 3, name: 'compression type' }, { kind: 0, bit: 4, name: 'extended L2 entries' },
  { kind: 1, bit: 0, name: 'lazy refcounts' }, { kind: 2, bit: 0, name: 'bitmaps' }, { kind: 2, bit: 1, name: 'raw external data' },
];

/** The extensions of a new image, with their end. */
export function encodeExtensions(version: 2 | 3, backingFormat: string | undefined, clusterSize: number): Uint8Array {
  const parts: Uint8Array[] = [];
  const add = (type: number, data: Uint8Array): void => {
    const part = new Uint8Array(8 + Math.ceil(data.length / 8) * 8);
    viewOf(part).setUint32(0, type);
    viewOf(part).setUint32(4, data.length);
    part.set(data, 8);
    parts.push(part);
  };
  if (backingFormat !== undefined) add(Extension.backingFormat, new TextEncoder().encode(backingFormat));
  // The names do not fit beside a long backing name in the smallest clusters; they are a courtesy.
  if (version === 3 && clusterSize >= 4096) add(Extension.featureNames, encodeFeatures());
  add(Extension.end, new Uint8Array(0));
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

function encodeFeatures(): Uint8Array {
  const data = new Uint8Array(KNOWN.length * FEATURE);
  KNOWN.forEach(({ kind, bit, name }, i) => {
    data.set([kind, bit, ...new TextEncoder().encode(name)], i * FEATURE);
  });
  return data;
}
