/**
 * A µop: one decoded instruction as the interpreter reads it, 32 bytes in the Host's memory. Registers are byte offsets
 * into the vCPU's block, so AH is RAX's offset plus one and "no register" is a slot that is always zero.
 */
export const UOP_SIZE = 32;

export const UOP = {
  /** 16 bits: number of the handler. */
  handler: 0,
  /** 8 bits: length of the instruction in bytes. */
  length: 2,
  /** 8 bits: bits 0–1 the index's shift, bit 4 set when the stack pointer has 16 bits, bit 5 when the memory operand's segment is SS. */
  scale: 3,
  /** 16 bits each: first and second register operand; base (or a third register operand), index, segment base. */
  dst: 4, src: 6, base: 8, index: 10, segment: 12,
  /** 16 bits: offset of the instruction in its page. */
  offset: 14,
  /** 32 bits, signed. */
  displacement: 16,
  /** 8 bits each: 64 minus the bits of an effective address (0, 32, 48) and of a linear address (0, 32). */
  addressShift: 20, linearShift: 21,
  /** 16 bits: offset of the next instruction in the page when the base is RIP, else 0. */
  ripDelta: 22,
  /** 64 bits. A relative branch has the target's offset in the page, or its distance from the page's start. */
  immediate: 24,
} as const;

/** In the immediate of a segment check: the access's size in bytes, and whether it writes, counts RCX, heeds no rights, and has AL as its index. */
export const CHECK = { size: 0xffff, write: 1 << 16, counted: 1 << 17, anyRights: 1 << 18, byteIndex: 1 << 19 } as const;

/** Bit of `UOP.scale` for a 16-bit stack pointer; it is also what turns a shift by 32 into one by 48. */
export const STACK16 = 16;
/** Bit of `UOP.scale`: the memory operand lies in the stack's segment. */
export const STACK_SEGMENT = 32;
