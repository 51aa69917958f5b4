/*
 * Makes accesses with given page tables on the real processor, under KVM, and reports what came of each.
 *
 * Standard input, little-endian, until its end: worlds. A world is a u32 count of words in memory, each a u64 address
 * and a u64 value; then a u32 count of accesses, each ten u64: CR0, CR3, CR4, EFER, RFLAGS, linear address, CPL, kind
 * (1 read, 2 write, 4 fetch), whether the mode is 64-bit, and the byte to write.
 *
 * Standard output: MAXPHYADDR, whether there are 1 GiB pages and whether KVM has paging outside long mode, each a u64; then
 * for each access four u64: outcome (0 allowed, 1 page fault, 2 anything else), error code, CR2 and a
 * count of the words in memory that changed, then that many pairs of address and value.
 *
 * Guest memory: frames below HARNESS are the world's, which have zeros below DATA and HLT elsewhere where it says nothing; from HARNESS on lie tables,
 * handlers and stack, which every world maps at linear page `base` (see HARNESS_LONG, HARNESS_SMALL).
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FRAMES = 512, WATCHED = 32, DATA = 22, HARNESS = 400, IDT64 = 410, SEGMENTS = 411, CODE = 412, STACK = 413, USER = 414, IDT32 = 415 };
#define HARNESS_LONG (2ull << 39)
#define HARNESS_SMALL 0x80000000ull

static uint8_t *memory, before[WATCHED * 4096];
static int vcpu;

static void die(const char *what) { perror(what); exit(2); }
static int get(void *to, size_t size) { return fread(to, size, 1, stdin) == 1; }
static void put(uint64_t value) { fwrite(&value, 8, 1, stdout); }
static uint64_t *at(int frame, int offset) { return (uint64_t *)(memory + frame * 4096 + offset); }

/* Where page `frame` of the harness lies for the guest. */
static uint64_t place(int wide, int frame) { return (wide ? HARNESS_LONG : HARNESS_SMALL) + (uint64_t)(frame - HARNESS) * 4096; }

static void build(void) {
  memset(memory, 0xf4, FRAMES * 4096);
  memset(memory + HARNESS * 4096, 0, 16 * 4096);
  memset(memory, 0, DATA * 4096);
  /* Frame 400 is a PDPT, 401 a page directory, 402 a page table, 403 one of 32-bit paging; all marked already. */
  *at(400, 0) = 401 * 4096 | 0x67;
  *at(401, 0) = 402 * 4096 | 0x67;
  for (int i = 0; i < 16; i++) {
    uint32_t entry = (HARNESS + i) * 4096 | (HARNESS + i == USER ? 0x67 : 0x63);
    *at(402, i * 8) = entry;
    ((uint32_t *)at(403, 0))[i] = entry;
  }
  /* Code of 64 and of 32 bits, data; the accessed bits are set. */
  *at(SEGMENTS, 8) = 0x00af9b000000ffff;
  *at(SEGMENTS, 16) = 0x00cf9b000000ffff;
  *at(SEGMENTS, 24) = 0x00cf93000000ffff;
  uint64_t stack = place(1, STACK) + 4096;
  memcpy(memory + SEGMENTS * 4096 + 0x800 + 4, &stack, 8);
  uint32_t small[2] = { (uint32_t)place(0, STACK) + 4096, 24 };
  memcpy(memory + SEGMENTS * 4096 + 0x900 + 4, small, 8);
  static const uint8_t tests[] = { 0x8a, 0x03, 0xf4, 0, 0, 0, 0, 0, 0x88, 0x03, 0xf4, 0, 0, 0, 0, 0, 0xff, 0xe3 };
  for (int frame = CODE; frame <= USER; frame += USER - CODE) memcpy(memory + frame * 4096, tests, sizeof tests);
  memset(memory + CODE * 4096 + 0x200, 0xf4, 0x100);
  for (int vector = 0; vector < 256; vector++) {
    uint64_t wide = place(1, CODE) + 0x200 + (vector & 31), narrow = place(0, CODE) + 0x200 + (vector & 31);
    *at(IDT64, vector * 16) = (wide & 0xffff) | 8ull << 16 | 0x8e00ull << 32 | (wide >> 16 & 0xffff) << 48;
    *at(IDT64, vector * 16 + 8) = wide >> 32;
    *at(IDT32, vector * 8) = (narrow & 0xffff) | 16ull << 16 | 0x8e00ull << 32 | (narrow >> 16 & 0xffff) << 48;
  }
}

static struct kvm_segment segment(int selector, int type, int dpl, int wide, int big, int s) {
  return (struct kvm_segment){ .base = 0, .limit = 0xffffffff, .selector = selector | dpl, .type = type, .present = 1,
    .dpl = dpl, .db = big, .s = s, .l = wide, .g = 1 };
}

