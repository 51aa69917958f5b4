/**
 * The control block: what a backend wants to be told about, as with a VMCS (Intel SDM vol. 3C §25.6) or a VMCB (AMD
 * APM vol. 2 §15.5). It lies in the Host's memory, so that an engine tests a bit without leaving WebAssembly.
 */

/** Bit numbers of the two intercept words. */
export const Intercept = {
  hlt: 0, pause: 1, mwait: 2, monitor: 3, cpuid: 4, rdtsc: 5, rdtscp: 6, rdpmc: 7,
  invlpg: 8, invpcid: 9, wbinvd: 10, xsetbv: 11, syscall: 12, sysenter: 13, hypercall: 14, softwareInterrupt: 15,
  readGdtr: 16, readIdtr: 17, readLdtr: 18, readTr: 19, writeGdtr: 20, writeIdtr: 21, writeLdtr: 22, writeTr: 23,
  taskSwitch: 24, shutdown: 25, rdrand: 26, rdseed: 27, iret: 28, rsm: 29, virtualInterrupt: 30, ports: 31,
  msrs: 32, nmi: 33, smi: 34, init: 35, externalInterrupt: 36, invd: 37, vmx: 38, svm: 39,
} as const;
export type InterceptName = keyof typeof Intercept;

/** Byte offsets in the block. */
export const CONTROL_OFFSETS = {
  intercepts: 0,
  /** One bit for each vector 0–31. */
  exceptions: 8,
  /** Bit n: reading (low half) or writing (high half) of CRn. */
  crReads: 12, crWrites: 16,
  drReads: 20, drWrites: 24,
  /** Event to deliver at the next entry: vector, type, valid bit; see `InjectedEvent`. */
  injection: 28, injectionError: 32,
  /** Tag of this guest's TLB entries (VPID or ASID), 1 … 4095; 0 is the hypervisor's own. */
  tag: 36,
  /** Added to the time-stamp counter (8 bytes). */
  tscOffset: 40,
  /** 65,536 bits. */
  portBitmap: 64,
  /** As Intel SDM vol. 3C §25.6.9: reads of 0–1FFFH, reads of C0000000H–C0001FFFH, then the same for writes. */
  msrBitmap: 64 + 8192,
} as const;
export const CONTROL_BLOCK_SIZE = 64 + 8192 + 4096;
export const CONTROL_BLOCK_ALIGN = 64;

/** Types of an injected event (Intel SDM vol. 3C §25.8.3). */
export const EventType = {
  externalInterrupt: 0, nmi: 2, hardwareException: 3, softwareInterrupt: 4, privilegedSoftwareException: 5,
  softwareException: 6,
} as const;
export interface InjectedEvent {
  readonly vector: number;
  readonly type: (typeof EventType)[keyof typeof EventType];
  readonly errorCode?: number;
}
const VALID = 1 << 31;
const HAS_ERROR_CODE = 1 << 11;

/** Typed access to a control block. Setting and asking is cold; engines read the bits themselves. */
export class ControlBlock {
  readonly view: DataView;

  constructor(buffer: ArrayBufferLike, byteOffset: number) {
    this.view = new DataView(buffer, byteOffset, CONTROL_BLOCK_SIZE);
  }

  /** Nothing is intercepted, nothing injected; the tag stays. */
  clear(): void {
    const tag = this.tag;
    new Uint8Array(this.view.buffer, this.view.byteOffset, CONTROL_BLOCK_SIZE).fill(0);
    this.tag = tag;
  }

