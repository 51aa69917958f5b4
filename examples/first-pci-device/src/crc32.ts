/** The polynomial of Ethernet and zip, its bits from the lowest on (IEEE 802.3, 3.2.9). */
const POLYNOMIAL = 0xedb8_8320;

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = (rest & 1) === 0 ? rest >>> 1 : (rest >>> 1) ^ POLYNOMIAL;
  return rest;
});

/** @hot The CRC-32 of the bytes that `sum` is of, and one more. */
export function crc32(sum: number, byte: number): number {
  const rest = ~sum;
  return ~((rest >>> 8) ^ TABLE[(rest ^ byte) & 0xff]!);
}
