/* Programs for long-double.ts: loops on the x87 register stack. One object file serves both sides, as in programs.c. */
typedef unsigned long u64;
typedef long double real;

static real a[512], b[512];

/* FLD m80, FMUL, FADD: a dot product. */
__attribute__((noinline)) static u64 dot(void) {
  real sum = 0;
  for (int i = 0; i < 512; i++) { a[i] = i + 0.25L; b[i] = 1 / (real)(i + 3); }
  for (int round = 0; round < 300; round++)
    for (int i = 0; i < 512; i++) sum += a[i] * b[i];
  return (u64)(sum * 16);
}
/* Registers alone, with a comparison in each step. */
__attribute__((noinline)) static u64 mandelbrot(void) {
  u64 count = 0;
  for (int y = 0; y < 40; y++)
    for (int x = 0; x < 60; x++) {
      real cr = x / 20.0L - 2, ci = y / 20.0L - 1, zr = 0, zi = 0;
      for (int n = 0; n < 100; n++) {
        real r = zr * zr, i = zi * zi;
        if (r + i > 4) break;
        zi = 2 * zr * zi + ci;
        zr = r - i + cr;
        count++;
      }
    }
  return count;
}
/* Doubles in memory, division and square root. */
__attribute__((noinline)) static u64 norm(void) {
  static double v[256];
  real total = 0;
  for (int i = 0; i < 256; i++) v[i] = (i * 37 % 101) / 7.0;
  for (int round = 0; round < 200; round++) {
    real sum = 0;
    for (int i = 0; i < 256; i++) sum += (real)v[i] * v[i];
    total += __builtin_sqrtl(sum) / (round + 1);
  }
  return (u64)(total * 1024);
}
u64 run_program(u64 which) {
  switch (which) {
    case 0: return dot();
    case 1: return mandelbrot();
    case 2: return norm();
    default: return 0;
  }
}
