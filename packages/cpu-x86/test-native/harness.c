/*
 * Runs one instruction at a time on the processor at hand, in user mode, and reports what it did. Cases come as fixed
 * records on standard input, results go to standard output in the same order. See native.ts for the layout.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define CODE 0x20000000ul
#define DATA 0x10000000ul
#define PAGE 4096ul
/* The window of memory that a case sets and reports: both sides of the border between two pages. */
#define WINDOW (DATA + PAGE - 128)
#define WINDOW_SIZE 256

/* x87, SSE and AVX state as XSAVE lays it out in its standard form (Intel SDM vol. 1, 13.4). */
#define STATE_SIZE 832
#define YMM_AT 576
#define X87_SSE_AVX 7

struct input { uint8_t code[16]; uint32_t offset, legacy; uint64_t regs[16], flags; uint8_t memory[WINDOW_SIZE], state[STATE_SIZE]; };
struct output { uint32_t signal, trap; uint64_t address, rip, regs[16], flags; uint8_t memory[WINDOW_SIZE], state[STATE_SIZE]; };

struct entry { uint64_t regs[16], flags; uint32_t offset; uint16_t selector, pad; uint64_t target; };
struct entry entry __attribute__((visibility("hidden")));
void go64(void);
void go32(void);

/* Loads everything and jumps; the way back is the signal that the byte after the instruction raises. */
__asm__(
  ".macro LOAD\n"
  "  pushq entry+128(%rip)\n  popfq\n"
  "  mov entry+0(%rip), %rax\n  mov entry+8(%rip), %rcx\n  mov entry+16(%rip), %rdx\n  mov entry+24(%rip), %rbx\n"
  "  mov entry+40(%rip), %rbp\n  mov entry+48(%rip), %rsi\n  mov entry+56(%rip), %rdi\n  mov entry+64(%rip), %r8\n"
  "  mov entry+72(%rip), %r9\n  mov entry+80(%rip), %r10\n  mov entry+88(%rip), %r11\n  mov entry+96(%rip), %r12\n"
  "  mov entry+104(%rip), %r13\n  mov entry+112(%rip), %r14\n  mov entry+120(%rip), %r15\n  mov entry+32(%rip), %rsp\n"
  ".endm\n"
  ".text\n.globl go64\ngo64:\n  LOAD\n  jmp *entry+144(%rip)\n"
  ".globl go32\ngo32:\n  LOAD\n  ljmp *entry+136(%rip)\n");

static sigjmp_buf back;
static struct output out;
static const int order[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
  REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };

static void handler(int signal, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  out.signal = signal;
  out.trap = u->uc_mcontext.gregs[REG_TRAPNO];
  out.address = (uint64_t)info->si_addr;
  out.rip = u->uc_mcontext.gregs[REG_RIP];
  out.flags = u->uc_mcontext.gregs[REG_EFL];
  for (int i = 0; i < 16; i++) out.regs[i] = u->uc_mcontext.gregs[order[i]];
  memcpy(out.state, u->uc_mcontext.fpregs, STATE_SIZE);
  /* What is in its initial state may not have been written (13.6). */
  uint64_t present;
  memcpy(&present, out.state + 512, 8);
  if (!(present & 4)) memset(out.state + YMM_AT, 0, 256);
  if (!(present & 2)) memset(out.state + 160, 0, 256);
  siglongjmp(back, 1);
}

static int readAll(void *to, size_t size) {
  return fread(to, 1, size, stdin) == size;
}

int main(void) {
  static char alternate[65536];
  stack_t stack = { .ss_sp = alternate, .ss_size = sizeof alternate };
  sigaltstack(&stack, 0);
  struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
  int caught[] = { SIGTRAP, SIGSEGV, SIGILL, SIGFPE, SIGBUS };
  for (int i = 0; i < 5; i++) sigaction(caught[i], &action, 0);
  uint8_t *code = mmap((void *)CODE, 2 * PAGE, 7, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  uint8_t *data = mmap((void *)DATA, 2 * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (code != (void *)CODE || data != (void *)DATA) return 1;
  memset(code, 0xcc, 2 * PAGE);
  /* 32-bit code needs data segments; 64-bit code has none. */
  __asm__ volatile("mov %0, %%ds\n mov %0, %%es" : : "r"(0x2b));
  static struct input in;
  static uint8_t state[STATE_SIZE] __attribute__((aligned(64)));
  int vectors = __builtin_cpu_supports("avx");
  while (readAll(&in, sizeof in)) {
    memset(&out, 0, sizeof out);
    memset(data, 0, 2 * PAGE);
    memset(code, 0xcc, 2 * PAGE);
    memcpy(code + in.offset, in.code, 16);
    memcpy((void *)WINDOW, in.memory, WINDOW_SIZE);
    memcpy(entry.regs, in.regs, sizeof in.regs);
    entry.flags = in.flags;
    entry.target = CODE + in.offset;
    entry.offset = CODE + in.offset;
    entry.selector = 0x23;
    memcpy(state, in.state, STATE_SIZE);
    if (!sigsetjmp(back, 0)) {
      if (vectors) __asm__ volatile("xrstor %0" : : "m"(state), "a"(X87_SSE_AVX), "d"(0) : "memory");
      else __asm__ volatile("fxrstor %0" : : "m"(state) : "memory");
      if (in.legacy) go32(); else go64();
    }
    memcpy(out.memory, (void *)WINDOW, WINDOW_SIZE);
    if (fwrite(&out, sizeof out, 1, stdout) != 1) return 1;
  }
  return 0;
}