  intercept(name: InterceptName, on = true): void {
    this.#setBit(CONTROL_OFFSETS.intercepts, Intercept[name], on);
  }
  intercepts(name: InterceptName): boolean {
    return this.#bit(CONTROL_OFFSETS.intercepts, Intercept[name]);
  }
  interceptException(vector: number, on = true): void {
    this.#setBit(CONTROL_OFFSETS.exceptions, vector & 31, on);
  }
  interceptsException(vector: number): boolean {
    return this.#bit(CONTROL_OFFSETS.exceptions, vector & 31);
  }
  interceptControlRegister(n: number, access: 'read' | 'write', on = true): void {
    this.#setBit(access === 'read' ? CONTROL_OFFSETS.crReads : CONTROL_OFFSETS.crWrites, n & 31, on);
  }
  interceptsControlRegister(n: number, access: 'read' | 'write'): boolean {
    return this.#bit(access === 'read' ? CONTROL_OFFSETS.crReads : CONTROL_OFFSETS.crWrites, n & 31);
  }
  interceptDebugRegister(n: number, access: 'read' | 'write', on = true): void {
    this.#setBit(access === 'read' ? CONTROL_OFFSETS.drReads : CONTROL_OFFSETS.drWrites, n & 31, on);
  }
  interceptsDebugRegister(n: number, access: 'read' | 'write'): boolean {
    return this.#bit(access === 'read' ? CONTROL_OFFSETS.drReads : CONTROL_OFFSETS.drWrites, n & 31);
  }
  /** Counts only together with the `ports` intercept. */
  interceptPort(port: number, on = true): void {
    this.#setBit(CONTROL_OFFSETS.portBitmap, port & 0xffff, on);
  }
  interceptsPort(port: number): boolean {
    return this.#bit(CONTROL_OFFSETS.portBitmap, port & 0xffff);
  }
  /** MSRs outside the two bitmap ranges always exit while the `msrs` intercept is on; false tells the caller so. */
  interceptMsr(index: number, access: 'read' | 'write', on = true): boolean {
    const bit = msrBit(index, access);
    if (bit >= 0) this.#setBit(CONTROL_OFFSETS.msrBitmap, bit, on);
    return bit >= 0;
  }
  interceptsMsr(index: number, access: 'read' | 'write'): boolean {
    const bit = msrBit(index, access);
    return bit < 0 || this.#bit(CONTROL_OFFSETS.msrBitmap, bit);
  }

  get tag(): number {
    return this.view.getInt32(CONTROL_OFFSETS.tag, true);
  }
  set tag(tag: number) {
    this.view.setInt32(CONTROL_OFFSETS.tag, tag & 0xfff, true);
  }

  /** Delivers an event at the next entry. One can be pending; a second replaces nothing and returns false. */
  inject(event: InjectedEvent): boolean {
    if (this.injected) return false;
    const withCode = event.errorCode === undefined ? 0 : HAS_ERROR_CODE;
    const bits = VALID | withCode | (event.type << 8) | (event.vector & 0xff);
    this.view.setInt32(CONTROL_OFFSETS.injectionError, event.errorCode ?? 0, true);
    this.view.setInt32(CONTROL_OFFSETS.injection, bits, true);
    return true;
  }
  /** The event that waits for the next entry. */
  get injected(): InjectedEvent | undefined {
    const bits = this.view.getInt32(CONTROL_OFFSETS.injection, true);
    if ((bits & VALID) === 0) return undefined;
    const type = ((bits >> 8) & 7) as InjectedEvent['type'];
    const event = { vector: bits & 0xff, type };
    if ((bits & HAS_ERROR_CODE) === 0) return event;
    return { ...event, errorCode: this.view.getInt32(CONTROL_OFFSETS.injectionError, true) };
  }
  /** The engine has delivered it. */
  clearInjected(): void {
    this.view.setInt32(CONTROL_OFFSETS.injection, 0, true);
  }

  #setBit(base: number, bit: number, on: boolean): void {
    const at = base + (bit >> 3);
    const mask = 1 << (bit & 7);
    const old = this.view.getUint8(at);
    this.view.setUint8(at, on ? old | mask : old & ~mask);
  }
  #bit(base: number, bit: number): boolean {
    return (this.view.getUint8(base + (bit >> 3)) & (1 << (bit & 7))) !== 0;
  }
}

function msrBit(index: number, access: 'read' | 'write'): number {
  const half = access === 'read' ? 0 : 16384;
  if (index >>> 0 <= 0x1fff) return half + index;
  const high = (index >>> 0) - 0xc0000000;
  return high >= 0 && high <= 0x1fff ? half + 8192 + high : -1;
}
