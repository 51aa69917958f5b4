import { ByteWriter } from './byte-writer.ts';

/** Section numbers, in the order they stand in a module (5.5.2). */
export const SECTION = {
  custom: 0, type: 1, import: 2, func: 3, table: 4, memory: 5, global: 6, export: 7, start: 8, elem: 9,
  dataCount: 12, code: 10, data: 11,
} as const;

/** Gathers the entries of one section. */
export class Section {
  readonly id: number;
  readonly body = new ByteWriter(256);
  count = 0;

  constructor(id: number) {
    this.id = id;
  }

  /** Begins an entry; write it to what this returns. */
  entry(): ByteWriter {
    this.count++;
    return this.body;
  }

  /** Writes the section, or nothing if it has no entries. */
  write(out: ByteWriter): void {
    if (this.count === 0) return;
    const prefix = new ByteWriter(8);
    prefix.u32(this.count);
    out.u8(this.id);
    out.u32(prefix.length + this.body.length);
    out.appendRange(prefix, 0, prefix.length);
    out.appendRange(this.body, 0, this.body.length);
  }
}

/** Writes a custom section. */
export const writeCustom = (out: ByteWriter, name: string, content: ByteWriter): void => {
  const header = new ByteWriter(name.length + 8);
  header.text(name);
  out.u8(SECTION.custom);
  out.u32(header.length + content.length);
  out.appendRange(header, 0, header.length);
  out.appendRange(content, 0, content.length);
};

/** Sizes of a memory (in pages of 64 KiB) or of a table. */
export interface Limits {
  readonly min: number;
  readonly max?: number;
  readonly shared?: boolean;
}

/** Limits (5.3.7): bit 0 has a maximum, bit 1 shared, bit 2 64-bit addresses. */
export const writeLimits = (out: ByteWriter, limits: Limits, wide: boolean): void => {
  const { min, max, shared = false } = limits;
  out.u8((max === undefined ? 0 : 1) | (shared ? 2 : 0) | (wide ? 4 : 0));
  out.u53(min);
  if (max !== undefined) out.u53(max);
};
