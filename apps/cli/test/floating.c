/*
 * Prints the bits of what every function of <math.h> gives for numbers that are ordinary, extreme and special, in one
 * type (TYPE with suffix S) and four rounding modes, with the exceptions that were raised.
 */
#define _GNU_SOURCE
#include <fenv.h>
#include <math.h>
#include <stdio.h>

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#define F(name) JOIN(name, S)
#define R(name) JOIN(F(name), _r)

static const long double NUMBERS[] = {
  0.0L, -0.0L, 1.0L, -1.0L, 0.5L, -0.75L, 2.0L, 3.7L, -2.3L, 1e-5L, 1e5L, 12345.678L, 3.14159265358979323846L, 0.1L, 100.25L, -7.0L,
  1e-310L, 1e300L, 1e-40L, 3e38L, 1e4000L, 1e-4940L, HUGE_VALL, -HUGE_VALL, 88.7L, -745.2L, 11356.5L, 170.5L, 4503599627370497.5L,
};
enum { COUNT = sizeof NUMBERS / sizeof *NUMBERS };

static const int modes[] = { FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO };
static int mode;

static void start(void) { fesetround(modes[mode]); feclearexcept(FE_ALL_EXCEPT); }
/* printf rounds by the mode, too. */
static int finish(void) { int e = fetestexcept(FE_ALL_EXCEPT); fesetround(FE_TONEAREST); return e; }

#define LINE(name, ...) do { int e = finish(); printf("%d " name " %02x ", mode, e); printf(__VA_ARGS__); putchar('\n'); } while (0)
#define SHOW(name, r) LINE(name, "%La", (long double)(r))
#define EACH(x) for (int i = 0; i < COUNT; i++) for (volatile TYPE x = (TYPE)NUMBERS[i], *once = &x; once; once = 0)

#define ONE(f) EACH(x) { start(); volatile TYPE r = F(f)(x); SHOW(#f, r); }
#define TWO(f) EACH(x) for (int k = 0; k < COUNT; k += 2) { volatile TYPE y = (TYPE)NUMBERS[k]; start(); volatile TYPE r = F(f)(x, y); SHOW(#f, r); }
#define WHOLE(f) EACH(x) { start(); volatile long long r = f(x); LINE(#f, "%lld", r); }
#define ORDER(f) EACH(x) { start(); volatile TYPE r = F(f)(3, x); SHOW(#f, r); }
#define SCALE(f) EACH(x) for (int n = -1100; n < 1200; n += 550) { start(); volatile TYPE r = F(f)(x, n); SHOW(#f, r); }

static void one(void) {
  ONE(acos) ONE(asin) ONE(atan) ONE(cos) ONE(sin) ONE(tan) ONE(acosh) ONE(asinh) ONE(atanh) ONE(cosh) ONE(sinh) ONE(tanh)
  ONE(exp) ONE(exp2) ONE(exp10) ONE(expm1) ONE(log) ONE(log10) ONE(log1p) ONE(log2) ONE(logb) ONE(cbrt) ONE(fabs) ONE(sqrt)
  ONE(erf) ONE(erfc) ONE(lgamma) ONE(tgamma) ONE(ceil) ONE(floor) ONE(nearbyint) ONE(rint) ONE(round) ONE(roundeven) ONE(trunc)
  ONE(j0) ONE(j1) ONE(y0) ONE(y1) ONE(significand)
}

static void two(void) {
  TWO(atan2) TWO(hypot) TWO(pow) TWO(fmod) TWO(remainder) TWO(copysign) TWO(nextafter) TWO(fdim) TWO(fmax) TWO(fmin) TWO(drem)
  ORDER(jn) ORDER(yn) SCALE(ldexp) SCALE(scalbn) SCALE(scalbln)
}

static void whole(void) {
  WHOLE(F(lrint)) WHOLE(F(llrint)) WHOLE(F(lround)) WHOLE(F(llround)) WHOLE(F(ilogb))
  WHOLE(fpclassify) WHOLE(signbit) WHOLE(isfinite) WHOLE(isnan) WHOLE(isnormal)
}

static void several(void) {
  EACH(x) {
    int n = 0;
    TYPE a, b;
    int real = isfinite(x);
    start(); a = F(frexp)(x, &n); LINE("frexp", "%La %d", (long double)a, real ? n : 0);
    start(); a = F(modf)(x, &b); LINE("modf", "%La %La", (long double)a, (long double)b);
    start(); F(sincos)(x, &a, &b); LINE("sincos", "%La %La", (long double)a, (long double)b);
    start(); a = R(lgamma)(x, &n); LINE("lgamma_r", "%La %d", (long double)a, real && a < 1e30L ? n : 0);
    start(); a = F(remquo)(x, (TYPE)0.7L, &n); LINE("remquo", "%La %d", (long double)a, real ? n & 7 : 0);
    start(); a = F(fma)(x, (TYPE)1.1L, (TYPE)-0.3L); SHOW("fma", a);
    start(); a = F(nexttoward)(x, 1.0L); SHOW("nexttoward", a);
    start(); a = x + (TYPE)0.3L; a = a * x - a / (TYPE)1.7L; SHOW("arithmetic", a);
    LINE("decimal", "%.25Lg %.10Le %Lf", (long double)x, (long double)x, real && x < 1e20L && x > -1e20L ? (long double)x : 0.0L);
  }
}

int main(void) {
  for (mode = 0; mode < 4; mode++) {
    one();
    two();
    whole();
    several();
  }
  return 0;
}
