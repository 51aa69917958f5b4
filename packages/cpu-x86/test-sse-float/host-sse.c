/*
 * Runs vector instructions on the host's processor under a given MXCSR. Reads records of 128 bytes from standard input
 * until its end and writes one of 64 bytes for each: see records.ts for their fields. #XM arrives as SIGFPE; its handler
 * notes MXCSR and goes on behind the instruction. cases.h is made from operations.ts.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

struct input { uint32_t op, mxcsr; uint8_t pad[24]; uint8_t a[32], b[32], c[32]; };
struct output { uint8_t result[32]; uint32_t mxcsr, fault; uint8_t pad[24]; };

static const uint32_t all_masked = 0x1f80;
static void *resume;
static volatile uint32_t fault, fault_mxcsr;

static void on_exception(int number, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  (void)number; (void)info;
  fault = 1;
  fault_mxcsr = u->uc_mcontext.fpregs->mxcsr;
  u->uc_mcontext.fpregs->mxcsr = all_masked;
  u->uc_mcontext.gregs[REG_RIP] = (greg_t)resume;
}

#define BEGIN                                                                                                     \
  "leaq 2f(%%rip), %%rdx\n\tmovq %%rdx, %[resume]\n\tvmovdqu %[a], %%ymm0\n\tvmovdqu %[b], %%ymm1\n\t"              \
  "vmovdqu %[c], %%ymm2\n\tmovq %[a], %%rax\n\tmovq %[b], %%rcx\n\tldmxcsr %[mxcsr]\n\t"
#define END(after) "\n2:\tstmxcsr %[out]\n\tldmxcsr %[masked]\n\t" after "\n\tvmovdqu %%ymm0, %[r]\n\tmovq %%rax, %[rax]"
#define RUN(text, after)                                                                                          \
  __asm__ volatile(BEGIN text END(after)                                                                          \
                   : [out] "=m"(mxcsr), [r] "=m"(out->result), [rax] "=m"(rax), [resume] "=m"(resume)               \
                   : [a] "m"(in->a), [b] "m"(in->b), [c] "m"(in->c), [mxcsr] "m"(in->mxcsr), [masked] "m"(all_masked) \
                   : "memory", "cc", "rax", "rcx", "rdx", "xmm0", "xmm1", "xmm2")
#define VECTOR(number, text) case number: RUN(text, ""); break;
#define RAX(number, text, after) case number: RUN(text, after); *(uint64_t *)out->result = rax; break;

static void run(const struct input *in, struct output *out) {
  uint32_t mxcsr = 0;
  uint64_t rax = 0;
  fault = 0;
  switch (in->op) {
#include "cases.h"
    default: abort();
  }
  out->mxcsr = fault ? fault_mxcsr : mxcsr;
  out->fault = fault;
}

int main(void) {
  enum { BATCH = 1024 };
  static struct input in[BATCH];
  static struct output out[BATCH];
  struct sigaction action = { 0 };
  action.sa_sigaction = on_exception;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGFPE, &action, 0);
  size_t count;
  while ((count = fread(in, sizeof *in, BATCH, stdin)) > 0) {
    for (size_t i = 0; i < count; i++) run(&in[i], &out[i]);
    if (fwrite(out, sizeof *out, count, stdout) != count) return 1;
  }
  return 0;
}
