import { SECTION } from '../encode/sections.ts';
import { typeName } from '../types.ts';
import { type Instruction, readInstructions } from './code.ts';
import { ByteReader } from './reader.ts';

/** A function's body taken apart. */
export interface Code {
  /** Types of the locals after the parameters. */
  readonly locals: readonly string[];
  /** Positions count from the start of the body, its local declarations included, as branch hints count. */
  readonly instructions: readonly Instruction[];
}

/** The contents of a module that the printer shows. */
export interface ModuleContents {
  readonly types: readonly { readonly params: readonly string[]; readonly results: readonly string[] }[];
  readonly imports: readonly { readonly module: string; readonly name: string; readonly what: string; readonly kind: number }[];
  readonly functions: readonly number[];
  readonly exports: readonly { readonly name: string; readonly kind: number; readonly index: number }[];
  readonly code: readonly Code[];
  readonly customs: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly names: ReadonlyMap<number, string>;
  /** Branch hints of each function: position in the body to 0 (unlikely) or 1 (likely). */
  readonly hints: ReadonlyMap<number, ReadonlyMap<number, number>>;
}

const limits = (reader: ByteReader): string => {
  const flags = reader.u8();
  const bounds = [reader.u32(), ...((flags & 1) !== 0 ? [reader.u32()] : [])];
  return [...((flags & 4) !== 0 ? ['i64'] : []), ...bounds, ...((flags & 2) !== 0 ? ['shared'] : [])].join(' ');
};

const type = (reader: ByteReader): string => typeName(reader.u8());

const importDescription = (reader: ByteReader, kind: number): string => {
  switch (kind) {
    case 0:
      return `(func (type ${reader.u32()}))`;
    case 1: {
      const element = type(reader);
      return `(table ${limits(reader)} ${element})`;
    }
    case 2:
      return `(memory ${limits(reader)})`;
    default: {
      const content = type(reader);
      return reader.u8() === 1 ? `(global (mut ${content}))` : `(global ${content})`;
    }
  }
};

const code = (reader: ByteReader): Code => {
  const size = reader.u32();
  const body = new ByteReader(reader.take(size));
  const locals = body.vector(() => {
    const count = body.u32();
    return new Array<string>(count).fill(type(body));
  });
  return { locals: locals.flat(), instructions: readInstructions(body, size) };
};

const functionNames = (bytes: Uint8Array): Map<number, string> => {
  const reader = new ByteReader(bytes);
  while (!reader.done) {
    const id = reader.u8();
    const part = new ByteReader(reader.take(reader.u32()));
    if (id === 1) return new Map(part.vector(() => [part.u32(), part.text()] as const));
  }
  return new Map();
};

const branchHints = (bytes: Uint8Array): Map<number, Map<number, number>> => {
  const reader = new ByteReader(bytes);
  return new Map(
    reader.vector(() => {
      const func = reader.u32();
      const hints = reader.vector(() => {
        const at = reader.u32();
        reader.u8();
        return [at, reader.u8()] as const;
      });
      return [func, new Map(hints)] as const;
    }),
  );
};

/** Takes a valid module apart. */
export const readModule = (bytes: Uint8Array): ModuleContents => {
  const reader = new ByteReader(bytes, 8);
  const sections = new Map<number, ByteReader>();
  const customs: { name: string; bytes: Uint8Array }[] = [];
  while (!reader.done) {
    const id = reader.u8();
    const part = new ByteReader(reader.take(reader.u32()));
    if (id === SECTION.custom) customs.push({ name: part.text(), bytes: part.bytes.subarray(part.at) });
    else sections.set(id, part);
  }
  const list = <T>(id: number, read: (part: ByteReader) => T): T[] => {
    const part = sections.get(id);
    return part === undefined ? [] : part.vector(() => read(part));
  };
  const custom = (name: string): Uint8Array => customs.find((entry) => entry.name === name)?.bytes ?? new Uint8Array();
  const hintBytes = custom('metadata.code.branch_hint');
  return {
    types: list(SECTION.type, (part) => {
      part.u8();
      return { params: part.vector(() => type(part)), results: part.vector(() => type(part)) };
    }),
    imports: list(SECTION.import, (part) => {
      const [module, name, kind] = [part.text(), part.text(), part.u8()];
      return { module, name, kind, what: importDescription(part, kind) };
    }),
    functions: list(SECTION.func, (part) => part.u32()),
    exports: list(SECTION.export, (part) => ({ name: part.text(), kind: part.u8(), index: part.u32() })),
    code: list(SECTION.code, code),
    customs,
    names: functionNames(custom('name')),
    hints: hintBytes.length === 0 ? new Map() : branchHints(hintBytes),
  };
};
