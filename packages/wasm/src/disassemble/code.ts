import { opName, opRow } from '../opcodes/index.ts';
import { NONE, typeName } from '../types.ts';
import type { ByteReader } from './reader.ts';

/** One instruction of a body. */
export interface Instruction {
  readonly name: string;
  /** Immediates as text, in the order the text format writes them. */
  readonly immediates: readonly string[];
  /** Its position among the bytes given. */
  readonly at: number;
}

const float = (value: number): string => (Object.is(value, -0) ? '-0' : String(value).replace('Infinity', 'inf'));

/** A block type: nothing, a result, or the index of a function type. */
const blockType = (reader: ByteReader): string[] => {
  const at = reader.at;
  const first = reader.u8();
  if (first === NONE) return [];
  if (first >= 0x6f && first <= 0x7f) return [`(result ${typeName(first)})`];
  reader.at = at;
  return [`(type ${reader.s64()})`];
};

const memoryOperand = (reader: ByteReader, natural: number): string[] => {
  const flags = reader.u32();
  const memory = (flags & 0x40) === 0 ? 0 : reader.u32();
  const offset = reader.u32();
  const align = 2 ** (flags & 0x3f);
  return [
    ...(memory === 0 ? [] : [String(memory)]),
    ...(offset === 0 ? [] : [`offset=${offset}`]),
    ...(align === natural ? [] : [`align=${align}`]),
  ];
};

const labels = (reader: ByteReader): string[] => [...reader.vector(() => String(reader.u32())), String(reader.u32())];

/** The text of one kind of immediate, as the table names it. */
const immediate = (kind: string, reader: ByteReader): string[] => {
  switch (kind) {
    case 'block':
      return blockType(reader);
    case 'labels':
      return labels(reader);
    case 'i32':
    case 'i64':
      return [String(reader.s64())];
    case 'f32':
      return [float(reader.view(4).getFloat32(0, true))];
    case 'f64':
      return [float(reader.view(8).getFloat64(0, true))];
    case 'bytes':
      return ['i8x16', ...Array.from(reader.take(16), String)];
    case 'lanes':
      return Array.from(reader.take(16), String);
    case 'heaptype':
      return [reader.u8() === 0x70 ? 'func' : 'extern'];
    case 'type':
      return [`(type ${reader.u32()})`];
    case 'zero':
      reader.u8();
      return [];
    case 'memory':
    case 'table': {
      const index = reader.u32();
      return index === 0 ? [] : [String(index)];
    }
    default:
      if (kind.startsWith('mem')) return memoryOperand(reader, Number(kind.slice(3)));
      if (kind.startsWith('lane')) return [String(reader.u8())];
      return [String(reader.u32())];
  }
};

/** The next instruction. */
export const readInstruction = (reader: ByteReader): Instruction => {
  const at = reader.at;
  const first = reader.u8();
  const op = first >= 0xfc && first <= 0xfe ? (first << 12) | reader.u32() : first;
  const kinds = opRow(op)?.[3]?.split(' ') ?? [];
  return { name: opName(op), immediates: kinds.flatMap((kind) => immediate(kind, reader)), at };
};

/** All instructions up to `end`. */
export const readInstructions = (reader: ByteReader, end: number): Instruction[] => {
  const all: Instruction[] = [];
  while (reader.at < end) all.push(readInstruction(reader));
  return all;
};
