import type { Region } from '@polyvisor/core';
import type { FakeMemory } from '@polyvisor/testkit';
import { Admin, CQE_BYTES, Nvm, Offset, PAGE, SQE_BYTES } from '../src/nvme/registers.ts';

export interface NvmeCommand {
  readonly opcode: number;
  readonly flags?: number;
  readonly nsid?: number;
  readonly prp1?: number;
  readonly prp2?: number;
  /** From CDW10 on. */
  readonly cdw?: readonly number[];
}
export interface NvmeCompletion {
  readonly id: number;
  readonly status: number;
  readonly result: number;
  readonly queue: number;
  readonly head: number;
}
interface Pair {
  readonly submission: number;
  readonly completion: number;
  readonly size: number;
  tail: number;
  head: number;
  phase: number;
}

const ENABLED = 0x0046_0001;

/** The driver's side of a controller: it sets up as Linux does (nvme_pci_configure_admin_queue and what follows). */
export class NvmeDriver {
  readonly memory: FakeMemory;
  readonly pairs: Pair[] = [];
  readonly #registers: Region;
  readonly #view: DataView;
  #next: number;
  #ids = 0;

  /** `base` is where its pages are. */
  constructor(registers: Region, memory: FakeMemory, base = 0x1_0000) {
    this.#registers = registers;
    this.memory = memory;
    this.#view = new DataView(memory.bytes.buffer);
    this.#next = base;
  }

  read(offset: number): number {
    return this.#registers.read(offset, 4);
  }
  write(offset: number, value: number): void {
    this.#registers.write(offset, 4, value);
  }

  /** Pages of memory that nobody else uses. */
  pages(count = 1): number {
    const at = this.#next;
    this.#next += count * PAGE;
    return at;
  }

  /** Disable, admin queues, enable. */
  enable(size = 32): this {
    this.write(Offset.CC, 0);
    const pair = this.#pair(size);
    this.pairs.length = 0;
    this.pairs.push(pair);
    this.write(Offset.AQA, ((size - 1) << 16) | (size - 1));
    this.write(Offset.ASQ, pair.submission);
    this.write(Offset.ASQ_HIGH, 0);
    this.write(Offset.ACQ, pair.completion);
    this.write(Offset.ACQ_HIGH, 0);
    this.write(Offset.CC, ENABLED);
    return this;
  }

  /** A pair of I/O queues; returns the statuses of both commands. */
  createQueues(id = 1, size = 64, vector = 0): readonly [number | undefined, number | undefined] {
    const pair = this.#pair(size);
    const made = this.call({ opcode: Admin.CREATE_CQ, prp1: pair.completion, cdw: [((size - 1) << 16) | id, (vector << 16) | 3] });
    const other = this.call({ opcode: Admin.CREATE_SQ, prp1: pair.submission, cdw: [((size - 1) << 16) | id, (id << 16) | 1] });
    this.pairs[id] = pair;
    return [made?.status, other?.status];
  }

  /** Puts a command into a queue, without telling; returns its identifier. */
  put(queue: number, { opcode, flags = 0, nsid = 0, prp1 = 0, prp2 = 0, cdw = [] }: NvmeCommand): number {
    const pair = this.pairs[queue]!;
    const at = pair.submission + SQE_BYTES * pair.tail;
    const id = (this.#ids = (this.#ids + 1) & 0x7fff);
    this.memory.bytes.fill(0, at, at + SQE_BYTES);
    this.#view.setUint32(at, opcode | (flags << 8) | (id << 16), true);
    this.#view.setUint32(at + 4, nsid, true);
    this.setAddress(at + 24, prp1);
    this.setAddress(at + 32, prp2);
    cdw.forEach((value, i) => {
      this.#view.setInt32(at + 40 + 4 * i, value | 0, true);
    });
    pair.tail = (pair.tail + 1) % pair.size;
    return id;
  }

  ring(queue: number): void {
    this.write(Offset.DOORBELLS + 8 * queue, this.pairs[queue]!.tail);
  }

  /** What the controller has completed; `acknowledge` rings the head doorbell. */
  completions(queue: number, acknowledge = true): NvmeCompletion[] {
    const pair = this.pairs[queue]!;
    const found: NvmeCompletion[] = [];
    for (;;) {
      const at = pair.completion + CQE_BYTES * pair.head;
      const last = this.#view.getUint32(at + 12, true);
      if (((last >>> 16) & 1) !== pair.phase) break;
      const where = this.#view.getUint32(at + 8, true);
      found.push({ id: last & 0xffff, status: last >>> 17, result: this.#view.getUint32(at, true), queue: where >>> 16, head: where & 0xffff });
      pair.head += 1;
      if (pair.head < pair.size) continue;
      pair.head = 0;
      pair.phase ^= 1;
    }
    if (acknowledge && found.length > 0) this.write(Offset.DOORBELLS + 8 * queue + 4, pair.head);
    return found;
  }

  /** An admin command that is over at once. */
  call(command: NvmeCommand): NvmeCompletion | undefined {
    const id = this.put(0, command);
    this.ring(0);
    return this.completions(0).find((completion) => completion.id === id);
  }

  /** Read, Write or Compare of `blocks` from `lba` with the data at `prp1` and `prp2`. */
  transfer(opcode: number, lba: number, blocks: number, prp1: number, prp2 = 0, queue = 1): number {
    return this.put(queue, { opcode, nsid: 1, prp1, prp2, cdw: [lba % 2 ** 32, Math.floor(lba / 2 ** 32), blocks - 1] });
  }

  flush(queue = 1): number {
    return this.put(queue, { opcode: Nvm.FLUSH, nsid: 1 });
  }

  setAddress(at: number, address: number): void {
    this.#view.setUint32(at, address % 2 ** 32, true);
    this.#view.setUint32(at + 4, Math.floor(address / 2 ** 32), true);
  }

  #pair(size: number): Pair {
    const submission = this.pages(Math.ceil((size * SQE_BYTES) / PAGE));
    const completion = this.pages(Math.ceil((size * CQE_BYTES) / PAGE));
    this.memory.bytes.fill(0, submission, completion + size * CQE_BYTES);
    return { submission, completion, size, tail: 0, head: 0, phase: 1 };
  }
}
