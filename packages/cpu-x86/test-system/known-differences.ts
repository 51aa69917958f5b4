/**
 * Tests on which QEMU 7.2 and Bochs 2.7 differ, or are both wrong, and what the manuals say. SDM is the Intel 64 and
 * IA-32 Architectures Software Developer's Manual, APM the AMD64 Architecture Programmer's Manual.
 */
export type KnownDifference = {
  readonly guest: string;
  /** The test's name, or names. */
  readonly test: string | RegExp;
  /** Holds only where an oracle says this. */
  readonly qemu?: RegExp;
  readonly bochs?: RegExp;
  /** Why: the manual's section, and what the wrong one does. */
  readonly why: string;
} & ({ readonly wrong: 'qemu' | 'bochs' } | { readonly is: string } | { readonly either: true });

export const knownDifferences: readonly KnownDifference[] = [];