static void try(const uint64_t *in, int quiet) {
  uint64_t linear = in[5], kind = in[7];
  int cpl = (int)in[6], wide = (int)in[8];
  struct kvm_sregs s;
  if (ioctl(vcpu, KVM_GET_SREGS, &s) < 0) die("KVM_GET_SREGS");
  /* Once without paging, so that nothing stays in the TLB. */
  s.cr0 = 0x10; s.cr3 = 0; s.cr4 = 0; s.efer = 0;
  s.cs = segment(8, 11, 0, 0, 1, 1);
  s.ss = s.ds = s.es = s.fs = s.gs = segment(24, 3, 0, 0, 1, 1);
  if (ioctl(vcpu, KVM_SET_SREGS, &s) < 0) die("KVM_SET_SREGS");
  s.cr0 = in[0] | 0x10; s.cr3 = in[1]; s.cr4 = in[2]; s.efer = in[3]; s.cr2 = 0;
  s.cs = segment(wide ? 8 : 16, 11, cpl, wide, !wide, 1);
  s.ss = s.ds = s.es = s.fs = s.gs = segment(24, 3, cpl, 0, 1, 1);
  s.tr = segment(32, 11, 0, 0, 0, 0);
  s.tr.base = place(wide, SEGMENTS) + (wide ? 0x800 : 0x900);
  s.tr.limit = 0x67; s.tr.g = 0; s.tr.selector = 32;
  s.ldt.unusable = 1;
  s.gdt.base = place(wide, SEGMENTS); s.gdt.limit = 0x7f;
  s.idt.base = place(wide, wide ? IDT64 : IDT32); s.idt.limit = wide ? 0xfff : 0x7ff;
  if (ioctl(vcpu, KVM_SET_SREGS, &s) < 0) die("KVM_SET_SREGS");
  struct kvm_regs r = { .rax = in[9], .rbx = linear, .rflags = in[4] | 2, .rsp = place(wide, STACK) + 4096,
    .rip = place(wide, cpl == 3 ? USER : CODE) + (kind == 1 ? 0 : kind == 2 ? 8 : 16) };
  if (ioctl(vcpu, KVM_SET_REGS, &r) < 0) die("KVM_SET_REGS");
  struct kvm_vcpu_events events = { 0 };
  if (ioctl(vcpu, KVM_SET_VCPU_EVENTS, &events) < 0) die("KVM_SET_VCPU_EVENTS");
  struct kvm_mp_state runnable = { KVM_MP_STATE_RUNNABLE };
  ioctl(vcpu, KVM_SET_MP_STATE, &runnable);
  extern struct kvm_run *run;
  if (ioctl(vcpu, KVM_RUN, 0) < 0) die("KVM_RUN");
  uint64_t outcome = 2, code = run->exit_reason;
  if (run->exit_reason == KVM_EXIT_HLT) {
    ioctl(vcpu, KVM_GET_REGS, &r);
    ioctl(vcpu, KVM_GET_SREGS, &s);
    uint64_t handler = r.rip - 1 - (place(wide, CODE) + 0x200);
    code = 0;
    if (handler == 14) {
      outcome = 1;
      memcpy(&code, memory + STACK * 4096 + (r.rsp & 4095), 4);
    } else if (handler > 31 || handler == 13) outcome = 0;
    else code = 1000 + handler;
  }
  if (quiet) return;
  put(outcome);
  put(code);
  put(s.cr2);
  uint64_t changed = 0;
  uint64_t *old = (uint64_t *)before, *now = (uint64_t *)memory;
  for (int i = 0; i < WATCHED * 512; i++) changed += old[i] != now[i];
  put(changed);
  for (int i = 0; i < WATCHED * 512; i++) {
    if (old[i] == now[i]) continue;
    put(i * 8ull);
    put(now[i]);
    old[i] = now[i];
  }
}

struct kvm_run *run;

int main(void) {
  int kvm = open("/dev/kvm", O_RDWR);
  if (kvm < 0) die("/dev/kvm");
  int vm = ioctl(kvm, KVM_CREATE_VM, 0);
  if (vm < 0) die("KVM_CREATE_VM");
  memory = mmap(0, FRAMES * 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  struct kvm_userspace_memory_region region = { .memory_size = FRAMES * 4096, .userspace_addr = (uintptr_t)memory };
  if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0) die("KVM_SET_USER_MEMORY_REGION");
  vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
  if (vcpu < 0) die("KVM_CREATE_VCPU");
  struct kvm_cpuid2 *cpuid = calloc(1, sizeof *cpuid + 256 * sizeof cpuid->entries[0]);
  cpuid->nent = 256;
  if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid) < 0) die("KVM_GET_SUPPORTED_CPUID");
  if (ioctl(vcpu, KVM_SET_CPUID2, cpuid) < 0) die("KVM_SET_CPUID2");
  run = mmap(0, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
  if (run == MAP_FAILED) die("mmap");
  uint64_t bits = 36, giga = 0;
  for (unsigned i = 0; i < cpuid->nent; i++) {
    if (cpuid->entries[i].function == 0x80000008) bits = cpuid->entries[i].eax & 255;
    if (cpuid->entries[i].function == 0x80000001) giga = cpuid->entries[i].edx >> 26 & 1;
  }
  put(bits);
  put(giga);
  struct kvm_sregs s;
  ioctl(vcpu, KVM_GET_SREGS, &s);
  s.cr0 = 0x80000011;
  s.cr4 = s.efer = s.cr3 = 0;
  put(ioctl(vcpu, KVM_SET_SREGS, &s) == 0 && ioctl(vcpu, KVM_GET_SREGS, &s) == 0 && s.cr0 >> 31 == 1);
  uint32_t count;
  int warm = 0;
  while (get(&count, 4)) {
    /* A KVM with shadow tables does not see what this program writes: it forgets them with the memory. */
    region.memory_size = 0;
    if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0) die("KVM_SET_USER_MEMORY_REGION");
    region.memory_size = FRAMES * 4096;
    if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0) die("KVM_SET_USER_MEMORY_REGION");
    build();
    for (uint32_t i = 0; i < count; i++) {
      uint64_t word[2];
      if (!get(word, 16)) die("input");
      memcpy(memory + word[0], &word[1], 8);
    }
    memcpy(before, memory, sizeof before);
    if (!get(&count, 4)) die("input");
    for (uint32_t i = 0; i < count; i++) {
      uint64_t in[10];
      if (!get(in, sizeof in)) die("input");
      /* The first run of a vCPU under some KVMs ends in a shutdown. */
      if (warm++ == 0) try(in, 1);
      try(in, 0);
    }
  }
  return 0;
}
