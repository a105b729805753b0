#include "marks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* Attempts that are looked at beside the own one; a chaos run makes far fewer of one task. */
enum { ATTEMPTS_LOOKED_AT = 64 };

static int length(norn_string text) { return (int)text.count; }

bool probe_identify(const norn_task *task, norn_string folder, probe_identity *out) {
  out->attempt = task->attempt;
  const int place = snprintf(out->folder, sizeof out->folder, "%.*s", length(folder), folder.data);
  const int name = snprintf(out->task, sizeof out->task, "%.*s.%.*s", length(task->job), task->job.data,
                            length(task->task), task->task.data);
  const int party = snprintf(out->party, sizeof out->party, "%.*s_%.*s", length(task->role), task->role.data,
                             length(task->party), task->party.data);
  return place < (int)sizeof out->folder && name < (int)sizeof out->task && party < (int)sizeof out->party;
}

bool probe_mark(const probe_identity *identity, const char *what) {
  char path[640];
  char line[512];
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  snprintf(path, sizeof path, "%s/marks", identity->folder);
  const int count = snprintf(line, sizeof line, "%s %s %u %s %d %lld\n", what, identity->task, identity->attempt,
                             identity->party, (int)getpid(),
                             (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
  const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return false;
  const bool written = write(file, line, (size_t)count) == count;
  close(file);
  return written;
}

/* The file whose lock an attempt shares among its parties. It stays open as long as the process. */
static int open_lock(const probe_identity *identity, uint32_t attempt, int flags) {
  char path[900];
  snprintf(path, sizeof path, "%s/%s.%u.lock", identity->folder, identity->task, attempt);
  return open(path, flags, 0644);
}

static bool is_alive(const probe_identity *identity, uint32_t attempt) {
  const int file = open_lock(identity, attempt, O_RDWR | O_CLOEXEC);
  if (file < 0) return false;
  const bool alive = flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(file);
  return alive;
}

bool probe_begin(const probe_identity *identity) {
  const int own = open_lock(identity, identity->attempt, O_RDWR | O_CREAT | O_CLOEXEC);
  if (own < 0 || flock(own, LOCK_SH) != 0) return false;
  for (uint32_t other = 0; other < ATTEMPTS_LOOKED_AT; other++) {
    if (other != identity->attempt && is_alive(identity, other) && !probe_mark(identity, "overlap")) return false;
  }
  return probe_mark(identity, "start");
}
