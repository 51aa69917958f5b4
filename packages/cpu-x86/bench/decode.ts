/**
 * Prints what loading the tables and decoding cost: `node packages/cpu-x86/bench/decode.ts`. Code comes from the programs
 * of the machine it runs on; without any, from the tables' own instances.
 */
const start = performance.now();
const { rows } = await import('../src/tables/rows.ts');
const parsed = performance.now();
const { Decoder } = await import('../src/decode/decoder.ts');
const { Decoded } = await import('../src/decode/decoded.ts');
const loaded = performance.now();
const decoder = new Decoder();
const compiled = performance.now();
console.log(`tables: ${rows.length} rows in ${(parsed - start).toFixed(1)} ms (with module loading)`);
console.log(`decoder: module ${(loaded - parsed).toFixed(1)} ms, dispatch tables ${(compiled - loaded).toFixed(1)} ms`);

const { MODE } = await import('../src/decode/codes.ts');
const { formatInstruction } = await import('../src/disasm/format.ts');
const { realCode } = await import('../oracle/elf-text.ts');
const { instancesOf } = await import('../oracle/encode-row.ts');

const real = realCode();
const code = real.length > 0 ? real : Uint8Array.from(rows.flatMap((row) => instancesOf(row).filter((i) => i.bits === 64).flatMap((i) => i.bytes)));
const out = new Decoded();

/** Decodes the whole code once; returns the number of decodes. */
function sweep(): number {
  let n = 0;
  for (let p = 0; p < code.length - 16; n++) p += decoder.decode(out, code, p, code.length, MODE.BITS64) === 0 ? out.length : 1;
  return n;
}

for (let round = 1; round <= 5; round++) {
  const t = performance.now();
  const n = sweep();
  console.log(`round ${round}: ${n} decodes, ${(((performance.now() - t) / n) * 1e6).toFixed(0)} ns each`);
}

const t = performance.now();
let n = 0;
for (let p = 0; p < code.length - 16 && n < 100_000; n++) {
  p += decoder.decode(out, code, p, code.length, MODE.BITS64) === 0 ? out.length : 1;
  formatInstruction(out, 'intel', { address: p });
}
console.log(`disassembly: ${(((performance.now() - t) / n) * 1e3).toFixed(1)} µs each`);
