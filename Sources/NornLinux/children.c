#define _GNU_SOURCE
#include "children.h"
#include "norn_linux.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Workers alive at the same time. */
#define CHILDREN_LIMIT 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pid_t children[CHILDREN_LIMIT];
static size_t children_count;

void norn_children_lock(void) { pthread_mutex_lock(&lock); }
void norn_children_unlock(void) { pthread_mutex_unlock(&lock); }

int norn_children_add(pid_t pid) {
  if (children_count == CHILDREN_LIMIT) return -EAGAIN;
  children[children_count++] = pid;
  return 0;
}

void norn_children_remove(pid_t pid) {
  for (size_t index = 0; index < children_count; index++) {
    if (children[index] != pid) continue;
    children[index] = children[--children_count];
    return;
  }
}

int norn_children_contain(pid_t pid) {
  for (size_t index = 0; index < children_count; index++)
    if (children[index] == pid) return 1;
  return 0;
}

static int64_t milliseconds(struct timeval time) { return (int64_t)time.tv_sec * 1000 + time.tv_usec / 1000; }

int norn_linux_reap(pid_t pid, int block, norn_linux_exit *end) {
  int status = 0;
  struct rusage usage = {0};
  pid_t found;
  /* Waiting for the end comes first and without the lock; taking it and forgetting the pid are one step. */
  if (block) {
    siginfo_t information = {0};
    while (waitid(P_PID, (id_t)pid, &information, WEXITED | WNOWAIT) != 0)
      if (errno != EINTR) return -errno;
  }
  norn_children_lock();
  do found = wait4(pid, &status, WNOHANG, &usage);
  while (found < 0 && errno == EINTR);
  int error = found < 0 ? -errno : 0;
  if (found == pid) norn_children_remove(pid);
  norn_children_unlock();
  if (error != 0) return error;
  if (found == 0) return 0;
  end->exited = WIFEXITED(status);
  end->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  end->peak_memory_bytes = (int64_t)usage.ru_maxrss * 1024;
  end->cpu_milliseconds = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
  return 1;
}

int norn_linux_has_ended(pid_t pid) {
  siginfo_t information = {0};
  if (waitid(P_PID, (id_t)pid, &information, WEXITED | WNOWAIT | WNOHANG) != 0) return -errno;
  return information.si_pid == pid;
}

int norn_linux_become_subreaper(void) {
  return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : -errno;
}

int norn_linux_is_subreaper(void) {
  int is_subreaper = 0;
  return prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper, 0, 0, 0) == 0 && is_subreaper;
}

/* The parent of a process, from the fourth field of its stat; the name before it may hold anything. */
static pid_t parent_of(const char *process) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%.20s/stat", process);
  FILE *file = fopen(path, "re");
  if (file == NULL) return -1;
  size_t count = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[count] = 0;
  const char *after_name = strrchr(text, ')');
  int parent = -1;
  if (after_name == NULL || sscanf(after_name + 1, " %*c %d", &parent) != 1) return -1;
  return parent;
}

int norn_linux_reap_orphans(void) {
  DIR *processes = opendir("/proc");
  if (processes == NULL) return -errno;
  int reaped = 0;
  pid_t self = getpid();
  for (struct dirent *entry = readdir(processes); entry != NULL; entry = readdir(processes)) {
    if (!isdigit((unsigned char)entry->d_name[0]) || parent_of(entry->d_name) != self) continue;
    pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
    norn_children_lock();
    if (!norn_children_contain(pid) && waitpid(pid, NULL, WNOHANG) == pid) reaped++;
    norn_children_unlock();
  }
  closedir(processes);
  return reaped;
}
