#define _GNU_SOURCE
#include "norn_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* More than one fd in a packet breaks the protocol; room for a few lets us see and close them. */
#define RECEIVED_FDS_LIMIT 8

int norn_linux_packet_pair(int pair[2]) {
  return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0 ? 0 : -errno;
}

int norn_linux_print_pipe(int pair[2]) {
  if (pipe2(pair, O_CLOEXEC) != 0) return -errno;
  fcntl(pair[0], F_SETFL, O_NONBLOCK);
  return 0;
}

int norn_linux_wake_counter(void) {
  int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

ssize_t norn_linux_send(int socket, const void *bytes, size_t count, int fd) {
  struct iovec piece = {.iov_base = (void *)bytes, .iov_len = count};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr alignment;
  } control;
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  if (fd >= 0) {
    memset(&control, 0, sizeof control);
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  ssize_t sent;
  do sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

/* Keeps the first fd that came, closes any other; answers how many there were. */
static int take_fds(struct msghdr *message, int *fd) {
  int found = 0;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t index = 0; index < count; index++) {
      int received;
      memcpy(&received, CMSG_DATA(header) + index * sizeof(int), sizeof received);
      if (found++ == 0) *fd = received;
      else close(received);
    }
  }
  return found;
}

ssize_t norn_linux_receive(int socket, void *bytes, size_t capacity, int *fd) {
  struct iovec piece = {.iov_base = bytes, .iov_len = capacity};
  union {
    char bytes[CMSG_SPACE(RECEIVED_FDS_LIMIT * sizeof(int))];
    struct cmsghdr alignment;
  } control;
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  *fd = -1;
  ssize_t received;
  do received = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (received < 0 && errno == EINTR);
  if (received < 0) return -errno;
  int found = take_fds(&message, fd);
  int error = 0;
  if (message.msg_flags & MSG_TRUNC) error = -EMSGSIZE;
  else if (found > 1 || (message.msg_flags & MSG_CTRUNC)) error = -EPROTO;
  if (error != 0 && *fd >= 0) {
    close(*fd);
    *fd = -1;
  }
  return error != 0 ? error : received;
}
