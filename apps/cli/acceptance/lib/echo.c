/* An echo server with any number of connections at once, over TCP or vsock; and a client over vsock. */
#include <arpa/inet.h>
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(const char *what) {
  perror(what);
  return 1;
}

static int serve(int listener) {
  static char buffer[65536];
  int poll = epoll_create1(0), open = 0, most = 0;
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[256];
  if (listen(listener, 4096) < 0) return fail("listen");
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  puts("listening");
  fflush(stdout);
  for (;;) {
    int count = epoll_wait(poll, events, 256, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        event.data.fd = accept(listener, 0, 0);
        if (event.data.fd < 0) return fail("accept");
        epoll_ctl(poll, EPOLL_CTL_ADD, event.data.fd, &event);
        if (++open > most) most = open;
        continue;
      }
      ssize_t got = read(fd, buffer, sizeof buffer);
      for (ssize_t at = 0, put; at < got; at += put)
        if ((put = write(fd, buffer + at, got - at)) <= 0) break;
      if (got <= 0) {
        close(fd);
        if (--open == 0) printf("at most %d connections at once\n", most), fflush(stdout);
      }
    }
  }
}

int main(int argc, char **argv) {
  struct rlimit files = {65536, 65536};
  setrlimit(RLIMIT_NOFILE, &files);
  if (argc < 3) return 2;
  int is_tcp = !strcmp(argv[1], "tcp");
  int fd = socket(is_tcp ? AF_INET : AF_VSOCK, SOCK_STREAM, 0), yes = 1;
  if (fd < 0) return fail("socket");
  struct sockaddr_in tcp = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
  struct sockaddr_vm vsock = {.svm_family = AF_VSOCK, .svm_port = atoi(argv[2]), .svm_cid = VMADDR_CID_ANY};
  if (is_tcp) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    return bind(fd, (void *)&tcp, sizeof tcp) < 0 ? fail("bind") : serve(fd);
  }
  if (!strcmp(argv[1], "vsock")) return bind(fd, (void *)&vsock, sizeof vsock) < 0 ? fail("bind") : serve(fd);
  /* dial PORT TEXT: says it to the host, and prints what comes back. */
  vsock.svm_cid = VMADDR_CID_HOST;
  if (connect(fd, (void *)&vsock, sizeof vsock) < 0) return fail("connect");
  char answer[4096];
  size_t length = strlen(argv[3]), have = 0;
  if (write(fd, argv[3], length) != (ssize_t)length) return fail("write");
  for (ssize_t got; have < length && (got = read(fd, answer + have, sizeof answer - have)) > 0;) have += got;
  printf("%.*s\n", (int)have, answer);
  return 0;
}
