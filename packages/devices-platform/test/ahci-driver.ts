import type { Region } from '@polyvisor/core';
import type { FakeMemory } from '@polyvisor/testkit';
import { Cmd, Fis, FisFlag, Ghc, Offset, PortOffset, Received, Table } from '../src/ahci/registers.ts';

export interface AtaCommand {
  readonly command: number;
  readonly features?: number;
  readonly lba?: number;
  readonly count?: number;
  readonly device?: number;
  /** Memory of the data, in order. */
  readonly data?: readonly (readonly [address: number, bytes: number])[];
  readonly packet?: readonly number[];
  readonly write?: boolean;
  /** The control register instead of a command. */
  readonly control?: number;
}

/** The driver's side of a port: it sets up as Linux's libahci does. */
export class AhciDriver {
  readonly memory: FakeMemory;
  readonly port: number;
  readonly base: number;
  readonly #registers: Region;
  readonly #view: DataView;

  constructor(registers: Region, memory: FakeMemory, port = 0, base = 0x1_0000) {
    this.#registers = registers;
    this.memory = memory;
    this.port = port;
    this.base = base;
    this.#view = new DataView(memory.bytes.buffer);
  }

  host(offset: number): number {
    return this.#registers.read(offset, 4);
  }
  setHost(offset: number, value: number): void {
    this.#registers.write(offset, 4, value);
  }
  read(offset: number): number {
    return this.host(Offset.PORTS + Offset.PORT_SIZE * this.port + offset);
  }
  write(offset: number, value: number): void {
    this.setHost(Offset.PORTS + Offset.PORT_SIZE * this.port + offset, value);
  }

  get list(): number {
    return this.base;
  }
  get received(): number {
    return this.base + 0x400;
  }
  table(slot: number): number {
    return this.base + 0x1000 + 0x1000 * slot;
  }

  /** Controller reset, addresses, FIS receive, COMRESET, start, interrupts. */
  start(): this {
    this.setHost(Offset.GHC, Ghc.HR);
    this.setHost(Offset.GHC, Ghc.AE | Ghc.IE);
    this.write(PortOffset.CLB, this.list);
    this.write(PortOffset.CLBU, 0);
    this.write(PortOffset.FB, this.received);
    this.write(PortOffset.FBU, 0);
    this.write(PortOffset.CMD, Cmd.FRE);
    this.comreset();
    this.write(PortOffset.IS, -1);
    this.run();
    this.write(PortOffset.IE, 0x7dc0_007f);
    return this;
  }

  comreset(): void {
    this.write(PortOffset.SCTL, 0x301);
    this.write(PortOffset.SCTL, 0x300);
    this.write(PortOffset.SERR, -1);
  }

  run(): void {
    this.write(PortOffset.CMD, Cmd.FRE | Cmd.ST);
  }
  stop(): void {
    this.write(PortOffset.CMD, Cmd.FRE);
  }

  /** Fills a slot, without telling. */
  put(slot: number, { command, features = 0, lba = 0, count = 0, device = 0x40, data = [], packet = [], write = false, control }: AtaCommand): void {
    const table = this.table(slot);
    const header = this.list + 32 * slot;
    const { bytes } = this.memory;
    bytes.fill(0, header, header + 32);
    bytes.fill(0, table, table + Table.PRDT);
    this.#view.setUint16(header, 5 | (packet.length > 0 ? 0x20 : 0) | (write ? 0x40 : 0), true);
    this.#view.setUint16(header + 2, data.length, true);
    this.#view.setUint32(header + 8, table, true);
    const low = lba % 2 ** 24;
    const high = Math.floor(lba / 2 ** 24);
    bytes.set([Fis.H2D, control === undefined ? FisFlag.COMMAND : 0, command, features, low, low >> 8, low >> 16, device, high, high >> 8, high >> 16, features >> 8, count, count >> 8, 0, control ?? 0], table);
    bytes.set(packet, table + Table.ACMD);
    data.forEach(([address, length], i) => {
      const at = table + Table.PRDT + 16 * i;
      this.#view.setUint32(at, address % 2 ** 32, true);
      this.#view.setUint32(at + 4, Math.floor(address / 2 ** 32), true);
      this.#view.setUint32(at + 12, length - 1, true);
    });
  }

  /** Issues slots that were filled; `queued` ones by PxSACT too. */
  issue(slots: number, queued = false): void {
    if (queued) this.write(PortOffset.SACT, slots);
    this.write(PortOffset.CI, slots);
  }

  /** A queued read or write. */
  queued(slot: number, command: number, lba: number, count: number, data: AtaCommand['data'], device = 0x40): void {
    this.put(slot, { command, features: count, lba, count: slot << 3, device, ...(data && { data }) });
  }

  /** Bytes moved, as the command header has it. */
  moved(slot: number): number {
    return this.#view.getUint32(this.list + 32 * slot + 4, true);
  }
  /** A frame that was received: its type, flags, status and error. */
  frame(at: keyof typeof Received): readonly number[] {
    return [...this.memory.bytes.subarray(this.received + Received[at], this.received + Received[at] + 4)];
  }
  /** Reads and clears the interrupt status of the port and the controller. */
  acknowledge(): number {
    const status = this.read(PortOffset.IS);
    this.write(PortOffset.IS, status);
    this.setHost(Offset.IS, 1 << this.port);
    return status;
  }
}
