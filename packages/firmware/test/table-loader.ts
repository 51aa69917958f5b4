/** What firmware does with the commands of a table loader, written after SeaBIOS's and OVMF's rules: the strictest of both. */
export interface Loaded {
  readonly bytes: Uint8Array;
  readonly address: number;
}

export function runTableLoader(files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Loaded> {
  const loaded = new Map<string, Loaded>();
  const script = files.get('etc/table-loader')!;
  const next = { 1: 0x7ff_0000, 2: 0xf_5000 };
  for (let at = 0; at < script.length; at += 128) {
    const view = new DataView(script.buffer, script.byteOffset + at, 128);
    const name = (offset: number): string => String.fromCharCode(...script.subarray(at + offset, at + offset + 56)).replace(/\0+$/, '');
    const u32 = (offset: number): number => view.getUint32(offset, true);
    const of = (file: string): Loaded => {
      const found = loaded.get(file);
      if (!found) throw new Error(`${file} is used before it is allocated`);
      return found;
    };
    switch (u32(0)) {
      case 1: {
        const zone = view.getUint8(64) as 1 | 2, bytes = files.get(name(4))!.slice(), alignment = u32(60);
        const address = Math.ceil(next[zone] / alignment) * alignment;
        loaded.set(name(4), { bytes, address });
        next[zone] = address + bytes.length;
        break;
      }
      case 2: {
        const { bytes } = of(name(4)), source = of(name(60)), where = u32(116), size = view.getUint8(120);
        const value = new DataView(bytes.buffer);
        const old = size === 8 ? Number(value.getBigUint64(where, true)) : value.getUint32(where, true);
        if (old >= source.bytes.length) throw new Error(`a pointer to ${old} of ${name(60)}`);
        if (size === 8) value.setBigUint64(where, BigInt(old + source.address), true);
        else value.setUint32(where, old + source.address, true);
        break;
      }
      case 3: {
        const { bytes } = of(name(4)), sum = bytes.subarray(u32(64), u32(64) + u32(68)).reduce((a, b) => a + b, 0);
        bytes[u32(60)] = -sum;
        break;
      }
      default: throw new Error(`command ${u32(0)}`);
    }
  }
  return loaded;
}
