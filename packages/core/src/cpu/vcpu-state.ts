import {
  QUAD_OFFSETS, SEGMENT_AT, SEGMENT_OFFSETS, VCPU_STATE_SIZE, WORD_OFFSETS,
  type QuadRegister, type SegmentName, type WordRegister,
} from './state-layout.ts';

/** A segment register's visible and hidden part; `rights` as in a VMCS (Intel SDM vol. 3C §25.4.1). */
export interface Segment {
  readonly selector: number;
  readonly rights: number;
  readonly limit: number;
  readonly base: bigint;
}

/**
 * Registers of one vCPU: a view of its state block. 64-bit values are bigint for cold code and two signed 32-bit
 * halves for hot code. Valid between runs; during a run the engine may hold registers elsewhere.
 */
export class VcpuState {
  readonly view: DataView;

  constructor(buffer: ArrayBufferLike, byteOffset: number) {
    this.view = new DataView(buffer, byteOffset, VCPU_STATE_SIZE);
  }

  get(register: QuadRegister): bigint {
    return this.view.getBigUint64(QUAD_OFFSETS[register], true);
  }
  set(register: QuadRegister, value: bigint): void {
    this.view.setBigUint64(QUAD_OFFSETS[register], value, true);
  }
  /** @hot Low 32 bits, signed. */
  low(register: QuadRegister): number {
    return this.view.getInt32(QUAD_OFFSETS[register], true);
  }
  /** @hot High 32 bits, signed. */
  high(register: QuadRegister): number {
    return this.view.getInt32(QUAD_OFFSETS[register] + 4, true);
  }
  /** @hot */
  setHalves(register: QuadRegister, low: number, high: number): void {
    this.view.setInt32(QUAD_OFFSETS[register], low, true);
    this.view.setInt32(QUAD_OFFSETS[register] + 4, high, true);
  }
  /** @hot */
  word(register: WordRegister): number {
    return this.view.getInt32(WORD_OFFSETS[register], true);
  }
  /** @hot */
  setWord(register: WordRegister, value: number): void {
    this.view.setInt32(WORD_OFFSETS[register], value, true);
  }
  segment(name: SegmentName): Segment {
    const at = SEGMENT_AT[name];
    return {
      selector: this.view.getUint16(at + SEGMENT_OFFSETS.selector, true),
      rights: this.view.getUint32(at + SEGMENT_OFFSETS.rights, true),
      limit: this.view.getUint32(at + SEGMENT_OFFSETS.limit, true),
      base: this.view.getBigUint64(at + SEGMENT_OFFSETS.base, true),
    };
  }
  setSegment(name: SegmentName, segment: Segment): void {
    const at = SEGMENT_AT[name];
    this.view.setUint16(at + SEGMENT_OFFSETS.selector, segment.selector, true);
    this.view.setUint32(at + SEGMENT_OFFSETS.rights, segment.rights, true);
    this.view.setUint32(at + SEGMENT_OFFSETS.limit, segment.limit, true);
    this.view.setBigUint64(at + SEGMENT_OFFSETS.base, segment.base, true);
  }
  /** A copy of the whole block, for snapshots. */
  save(): Uint8Array {
    return Uint8Array.from(new Uint8Array(this.view.buffer, this.view.byteOffset, VCPU_STATE_SIZE));
  }
  load(saved: Uint8Array): void {
    new Uint8Array(this.view.buffer, this.view.byteOffset, VCPU_STATE_SIZE).set(saved);
  }
}
