/* Deeds that the fence around a worker is there for. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deeds.h"

enum { PROCESSES = 64, THREADS = 100000 };

norn_status hostile_open_sockets(norn_error *error) {
  static const struct {
    const char *name;
    int family, type;
  } wanted[] = {{"TCP", AF_INET, SOCK_STREAM}, {"UDP", AF_INET, SOCK_DGRAM}, {"TCP over IPv6", AF_INET6, SOCK_STREAM},
                {"local", AF_UNIX, SOCK_STREAM}, {"netlink", AF_NETLINK, SOCK_RAW}, {"vsock", AF_VSOCK, SOCK_STREAM}};
  int pair[2];
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    if (socket(wanted[i].family, wanted[i].type, 0) >= 0)
      return hostile_fail(error, NORN_INTERNAL, "a socket of the kind %s was opened", wanted[i].name);
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0) return hostile_fail(error, NORN_INTERNAL, "a pair was opened");
  return hostile_fail(error, NORN_PERMISSION_DENIED, "no socket was opened: %s", strerror(errno));
}

static int can_write(const char *path) {
  const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0) close(file);
  return file >= 0;
}

norn_status hostile_write_elsewhere(const char *place, norn_error *error) {
  char here[512], program[512];
  /* The folder of its own library, where the site keeps what others run too. */
  FILE *maps = fopen("/proc/self/maps", "re");
  here[0] = 0;
  for (char line[1024]; maps != NULL && fgets(line, sizeof line, maps) != NULL;) {
    char *path = strchr(line, '/');
    if (path == NULL || strstr(path, "libnorn_test_hostile.so") == NULL) continue;
    path[strcspn(path, "\n")] = 0;
    snprintf(here, sizeof here, "%s", path);
    break;
  }
  if (maps != NULL) fclose(maps);
  if (here[0] == 0) return hostile_fail(error, NORN_INTERNAL, "its own library was not found");
  if (can_write("/tmp/norn-hostile")) return hostile_fail(error, NORN_INTERNAL, "a file was made in /tmp");
  if (can_write("/dev/shm/norn-hostile")) return hostile_fail(error, NORN_INTERNAL, "a file was made in /dev/shm");
  if (place[0] != 0 && can_write(place)) return hostile_fail(error, NORN_INTERNAL, "%s was opened for writing", place);
  if (can_write(here)) return hostile_fail(error, NORN_INTERNAL, "the library was opened for writing");
  if (unlink(here) == 0) return hostile_fail(error, NORN_INTERNAL, "the library was removed");
  if (rename(here, place) == 0) return hostile_fail(error, NORN_INTERNAL, "the library was moved");
  const ssize_t count = readlink("/proc/self/exe", program, sizeof program - 1);
  if (count > 0) {
    program[count] = 0;
    if (can_write(program)) return hostile_fail(error, NORN_INTERNAL, "the worker's program was opened for writing");
  }
  return hostile_fail(error, NORN_PERMISSION_DENIED, "nothing was written elsewhere: %s", strerror(errno));
}

norn_status hostile_make_processes(norn_error *error) {
  char *const arguments[] = {"sh", "-c", "sleep 1000", NULL};
  int made = 0, why = 0;
  for (int i = 0; i < PROCESSES; i++) {
    const pid_t child = fork();
    if (child == 0) for (;;) pause();
    if (child > 0) made++;
    else why = errno;
  }
  pid_t shell;
  if (posix_spawn(&shell, "/bin/sh", NULL, NULL, arguments, NULL) == 0) made++;
  if (made > 0) return hostile_fail(error, NORN_INTERNAL, "%d processes were made", made);
  execv("/bin/sh", arguments);
  return hostile_fail(error, NORN_PERMISSION_DENIED, "no process was made: %s", strerror(why));
}

static void *idle(void *context) {
  (void)context;
  for (;;) pause();
  return NULL;
}

norn_status hostile_make_threads(norn_error *error) {
  for (int count = 0; count < THREADS; count++) {
    pthread_t thread;
    const int failed = pthread_create(&thread, NULL, idle, NULL);
    if (failed) return hostile_fail(error, NORN_RESOURCE_EXHAUSTED, "%d threads were made: %s", count, strerror(failed));
  }
  return hostile_fail(error, NORN_INTERNAL, "%d threads were made", THREADS);
}
