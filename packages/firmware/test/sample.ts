import { samples } from './samples.ts';

/**
 * What the samples expand to: text, and code with calls and jumps, for which the x86 filter of xz is. Each sample is what
 * the tool of that name made of it: `gzip -9n`, `xz --check=crc32 --x86 --lzma2=dict=64KiB`, `lz4 -l -9`, `zstd -19`, and
 * `xz --check=crc64` for `xzPlain`.
 */
export function sampleContent(): Uint8Array {
  const bytes: number[] = [];
  for (let i = 0; i < 600; i++) {
    for (const c of `line ${(i * 7919) % 1013} of the sample\n`) bytes.push(c.charCodeAt(0));
    // CALL and JMP to one of a few places, from here.
    const target = (0x1000 * (i % 5) - bytes.length - 5) | 0;
    bytes.push(i % 3 === 0 ? 0xe9 : 0xe8, target & 0xff, (target >> 8) & 0xff, (target >> 16) & 0xff, target >>> 24, 0xe8, 0xe9, 0xff);
  }
  return Uint8Array.from(bytes);
}

export type SampleName = keyof typeof samples;

export function sample(name: SampleName): Uint8Array {
  return Uint8Array.from(atob(samples[name]), (c) => c.charCodeAt(0));
}
