/* A driver in user space: has the device fetch a page of this program, and waits for its interrupt. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SUM = 0x08 / 4, ADDRESS_LOW = 0x10 / 4, ADDRESS_HIGH = 0x14 / 4, LENGTH = 0x18 / 4, CONTROL = 0x1c / 4, STATUS = 0x20 / 4 };
enum { START = 1, INTERRUPT = 2 };
enum { COMMAND = 0x04, MEMORY = 0x0002, MASTER = 0x0004 };

static int must(int result, const char *what) {
  if (result < 0) { perror(what); exit(1); }
  return result;
}

/* Where the kernel put a page of ours: bits 0 to 54 of its entry. */
static uint64_t physical(const void *page) {
  uint64_t entry = 0;
  int map = must(open("/proc/self/pagemap", O_RDONLY), "pagemap");
  must(pread(map, &entry, sizeof entry, (uintptr_t)page / 4096 * sizeof entry), "pagemap");
  return (entry & ((1ull << 55) - 1)) * 4096;
}

int main(int count, char **arguments) {
  if (count != 3) { fprintf(stderr, "usage: checksum /sys/bus/pci/devices/DEVICE TEXT\n"); return 2; }
  char path[256];
  snprintf(path, sizeof path, "%s/resource0", arguments[1]);
  int bar = must(open(path, O_RDWR), path);
  volatile uint32_t *regs = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, bar, 0);
  char *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
  if (regs == MAP_FAILED || page == MAP_FAILED) { perror("mmap"); return 1; }
  size_t length = strnlen(arguments[2], 4096);
  memcpy(page, arguments[2], length);

  /* /dev/uio0 can be read once for each interrupt. This lets the device reach memory and use its line. */
  int interrupts = must(open("/dev/uio0", O_RDONLY), "/dev/uio0");
  snprintf(path, sizeof path, "%s/config", arguments[1]);
  int config = must(open(path, O_RDWR), path);
  uint16_t command = MEMORY | MASTER;
  must(pwrite(config, &command, sizeof command, COMMAND), path);

  uint64_t address = physical(page);
  regs[SUM] = 0;
  regs[ADDRESS_LOW] = (uint32_t)address;
  regs[ADDRESS_HIGH] = (uint32_t)(address >> 32);
  regs[LENGTH] = (uint32_t)length;
  regs[CONTROL] = START | INTERRUPT;

  uint32_t interrupt = 0;
  must(read(interrupts, &interrupt, sizeof interrupt), "/dev/uio0");
  uint32_t status = regs[STATUS];
  regs[STATUS] = status;
  printf("interrupt %u, status %u, sum %08x\n", interrupt, status, regs[SUM]);
  return 0;
}
