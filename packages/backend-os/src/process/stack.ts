import { PAGE } from '../memory/layout.ts';

/** Types of auxiliary vector entries (include/uapi/linux/auxvec.h, arch/x86/include/uapi/asm/auxvec.h). */
export const Aux = {
  null: 0, phdr: 3, phent: 4, phnum: 5, pageSize: 6, base: 7, flags: 8, entry: 9, uid: 11, euid: 12, gid: 13, egid: 14,
  platform: 15, hwcap: 16, clockTicks: 17, secure: 23, random: 25, hwcap2: 26, execFn: 31, minSigStack: 51,
} as const;

export interface StackContents {
  readonly bits: 32 | 64;
  /** First address behind the stack. */
  readonly top: number;
  /** Byte strings without their zero bytes. */
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly executable: string;
  readonly platform: string;
  /** 16 bytes. */
  readonly random: Uint8Array;
  /** Entries of the auxiliary vector whose values are numbers. */
  readonly aux: readonly (readonly [type: number, value: number])[];
}

/**
 * What a program finds on its stack (System V ABI, x86-64 §3.4.1; i386 the same with words of 4 bytes):
 *
 *     rsp → argc, argv[0] …, 0, env[0] …, 0, auxiliary vector, padding, random bytes, platform, strings, file name
 *
 * Gives the bytes, which end at `top`, and the stack pointer.
 */
export function buildStack(contents: StackContents): { readonly bytes: Uint8Array; readonly pointer: number } {
  const { bits, top, argv, env } = contents;
  const word = bits / 8;
  // Linux leaves the last word free and puts the file name below it.
  let at = top - 8;
  const pieces: [address: number, bytes: Uint8Array][] = [];
  const push = (bytes: Uint8Array): number => {
    at -= bytes.length;
    pieces.push([at, bytes]);
    return at;
  };
  const text = (s: string): number => push(Uint8Array.from(`${s}\0`, (c) => c.charCodeAt(0)));

  const executable = text(contents.executable);
  const envAt = [...env].reverse().map(text).reverse();
  const argvAt = [...argv].reverse().map(text).reverse();
  const platform = text(contents.platform);
  at -= at % 16;
  const random = push(contents.random);
  const aux = [...contents.aux, [Aux.random, random], [Aux.execFn, executable], [Aux.platform, platform], [Aux.null, 0]];
  const words = [argv.length, ...argvAt, 0, ...envAt, 0, ...aux.flat()];
  const pointer = Math.floor((at - words.length * word) / 16) * 16;

  const bytes = new Uint8Array(top - pointer);
  const view = new DataView(bytes.buffer);
  words.forEach((value, i) => {
    view.setUint32(i * word, value >>> 0, true);
    if (word === 8) view.setUint32(i * word + 4, Math.floor(value / 2 ** 32), true);
  });
  for (const [address, piece] of pieces) bytes.set(piece, address - pointer);
  return { bytes, pointer };
}

/** Most bytes of arguments and environment, as Linux's default (a quarter of the stack limit). */
export const MOST_ARGUMENT_BYTES = 2 * 2 ** 20 - PAGE;
