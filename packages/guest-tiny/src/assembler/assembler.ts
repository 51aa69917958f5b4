import { ALU, CONDITIONS, Register, SHIFTS, type Address, type Condition, type Operation, type Shift, type Value } from './operands.ts';

/** A place in the code that a label's address is put in when all labels are known. */
interface Fixup {
  readonly at: number;
  readonly label: string;
  /** Jumps count from the end of their displacement. */
  readonly relative: boolean;
}

/**
 * Bytes of 32-bit x86 code, one method for each form that the guest needs (Intel SDM volume 2; the opcode is beside each). Jumps always
 * have 32 bits: the code is small enough.
 */
export class Assembler {
  /** Address of the first byte. */
  readonly origin: number;
  readonly #bytes: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #fixups: Fixup[] = [];
  readonly #space: { readonly label: string; readonly size: number }[] = [];

  constructor(origin: number) {
    this.origin = origin;
  }

  /** The code, and how much memory it needs with the zeroed space behind it. */
  finish(): { readonly bytes: Uint8Array; readonly size: number } {
    let end = Math.ceil(this.#bytes.length / 16) * 16;
    for (const { label, size } of this.#space) {
      this.#define(label, end);
      end += Math.ceil(size / 16) * 16;
    }
    const bytes = Uint8Array.from(this.#bytes);
    const view = new DataView(bytes.buffer);
    for (const { at, label, relative } of this.#fixups) {
      const offset = this.#labels.get(label);
      if (offset === undefined) throw new Error(`there is no label "${label}"`);
      view.setUint32(at, relative ? offset - at - 4 : this.origin + offset, true);
    }
    return { bytes, size: end };
  }

  label(name: string): void {
    this.#define(name, this.#bytes.length);
  }

  /** Bytes of zero behind the code, at an address that is a multiple of 16. */
  space(label: string, size: number): void {
    this.#space.push({ label, size });
  }

  bytes(...values: readonly number[]): void {
    this.#bytes.push(...values);
  }

  /** ASCII, with a zero at its end. */
  text(label: string, content: string): void {
    this.label(label);
    for (const character of content) this.#bytes.push(character.charCodeAt(0));
    this.#bytes.push(0);
  }

  word(value: Value): void {
    if (typeof value === 'string') {
      this.#fixups.push({ at: this.#bytes.length, label: value, relative: false });
      this.#bytes.push(0, 0, 0, 0);
    } else this.#bytes.push(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24);
  }

  /** MOV r32, imm32: B8. A label is its address. */
  set(to: Register, value: Value): void {
    this.bytes(0xb8 | to);
    this.word(value);
  }

  /** MOV r32, r32: 89. */
  mov(to: Register, from: Register): void {
    this.bytes(0x89, 0xc0 | (from << 3) | to);
  }

  /** MOV r32, m32: 8B. */
  load(to: Register, from: Address): void {
    this.#withAddress([0x8b], to, from);
  }

  /** MOV m32, r32: 89. */
  store(to: Address, from: Register): void {
    this.#withAddress([0x89], from, to);
  }

  /** MOVZX r32, m8: 0F B6. */
  loadByte(to: Register, from: Address): void {
    this.#withAddress([0x0f, 0xb6], to, from);
  }

  /** MOV m8, r8: 88. The register is one of EAX, ECX, EDX and EBX. */
  storeByte(to: Address, from: Register): void {
    this.#withAddress([0x88], from, to);
  }

  /** ADD, ADC, AND, SUB, SBB, XOR, CMP with a register (01 and its like) or a number (81). */
  do(operation: Operation, to: Register, operand: Register | { readonly number: number }): void {
    const code = ALU[operation];
    if (typeof operand === 'number') this.bytes((code << 3) | 1, 0xc0 | (operand << 3) | to);
    else {
      this.bytes(0x81, 0xc0 | (code << 3) | to);
      this.word(operand.number);
    }
  }

  /** The same with a number in memory: 03 and its like. */
  doWith(operation: Operation, to: Register, from: Address): void {
    this.#withAddress([(ALU[operation] << 3) | 3], to, from);
  }

  /** SHL, SHR r32, imm8: C1. */
  shift(direction: Shift, register: Register, count: number): void {
    this.bytes(0xc1, 0xc0 | (SHIFTS[direction] << 3) | register, count);
  }

  /** SHRD r32, r32, imm8: 0F AC. Shifts right, and takes the bits that come in from `high`. */
  shiftPair(low: Register, high: Register, count: number): void {
    this.bytes(0x0f, 0xac, 0xc0 | (high << 3) | low, count);
  }

  /** DIV r32: F7 /6. EDX:EAX by the divisor; quotient in EAX, remainder in EDX. */
  divide(divisor: Register): void {
    this.bytes(0xf7, 0xf0 | divisor);
  }

  increment(register: Register): void {
    this.bytes(0x40 | register);
  }

  decrement(register: Register): void {
    this.bytes(0x48 | register);
  }

  push(...registers: readonly Register[]): void {
    for (const register of registers) this.bytes(0x50 | register);
  }

  /** In the order in which they were pushed. */
  pop(...registers: readonly Register[]): void {
    for (const register of [...registers].reverse()) this.bytes(0x58 | register);
  }

  jump(label: string): void {
    this.bytes(0xe9);
    this.#displacement(label);
  }

  jumpIf(condition: Condition, label: string): void {
    this.bytes(0x0f, 0x80 | CONDITIONS[condition]);
    this.#displacement(label);
  }

  /** JMP ptr16:32: EA. */
  farJump(selector: number, label: string): void {
    this.bytes(0xea);
    this.word(label);
    this.bytes(selector & 0xff, selector >> 8);
  }

  call(label: string): void {
    this.bytes(0xe8);
    this.#displacement(label);
  }

  /** A port in DX, then AL from it or to it: EC, EE. */
  input(port: number): void {
    this.set(Register.EDX, port);
    this.bytes(0xec);
  }
  output(port: number, value?: number): void {
    this.set(Register.EDX, port);
    if (value !== undefined) this.bytes(0xb0, value);
    this.bytes(0xee);
  }

  /** AX to a port: 66 EF. */
  outputWord(port: number, value: number): void {
    this.set(Register.EDX, port);
    this.set(Register.EAX, value);
    this.bytes(0x66, 0xef);
  }

  /** TEST AL, imm8: A8. */
  testByte(mask: number): void {
    this.bytes(0xa8, mask);
  }

  /** LGDT (0F 01 /2), LIDT (0F 01 /3). */
  loadTable(which: 'gdt' | 'idt', at: Address): void {
    this.#withAddress([0x0f, 0x01], which === 'gdt' ? 2 : 3, at);
  }

  readonly cpuid = (): void => { this.bytes(0x0f, 0xa2); };
  readonly readTimeStamp = (): void => { this.bytes(0x0f, 0x31); };
  readonly halt = (): void => { this.bytes(0xf4); };
  readonly allowInterrupts = (): void => { this.bytes(0xfb); };
  readonly forbidInterrupts = (): void => { this.bytes(0xfa); };
  readonly forward = (): void => { this.bytes(0xfc); };
  readonly return = (): void => { this.bytes(0xc3); };
  readonly returnFromInterrupt = (): void => { this.bytes(0xcf); };

  #define(name: string, offset: number): void {
    if (this.#labels.has(name)) throw new Error(`the label "${name}" is there twice`);
    this.#labels.set(name, offset);
  }

  #displacement(label: string): void {
    this.#fixups.push({ at: this.#bytes.length, label, relative: true });
    this.bytes(0, 0, 0, 0);
  }

  /** ModR/M: a register with 32 bits of displacement, or an address alone (SDM volume 2, table 2-2). */
  #withAddress(opcode: readonly number[], register: number, { base, offset = 0 }: Address): void {
    if (base === Register.ESP) throw new Error('ESP is no base here: it would need a SIB byte');
    this.bytes(...opcode, base === undefined ? (register << 3) | 5 : 0x80 | (register << 3) | base);
    this.word(offset);
  }
}
