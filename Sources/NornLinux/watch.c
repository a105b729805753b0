#define _GNU_SOURCE
#include "norn_linux.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/inotify.h>

int norn_linux_watch_renames(const char *folder) {
  int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (watch < 0) return -errno;
  if (inotify_add_watch(watch, folder, IN_MOVED_TO | IN_ONLYDIR) < 0) {
    int reason = errno;
    close(watch);
    return -reason;
  }
  return watch;
}
#else
int norn_linux_watch_renames(const char *folder) {
  (void)folder;
  return -ENOSYS;
}
#endif

int norn_linux_await_rename(int watch, int wake, int milliseconds) {
  struct pollfd fds[] = {{.fd = wake, .events = POLLIN}, {.fd = watch, .events = POLLIN}};
  char events[4096];
  int count = poll(fds, watch >= 0 ? 2 : 1, milliseconds);
  if (count > 0 && fds[0].revents != 0) return 0;
  while (watch >= 0 && read(watch, events, sizeof events) > 0) continue;
  return 1;
}
