/*
 * Programs for mips.ts: freestanding, integer only. One object file serves both sides: linked with native.c for the
 * processor at hand, with guest.c for the interpreter.
 */
typedef unsigned int u32;
typedef unsigned long u64;
typedef unsigned char u8;

static u8 sieve_map[1 << 16];
static u32 numbers[1 << 14];
static u8 text[1 << 15], copy[1 << 15];
static u32 a[64][64], b[64][64], c[64][64];

__attribute__((noinline)) static u64 sieve(void) {
  u64 count = 0;
  for (int round = 0; round < 12; round++) {
    for (u32 i = 0; i < sizeof sieve_map; i++) sieve_map[i] = 1;
    for (u32 i = 2; i < sizeof sieve_map; i++) {
      if (!sieve_map[i]) continue;
      count++;
      for (u32 j = 2 * i; j < sizeof sieve_map; j += i) sieve_map[j] = 0;
    }
  }
  return count;
}
__attribute__((noinline)) static u64 crc32(void) {
  u32 table[256], crc = ~0u;
  for (u32 i = 0; i < 256; i++) {
    u32 r = i;
    for (int k = 0; k < 8; k++) r = r & 1 ? (r >> 1) ^ 0xedb88320u : r >> 1;
    table[i] = r;
  }
  for (u32 i = 0; i < 1500000; i++) crc = table[(crc ^ (i * 7)) & 255] ^ (crc >> 8);
  return crc;
}
static void quicksort(u32 *v, int n) {
  while (n > 1) {
    u32 pivot = v[n / 2];
    int i = 0, j = n - 1;
    for (;;) {
      while (v[i] < pivot) i++;
      while (v[j] > pivot) j--;
      if (i >= j) break;
      u32 t = v[i]; v[i] = v[j]; v[j] = t;
      i++; j--;
    }
    quicksort(v, i);
    v += i; n -= i;
  }
}
__attribute__((noinline)) static u64 sort(void) {
  u64 sum = 0;
  for (int round = 0; round < 5; round++) {
    u32 x = 12345 + round;
    for (int i = 0; i < 1 << 14; i++) numbers[i] = x = x * 1664525u + 1013904223u;
    quicksort(numbers, 1 << 14);
    sum += numbers[100] + numbers[9000];
  }
  return sum;
}
__attribute__((noinline)) static u64 matrix(void) {
  for (int i = 0; i < 64; i++) for (int j = 0; j < 64; j++) { a[i][j] = i * j + 1; b[i][j] = i ^ j; c[i][j] = 0; }
  for (int round = 0; round < 6; round++)
    for (int i = 0; i < 64; i++)
      for (int j = 0; j < 64; j++) {
        u32 s = 0;
        for (int k = 0; k < 64; k++) s += a[i][k] * b[k][j];
        c[i][j] += s;
      }
  return c[13][57];
}
__attribute__((noinline)) static u64 strings(void) {
  u64 sum = 0;
  for (int i = 0; i < (1 << 15) - 1; i++) text[i] = 'a' + i % 23;
  text[(1 << 15) - 1] = 0;
  for (int round = 0; round < 40; round++) {
    u8 *s = text, *d = copy;
    while ((*d++ = *s++)) ;
    sum += copy[round * 100];
  }
  return sum;
}
u64 run_program(u64 which) {
  switch (which) {
    case 0: return sieve();
    case 1: return crc32();
    case 2: return sort();
    case 3: return matrix();
    default: return strings();
  }
}
