/** ACPI machine language, as much as the tables need (ACPI 6.5, chapter 20.2). */

const NAME = 0x08, BYTE = 0x0a, PACKAGE = 0x12;

/** `Name (name, Package () { … })` of small integers. */
export function namedPackage(name: string, values: readonly number[]): Uint8Array {
  const elements = values.flatMap((value) => (value <= 1 ? [value] : [BYTE, value]));
  const body = [values.length, ...elements];
  return Uint8Array.of(NAME, ...nameSegment(name), PACKAGE, ...packageLength(body.length), ...body);
}

/** Four characters, padded with underscores; a leading backslash stays. */
function nameSegment(name: string): number[] {
  const root = name.startsWith('\\') ? '\\' : '';
  return Array.from(root + name.slice(root.length).padEnd(4, '_'), (c) => c.charCodeAt(0));
}

/** The length counts itself. One byte up to 63, else two. */
function packageLength(body: number): number[] {
  if (body + 1 < 0x40) return [body + 1];
  const length = body + 2;
  return [0x40 | (length & 15), length >> 4];
}
