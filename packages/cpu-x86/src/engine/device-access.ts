/** Accesses of generated code that meet a device: they pass through the vCPU's scratch buffer. */
import { Access, type Host, type HostOffset, type IoAccess } from '@polyvisor/core';
import { DEVICE, ENGINE } from '../state/engine-layout.ts';

export class DeviceAccess {
  readonly #host: Host;
  readonly #block: HostOffset;
  readonly #io: Pick<IoAccess, 'mmioRead' | 'mmioWrite'>;

  constructor(host: Host, block: HostOffset, io: Pick<IoAccess, 'mmioRead' | 'mmioWrite'>) {
    this.#host = host;
    this.#block = block;
    this.#io = io;
  }

  /** Fills the buffer, unless the access only writes: a device's register is not read for nothing. */
  borrow(): void {
    const access = this.#host.view.getInt32(this.#block + ENGINE.scratchAccess, true);
    this.#parts((scratch, part, gpa, length) => {
      if (part !== DEVICE) this.#host.bytes.copyWithin(scratch, part, part + length);
      else if ((access & Access.read) !== 0) this.#read(scratch, gpa, length);
    });
  }

  giveBack(): void {
    this.#parts((scratch, part, gpa, length) => {
      if (part !== DEVICE) this.#host.bytes.copyWithin(part, scratch, scratch + length);
      else this.#write(scratch, gpa, length);
    });
  }

  #parts(each: (scratch: number, part: number, gpa: number, length: number) => void): void {
    const { view } = this.#host, block = this.#block;
    const size = view.getInt32(block + ENGINE.scratchSize, true), split = view.getInt32(block + ENGINE.scratchSplit, true);
    const scratch = block + ENGINE.scratch;
    const physical = (at: number): number => view.getUint32(block + at, true) + view.getUint32(block + at + 4, true) * 2 ** 32;
    each(scratch, view.getInt32(block + ENGINE.scratchFirst, true) >>> 0, physical(ENGINE.scratchFirstGpa), split);
    if (split === size) return;
    each(scratch + split, view.getInt32(block + ENGINE.scratchSecond, true) >>> 0, physical(ENGINE.scratchSecondGpa), size - split);
  }

  #read(scratch: number, gpa: number, length: number): void {
    const { view } = this.#host;
    for (let done = 0; done < length;) {
      const size = naturalSize(gpa + done, length - done);
      const value = this.#io.mmioRead(gpa + done, size);
      if (size === 4) view.setInt32(scratch + done, value, true);
      else if (size === 2) view.setInt16(scratch + done, value, true);
      else view.setInt8(scratch + done, value);
      done += size;
    }
  }

  #write(scratch: number, gpa: number, length: number): void {
    const { view } = this.#host;
    for (let done = 0; done < length;) {
      const size = naturalSize(gpa + done, length - done);
      const at = scratch + done;
      this.#io.mmioWrite(gpa + done, size, size === 4 ? view.getInt32(at, true) : size === 2 ? view.getUint16(at, true) : view.getUint8(at));
      done += size;
    }
  }
}

/** The largest aligned piece: what the bus carries in one transfer. */
function naturalSize(address: number, left: number): 1 | 2 | 4 {
  if (left >= 4 && address % 4 === 0) return 4;
  return left >= 2 && address % 2 === 0 ? 2 : 1;
}
