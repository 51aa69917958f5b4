import { PolyvisorError } from '@polyvisor/core';
import { memoryErrors } from './errors.ts';

interface Block {
  readonly offset: number;
  readonly size: number;
}

/** First-fit reservations in the part of host memory before the frame pool. Cold: an engine reserves a few times. */
export class TableSpace {
  readonly #start: number;
  readonly #end: number;
  readonly #blocks: Block[] = [];

  constructor(start: number, end: number) {
    this.#start = start;
    this.#end = end;
  }

  reserve(size: number, align: number, owner: string): number {
    const place = `tables.${owner}`;
    if (!Number.isInteger(size) || size <= 0) {
      throw new PolyvisorError([memoryErrors['bad-size'](place, { what: 'size', given: size, rule: 'a positive integer' })]);
    }
    if (!Number.isInteger(align) || align <= 0 || (align & (align - 1)) !== 0) {
      throw new PolyvisorError([memoryErrors['bad-size'](place, { what: 'align', given: align, rule: 'a power of two' })]);
    }
    let at = this.#start;
    let largest = 0;
    for (let i = 0; i <= this.#blocks.length; i++) {
      const block = this.#blocks[i];
      const aligned = Math.ceil(at / align) * align;
      const end = block?.offset ?? this.#end;
      if (aligned + size <= end) {
        this.#blocks.splice(i, 0, { offset: aligned, size });
        return aligned;
      }
      largest = Math.max(largest, end - aligned);
      if (block) at = block.offset + block.size;
    }
    throw new PolyvisorError([memoryErrors['no-table-space'](place, { owner, size, free: largest })]);
  }

  /** Returns the size of what was reserved at `offset`. */
  release(offset: number): number {
    const i = this.#blocks.findIndex((b) => b.offset === offset);
    const [block] = i < 0 ? [] : this.#blocks.splice(i, 1);
    if (!block) throw new PolyvisorError([memoryErrors['not-reserved']('', { offset })]);
    return block.size;
  }
}
