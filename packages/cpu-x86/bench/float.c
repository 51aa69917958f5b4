/* Programs for float.ts: SSE2 as compilers write it. One object file serves both sides, as in programs.c. */
typedef unsigned long u64;
typedef float v4 __attribute__((vector_size(16)));

#define BODIES 5
struct body { double x[3], v[3], mass; };

/* Scalar doubles: differences, products, a root and a division for each pair. */
__attribute__((noinline)) static u64 bodies(void) {
  static struct body b[BODIES];
  for (int i = 0; i < BODIES; i++) {
    b[i].mass = i == 0 ? 39.47 : 0.01 * i;
    for (int k = 0; k < 3; k++) {
      b[i].x[k] = i == 0 ? 0 : (i * 7 + k * 3) % 11 + 1.5;
      b[i].v[k] = i == 0 ? 0 : (i * 5 + k) % 7 / 8.0;
    }
  }
  for (int step = 0; step < 4000; step++) {
    for (int i = 0; i < BODIES; i++)
      for (int j = i + 1; j < BODIES; j++) {
        double d[3], square = 0;
        for (int k = 0; k < 3; k++) {
          d[k] = b[i].x[k] - b[j].x[k];
          square += d[k] * d[k];
        }
        double by = 0.001 / (square * __builtin_sqrt(square));
        for (int k = 0; k < 3; k++) {
          b[i].v[k] -= d[k] * b[j].mass * by;
          b[j].v[k] += d[k] * b[i].mass * by;
        }
      }
    for (int i = 0; i < BODIES; i++)
      for (int k = 0; k < 3; k++) b[i].x[k] += 0.001 * b[i].v[k];
  }
  double sum = 0;
  for (int i = 0; i < BODIES; i++) sum += b[i].x[0] + b[i].v[1] * b[i].v[1];
  return (u64)(long)(sum * 1e9);
}
/* Packed singles: y = a x + y. */
__attribute__((noinline)) static u64 saxpy(void) {
  static v4 x[1024], y[1024];
  for (int i = 0; i < 1024; i++)
    for (int k = 0; k < 4; k++) {
      x[i][k] = (float)(i * 4 + k) / 7;
      y[i][k] = (float)k;
    }
  for (int round = 0; round < 300; round++) {
    float a = 1.0f / (float)(round + 3);
    v4 all = { a, a, a, a };
    for (int i = 0; i < 1024; i++) y[i] += all * x[i];
  }
  double sum = 0;
  for (int i = 0; i < 1024; i++) sum += (double)y[i][i & 3];
  return (u64)sum;
}
/* Scalar doubles in memory: a product of matrices. */
__attribute__((noinline)) static u64 matrix(void) {
  static double a[96][96], b[96][96], c[96][96];
  for (int i = 0; i < 96; i++)
    for (int j = 0; j < 96; j++) {
      a[i][j] = (i * 3 + j) % 17 / 4.0;
      b[i][j] = (i + j * 5) % 13 / 3.0;
    }
  for (int i = 0; i < 96; i++)
    for (int j = 0; j < 96; j++) {
      double sum = 0;
      for (int k = 0; k < 96; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  double trace = 0;
  for (int i = 0; i < 96; i++) trace += c[i][95 - i];
  return (u64)(trace * 1024);
}
u64 run_program(u64 which) {
  switch (which) {
    case 0: return bodies();
    case 1: return saxpy();
    case 2: return matrix();
    default: return 0;
  }
}
