/* Runs each program so often that its time can be taken from outside: '<' and '>' on the debug console, then its result. */
typedef unsigned long u64;
u64 run_program(u64 which);
static void put(char c) { __asm__ volatile("outb %0, %1" : : "a"(c), "Nd"((unsigned short)0xe9)); }

void guest(void) {
  for (u64 which = 0; which < 5; which++) {
    u64 result = run_program(which);
    for (int round = 0; round < 3; round++) {
      put('<');
      for (int i = 0; i < TIMES; i++) result = run_program(which);
      put('>');
    }
    for (int shift = 60; shift >= 0; shift -= 4) put("0123456789abcdef"[(result >> shift) & 15]);
    put('\n');
  }
  __asm__ volatile("outl %0, %1" : : "a"(0), "Nd"((unsigned short)0xf4));
}
