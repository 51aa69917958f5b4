/** A register as a driver sees it. The tables in the READMEs are made from these, and a spec compares them. */
export interface RegisterDoc {
  readonly name: string;
  /** Byte offset in the region. */
  readonly offset: number;
  readonly access: 'r' | 'w' | 'rw';
  /** Condition under which the register is at its offset, for offsets that hold several. */
  readonly when?: string;
  readonly summary: string;
  /** Section of the specification. */
  readonly cite?: string;
}

/** The register table in Markdown, in the order given. */
export function registerTable(registers: readonly RegisterDoc[]): string {
  const rows = registers.map(({ name, offset, access, when, summary, cite }) => {
    const place = `0x${offset.toString(16).padStart(2, '0')}`;
    return `| ${place} | ${name} | ${access} | ${when ?? ''} | ${summary} | ${cite ?? ''} |`;
  });
  return ['| offset | register | access | when | meaning | source |', '|---|---|---|---|---|---|', ...rows].join('\n');
}
