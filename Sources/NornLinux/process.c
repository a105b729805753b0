/* Other processes of this machine, by their number and the time of their start: a number alone may be another's by now. */
#define _GNU_SOURCE
#include "norn_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Fields between the name, which may hold anything but ends with the last bracket, and the start time. */
#define FIELDS_BEFORE_START 20

int64_t norn_linux_start_time(pid_t pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t count = read(fd, text, sizeof text - 1);
  close(fd);
  if (count <= 0) return -1;
  text[count] = 0;
  char *field = strrchr(text, ')');
  if (field == NULL) return -1;
  for (int skipped = 0; skipped < FIELDS_BEFORE_START; skipped++) {
    field = strchr(field + 1, ' ');
    if (field == NULL) return -1;
  }
  return strtoll(field + 1, NULL, 10);
}

int norn_linux_kill_process(pid_t pid, int64_t start_time) {
  if (pid <= 1 || start_time < 0) return -ESRCH;
#if defined(SYS_pidfd_open) && defined(SYS_pidfd_send_signal)
  int process = (int)syscall(SYS_pidfd_open, pid, 0);
  if (process >= 0) {
    /* The descriptor stays with this process: what is compared now is what is killed. */
    int result = -ESRCH;
    if (norn_linux_start_time(pid) == start_time) {
      result = syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0) == 0 ? 0 : -errno;
    }
    close(process);
    return result;
  }
  if (errno != ENOSYS && errno != EPERM) return -errno;
#endif
  if (norn_linux_start_time(pid) != start_time) return -ESRCH;
  return kill(pid, SIGKILL) == 0 ? 0 : -errno;
}
