/*
 * Loads that differ in what they ask of an MMU. Each writes '<' and '>' to the debug console around its measured part and a
 * line with its result after it. Entered by ../cpu/start.S, with the first GiB mapped one to one by 2 MiB pages.
 */
typedef unsigned long u64;
typedef unsigned int u32;

enum { PAGE = 4096, CHASE_PAGES = 16384, CHASE_STEPS = 1000000, FAULT_PAGES = 512, FAULT_ROUNDS = 40, SPACES = 8, SPACE_PAGES = 64, SWITCHES = 4000 };
#define CHASE_AT 0x4000000000ul
#define LARGE_AT 0x4040000000ul
#define FAULT_AT 0x4080000000ul
#define SPACE_AT 0x8000000000ul
/* Physical: tables, pages for the page-fault handler, and 64 MiB to chase through. */
#define TABLES_AT 0x1000000ul
#define POOL_AT 0x2000000ul
#define CHASE_MEMORY 0x4000000ul
#define SPACE_MEMORY 0x8000000ul

static u64 next_table = TABLES_AT, seed = 88172645463325252ul;
static u64 *fault_table;
static volatile u64 faults;

static void put(char c) { __asm__ volatile("outb %0, %1" : : "a"(c), "Nd"((unsigned short)0xe9)); }
static void load_cr3(u64 value) { __asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory"); }
static u64 read_cr3(void) { u64 value; __asm__ volatile("mov %%cr3, %0" : "=r"(value)); return value; }
static void invalidate(u64 linear) { __asm__ volatile("invlpg (%0)" : : "r"(linear) : "memory"); }
static u64 random(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  return seed ^= seed << 17;
}
static void result(u64 value) {
  for (int shift = 60; shift >= 0; shift -= 4) put("0123456789abcdef"[(value >> shift) & 15]);
  put('\n');
}

static u64 *new_table(void) {
  u64 *table = (u64 *)next_table;
  next_table += PAGE;
  for (int i = 0; i < 512; i++) table[i] = 0;
  return table;
}
static u64 *below(u64 *table, u64 linear, int shift) {
  u64 *entry = &table[(linear >> shift) & 511];
  if (!(*entry & 1)) *entry = (u64)new_table() | 3;
  return (u64 *)(*entry & ~0xffful);
}
static u64 *directory(u64 *top, u64 linear) { return below(below(top, linear, 39), linear, 30); }
static void map(u64 *top, u64 linear, u64 physical) {
  below(directory(top, linear), linear, 21)[(linear >> 12) & 511] = physical | 3;
}

/* Sattolo's shuffle: one cycle through all pages; each holds the address of the next one. */
static u32 order[CHASE_PAGES];
static void lay(u64 base, u32 pages) {
  for (u32 i = 0; i < pages; i++) order[i] = i;
  for (u32 i = pages - 1; i > 0; i--) {
    u32 j = random() % i, other = order[i];
    order[i] = order[j];
    order[j] = other;
  }
  for (u32 i = 0; i < pages; i++) {
    u64 at = base + (u64)order[i] * PAGE + (order[i] & 63) * 64, next = order[(i + 1) % pages];
    *(u64 *)at = base + next * PAGE + (next & 63) * 64;
  }
}
static void chase(u64 base, u32 pages) {
  lay(base, pages);
  u64 at = base + (u64)order[0] * PAGE + (order[0] & 63) * 64;
  for (int round = 0; round < 3; round++) {
    put('<');
    for (u32 i = 0; i < CHASE_STEPS; i++) at = *(u64 *)at;
    put('>');
  }
  result(at);
}

struct frame { u64 rip, cs, flags, rsp, ss; };
__attribute__((interrupt)) static void page_fault(struct frame *frame, u64 code) {
  u64 linear, index;
  __asm__ volatile("mov %%cr2, %0" : "=r"(linear));
  (void)frame;
  (void)code;
  index = (linear >> 12) & 511;
  fault_table[index] = (POOL_AT + index * PAGE) | 3;
  faults++;
}
static struct { unsigned short low, selector, flags, middle; u32 high, zero; } gates[256];
static void set_gate(void) {
  u64 at = (u64)page_fault;
  gates[14].low = at;
  gates[14].selector = 8;
  gates[14].flags = 0x8e00;
  gates[14].middle = at >> 16;
  gates[14].high = at >> 32;
  struct { unsigned short limit; u64 base; } __attribute__((packed)) idt = { sizeof gates - 1, (u64)gates };
  __asm__ volatile("lidt %0" : : "m"(idt));
}

/* Touch, which the handler maps; then unmap page by page. */
static void fault_heavy(u64 *top) {
  fault_table = below(directory(top, FAULT_AT), FAULT_AT, 21);
  for (int round = 0; round < 3; round++) {
    put('<');
    for (int i = 0; i < FAULT_ROUNDS; i++) {
      for (u64 page = 0; page < FAULT_PAGES; page++) *(volatile u64 *)(FAULT_AT + page * PAGE) = page;
      for (u64 page = 0; page < FAULT_PAGES; page++) {
        fault_table[page] = 0;
        invalidate(FAULT_AT + page * PAGE);
      }
    }
    put('>');
  }
  result(faults);
}

/*
 * Address spaces that share everything but a few pages; each turn loads CR3 and touches these. `apart` is the distance
 * between the pages of one space and of the next: with 0 they have the same addresses, and so the same places in a TLB.
 */
static void switch_heavy(u64 *top, u64 *spaces, u64 keep, u64 apart) {
  u64 sum = 0;
  for (int round = 0; round < 3; round++) {
    put('<');
    for (u64 i = 0; i < SWITCHES; i++) {
      u64 n = i % SPACES;
      load_cr3(spaces[n] | (keep ? keep | (n + 1) : 0));
      for (u64 page = 0; page < SPACE_PAGES; page++) sum += *(volatile u64 *)(SPACE_AT + n * apart + page * PAGE);
    }
    load_cr3((u64)top);
    put('>');
  }
  result(sum);
}

void guest(void) {
  u64 *top = (u64 *)read_cr3(), spaces[SPACES];
  set_gate();
  for (u64 page = 0; page < CHASE_PAGES; page++) map(top, CHASE_AT + page * PAGE, CHASE_MEMORY + page * PAGE);
  for (u64 at = 0; at < CHASE_PAGES * PAGE; at += 0x200000) directory(top, LARGE_AT)[(at >> 21) & 511] = (CHASE_MEMORY + at) | 0x83;
  load_cr3((u64)top);
  chase(CHASE_AT, 512);
  chase(CHASE_AT, CHASE_PAGES);
  chase(LARGE_AT, CHASE_PAGES);
  fault_heavy(top);
  for (u64 n = 0; n < SPACES; n++) {
    u64 *own = new_table();
    for (int i = 0; i < 512; i++) own[i] = top[i];
    for (u64 page = 0; page < SPACE_PAGES; page++) {
      u64 at = SPACE_MEMORY + (n * SPACE_PAGES + page) * PAGE;
      *(u64 *)at = n;
      map(own, SPACE_AT + page * PAGE, at);
      if (n > 0) map(own, SPACE_AT + (n * SPACE_PAGES + page) * PAGE, at);
    }
    spaces[n] = (u64)own;
  }
  switch_heavy(top, spaces, 0, 0);
  switch_heavy(top, spaces, 0, SPACE_PAGES * PAGE);
  u64 cr4;
  __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
  __asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | 1 << 17));
  switch_heavy(top, spaces, 1ul << 63, 0);
  switch_heavy(top, spaces, 1ul << 63, SPACE_PAGES * PAGE);
  __asm__ volatile("outl %0, %1" : : "a"(0), "Nd"((unsigned short)0xf4));
}
