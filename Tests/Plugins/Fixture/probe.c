/* Tries what a worker must not be able to do, and reports the errno of each try as a summary (0: it could). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture_plugin.h"

static int try_fork(void) {
  pid_t child = fork();
  if (child < 0) return errno;
  if (child == 0) _exit(0);
  waitpid(child, NULL, 0);
  return 0;
}

static int try_exec(void) {
  char *arguments[] = {"/bin/true", NULL};
  execv(arguments[0], arguments);
  return errno;
}

static int try_open(const char *path, int flags) {
  int fd = open(path, flags | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  close(fd);
  return 0;
}

static void *nothing(void *context) { return context; }

static int try_thread(void) {
  pthread_t thread;
  int failed = pthread_create(&thread, NULL, nothing, NULL);
  if (!failed) pthread_join(thread, NULL);
  return failed;
}

static int try_socket(void) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) return errno;
  close(fd);
  return 0;
}

/* A map of text to small integers: at most 23 entries, keys in order of length. */
static uint64_t add(uint8_t *out, const char *name, int value) {
  uint64_t count = strlen(name);
  out[0] = (uint8_t)(0x60 + count);
  memcpy(out + 1, name, count);
  out[1 + count] = 0x18, out[2 + count] = (uint8_t)value;
  if (value < 24) out[1 + count] = (uint8_t)value;
  return 1 + count + (value < 24 ? 1 : 2);
}

norn_status fixture_run_probe(const norn_host *host, norn_error *error) {
  const norn_tracking *tracking = fixture_extension(host, NORN_TRACKING_ID);
  uint8_t out[512] = {0xa8};
  uint64_t used = 1;
  used += add(out + used, "exec", try_exec());
  used += add(out + used, "fork", try_fork());
  used += add(out + used, "kill", kill(getppid(), 0) == 0 ? 0 : errno);
  used += add(out + used, "read", try_open("/etc/passwd", O_RDONLY));
  used += add(out + used, "write", try_open("/tmp/norn-probe-outside", O_WRONLY | O_CREAT));
  used += add(out + used, "socket", try_socket());
  used += add(out + used, "thread", try_thread());
  used += add(out + used, "scratch", try_open("inside", O_WRONLY | O_CREAT));
  norn_bytes summary = {out, used};
  return tracking->summary(host, summary, error);
}
