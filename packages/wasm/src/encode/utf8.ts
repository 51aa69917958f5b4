/**
 * UTF-8 of a string. The language itself has no encoder and this package assumes no host, so it brings its own.
 * An unpaired surrogate becomes U+FFFD.
 */
export const encodeUtf8 = (text: string): number[] => {
  const bytes: number[] = [];
  for (const character of text) {
    let point = character.codePointAt(0) ?? 0;
    if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    else {
      bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    }
  }
  return bytes;
};

/** The string of well-formed UTF-8 bytes, as `encodeUtf8` makes them. */
export const decodeUtf8 = (bytes: Uint8Array): string => {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i++] ?? 0;
    const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    let point = more === 0 ? first : first & (0x3f >> more);
    for (let k = 0; k < more; k++) point = (point << 6) | ((bytes[i++] ?? 0) & 0x3f);
    text += String.fromCodePoint(point);
  }
  return text;
};
