/* Reads or writes a disk past the page cache: io read|write seq|rand BYTES-A-REQUEST REQUESTS DISK. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  int writes = !strcmp(argv[1], "write"), random = !strcmp(argv[2], "rand");
  size_t size = strtoul(argv[3], 0, 0), requests = strtoul(argv[4], 0, 0);
  int fd = open(argv[5], (writes ? O_WRONLY : O_RDONLY) | O_DIRECT);
  off_t blocks = lseek(fd, 0, SEEK_END) / (off_t)size;
  void *buffer = aligned_alloc(4096, size);
  unsigned x = 2463534242u;
  if (fd < 0 || blocks <= 0 || !buffer) return perror("io"), 1;
  memset(buffer, 0x5a, size);
  for (size_t i = 0; i < requests; i++) {
    x ^= x << 13, x ^= x >> 17, x ^= x << 5;
    off_t at = (off_t)(random ? x : i) % blocks * (off_t)size;
    ssize_t done = writes ? pwrite(fd, buffer, size, at) : pread(fd, buffer, size, at);
    if (done != (ssize_t)size) return perror("io"), 1;
  }
  return fsync(fd) < 0;
}
