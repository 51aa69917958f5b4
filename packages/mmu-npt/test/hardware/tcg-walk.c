/*
 * The same as kvm-walk.c for 32-bit and PAE paging, as a program without an operating system. Its input is that of
 * kvm-walk.c behind a u64 with the count of worlds; output goes to port 0x6e9. The world's frames lie from ORIGIN on.
 */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

enum { ORIGIN = 0x1000000, FRAMES = 512, WATCHED = 32, DATA = 22, BREAK = 3, PROTECTION = 13, PAGE_FAULT = 14, FILL = 0xcc };

struct state { u32 cr0, cr3, cr4, efer, flags, linear, cpl, kind, byte; };
void enter(const struct state *);
extern u8 input[], handlers[];
extern u32 result[3], narrow[], directory[], wide[];
extern struct { unsigned short low, selector, flags, high; } idt[32];

static u8 *const memory = (u8 *)ORIGIN;
static u64 before[WATCHED * 512];
static const u8 *from = input;

static void byte(u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"((unsigned short)0x6e9)); }
static void put(u64 value) { for (int i = 0; i < 64; i += 8) byte(value >> i); }
static u64 get(int bytes) {
  u64 value = 0;
  for (int i = 0; i < bytes; i++) value |= (u64)*from++ << (8 * i);
  return value;
}
static void fill(u8 *at, u8 value, u32 count) { __asm__ volatile("rep stosb" : "+D"(at), "+c"(count) : "a"(value) : "memory"); }

static void try(void) {
  u64 in[10];
  for (int i = 0; i < 10; i++) in[i] = get(8);
  struct state s = { in[0] | 0x11, in[1], in[2], in[3], in[4] | 2, in[5], in[6], in[7], in[9] };
  enter(&s);
  u32 vector = result[0];
  u64 outcome = vector == PAGE_FAULT ? 1 : vector == BREAK || vector == PROTECTION ? 0 : 2;
  put(outcome);
  put(outcome == 1 ? result[1] : outcome == 0 ? 0 : 1000 + vector);
  put(result[2]);
  u64 *now = (u64 *)memory, changed = 0;
  for (int i = 0; i < WATCHED * 512; i++) changed += now[i] != before[i];
  put(changed);
  for (int i = 0; i < WATCHED * 512 && changed > 0; i++) {
    if (now[i] == before[i]) continue;
    put(ORIGIN + i * 8);
    put(now[i]);
    before[i] = now[i];
  }
}

void run(void) {
  for (int i = 0; i < 32; i++) {
    u32 at = (u32)handlers + i * 8;
    idt[i].low = at;
    idt[i].selector = 8;
    idt[i].flags = 0x8e00;
    idt[i].high = at >> 16;
  }
  for (u32 i = 0; i < 4; i++) narrow[i] = wide[2 * i] = (0x80000000u + i * 4096) | (i == 3 ? 0x67 : 0x63);
  directory[0] = (u32)wide | 0x67;
  for (u64 worlds = get(8); worlds > 0; worlds--) {
    fill(memory, FILL, FRAMES * 4096);
    fill(memory, 0, DATA * 4096);
    for (u32 words = get(4); words > 0; words--) {
      u32 at = get(8);
      *(volatile u64 *)at = get(8);
    }
    for (int i = 0; i < WATCHED * 512; i++) before[i] = ((u64 *)memory)[i];
    for (u32 tries = get(4); tries > 0; tries--) try();
  }
  __asm__ volatile("outb %%al, %1" : : "a"(0), "Nd"((unsigned short)0xf4));
}
