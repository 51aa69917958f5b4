/*
 * Runs x87 instructions on the host's processor. Reads records of 24 bytes from standard input until its end and writes
 * one of 24 bytes for each: see records.ts for their fields. Exceptions may be unmasked in a record's control word:
 * nothing waits between the instruction and the clearing of its flags, so none is delivered.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct input { uint64_t a, b; uint16_t ase, bse, cw, op; };
struct output { uint64_t sig; uint16_t se, sw, se1, pad; uint64_t sig1; };
struct __attribute__((packed)) extended { uint64_t sig; uint16_t se; };

static const uint16_t all_masked = 0x37f;

#define BEGIN "fninit\n\tfldt %[b]\n\tfldt %[a]\n\tfnclex\n\tfldcw %[cw]\n\t"
#define BEGIN_EMPTY "fninit\n\tfldcw %[cw]\n\t"
#define END "\n\tfnstsw %[sw]\n\tfnclex\n\tfldcw %[masked]\n\tfstpt %[r0]\n\tfstpt %[r1]\n\tfninit"
#define RUN(begin, text)                                                                                     \
  __asm__ volatile(begin text END                                                                            \
                   : [sw] "=m"(sw), [r0] "=m"(r0), [r1] "=m"(r1), [mem] "+m"(mem)                            \
                   : [a] "m"(a), [b] "m"(b), [cw] "m"(in->cw), [masked] "m"(all_masked)                      \
                   : "memory", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)")
#define REG(number, text) case number: RUN(BEGIN, text); break;
#define LOAD(number, text) case number: memcpy(&mem, &a, 10); RUN(BEGIN_EMPTY, text); break;
#define STORE(number, text) case number: RUN(BEGIN, text); memcpy(&r0, &mem, 10); break;
#define CONSTANT(number, text) case number: RUN(BEGIN_EMPTY, text); break;

static void run(const struct input *in, struct output *out) {
  struct extended a = { in->a, in->ase }, b = { in->b, in->bse }, r0 = { 0, 0 }, r1 = { 0, 0 };
  struct extended mem = { 0xccccccccccccccccull, 0xcccc };
  uint16_t sw = 0;
  switch (in->op) {
    REG(0, "fadd %%st(1), %%st")
    REG(1, "fsub %%st(1), %%st")
    REG(2, "fmul %%st(1), %%st")
    REG(3, "fdiv %%st(1), %%st")
    REG(4, "fsqrt")
    REG(5, "fcom %%st(1)")
    REG(6, "fucom %%st(1)")
    REG(7, "frndint")
    REG(8, "fscale")
    REG(9, "fxtract")
    REG(10, "fprem")
    REG(11, "fprem1")
    LOAD(12, "flds %[mem]")
    LOAD(13, "fldl %[mem]")
    LOAD(14, "filds %[mem]")
    LOAD(15, "fildl %[mem]")
    LOAD(16, "fildll %[mem]")
    STORE(17, "fsts %[mem]")
    STORE(18, "fstl %[mem]")
    STORE(19, "fists %[mem]")
    STORE(20, "fistl %[mem]")
    STORE(21, "fistpll %[mem]")
    STORE(22, "fisttps %[mem]")
    STORE(23, "fisttpl %[mem]")
    STORE(24, "fisttpll %[mem]")
    STORE(25, "fbstp %[mem]")
    LOAD(26, "fbld %[mem]")
    REG(27, "fxam")
    REG(28, "ftst")
    REG(29, "f2xm1")
    REG(30, "fyl2x")
    REG(31, "fyl2xp1")
    REG(32, "fptan")
    REG(33, "fpatan")
    REG(34, "fsin")
    REG(35, "fcos")
    REG(36, "fsincos")
    CONSTANT(37, "fld1")
    CONSTANT(38, "fldl2t")
    CONSTANT(39, "fldl2e")
    CONSTANT(40, "fldpi")
    CONSTANT(41, "fldlg2")
    CONSTANT(42, "fldln2")
    CONSTANT(43, "fldz")
    default: abort();
  }
  out->sig = r0.sig; out->se = r0.se; out->sw = sw; out->sig1 = r1.sig; out->se1 = r1.se; out->pad = 0;
}

int main(void) {
  enum { BATCH = 4096 };
  static struct input in[BATCH];
  static struct output out[BATCH];
  size_t count;
  while ((count = fread(in, sizeof *in, BATCH, stdin)) > 0) {
    for (size_t i = 0; i < count; i++) run(&in[i], &out[i]);
    if (fwrite(out, sizeof *out, count, stdout) != count) return 1;
  }
  return 0;
}
