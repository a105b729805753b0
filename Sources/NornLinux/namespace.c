/* One network namespace for all workers, with nothing in it: not even loopback is up. Making one for each worker costs
   milliseconds; entering one that is there costs microseconds. Its file descriptors keep it alive. */
#define _GNU_SOURCE
#include "children.h"
#include "namespace.h"
#include "norn_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOLDER_STACK_BYTES 16384

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int network = -1; /* a negative errno where there can be none */
static int user = -1;    /* of a process without privileges: who enters it may enter the network */

static int open_namespace(const char *process, const char *kind) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/ns/%s", process, kind);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

/* A thread of its own: only what it makes is another namespace, the process stays where it is. */
static void *make_as_root(void *context) {
  (void)context;
  if (unshare(CLONE_NEWNET) != 0) network = -errno;
  else network = open_namespace("thread-self", "net");
  return NULL;
}

/* Lives, in its own user and network namespace, until it is killed. */
static int hold(void *context) {
  const int *pipe_ends = context;
  char gone;
  close(pipe_ends[1]);
  while (read(pipe_ends[0], &gone, 1) < 0 && errno == EINTR) continue;
  _exit(0);
}

static int write_file(int pid, const char *name, const char *text) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int result = write(fd, text, strlen(text)) < 0 ? -errno : 0;
  close(fd);
  return result;
}

/* The workers keep the numbers of user and group that the site has. */
static int map_ids(int pid) {
  char text[64];
  write_file(pid, "setgroups", "deny");
  snprintf(text, sizeof text, "%u %u 1", geteuid(), geteuid());
  int result = write_file(pid, "uid_map", text);
  if (result != 0) return result;
  snprintf(text, sizeof text, "%u %u 1", getegid(), getegid());
  return write_file(pid, "gid_map", text);
}

static void make_as_user(void) {
  static char stack[HOLDER_STACK_BYTES] __attribute__((aligned(16)));
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return;
  norn_children_lock(); /* until it is reaped: it is no worker */
  int pid = clone(hold, stack + sizeof stack, CLONE_NEWUSER | CLONE_NEWNET | SIGCHLD, pipe_ends);
  if (pid < 0) {
    network = -errno;
  } else {
    char process[16];
    snprintf(process, sizeof process, "%d", pid);
    int mapped = map_ids(pid);
    user = mapped != 0 ? mapped : open_namespace(process, "user");
    network = user < 0 ? user : open_namespace(process, "net");
  }
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  if (pid > 0) {
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
  }
  norn_children_unlock();
}

/* What worked when it was made may still be refused when it is entered: found now, not by the first worker. */
static int try_enter(void *context) {
  (void)context;
  _exit(norn_namespace_enter() == 0 ? 0 : errno & 0x7f);
}

static void check(void) {
  static char stack[HOLDER_STACK_BYTES] __attribute__((aligned(16)));
  int status = 0;
  norn_children_lock();
  int pid = clone(try_enter, stack + sizeof stack, SIGCHLD, NULL);
  if (pid > 0) waitpid(pid, &status, 0);
  norn_children_unlock();
  if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  int error = pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
  if (network >= 0) close(network);
  network = -error;
}

static void make(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, make_as_root, NULL) == 0) pthread_join(thread, NULL);
  if (network < 0) make_as_user();
  if (network >= 0) check();
}

int norn_linux_empty_network(void) {
  pthread_once(&once, make);
  return network < 0 ? network : 0;
}

/* Only calls that take no lock: it runs in a child that shares our memory. */
int norn_namespace_enter(void) {
  if (user >= 0 && setns(user, CLONE_NEWUSER) != 0) return -1;
  return setns(network, CLONE_NEWNET);
}
