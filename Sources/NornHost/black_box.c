#include "norn_black_box.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"

_Static_assert(sizeof(norn_black_box) <= NORN_BLACK_BOX_BYTES, "the black box must fit its memfd");

norn_black_box *norn_black_box_open(int fd) {
  if (fd >= 0 && ftruncate(fd, NORN_BLACK_BOX_BYTES) != 0) return NULL;
  int flags = fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
  norn_black_box *box = mmap(NULL, NORN_BLACK_BOX_BYTES, PROT_READ | PROT_WRITE, flags, fd, 0);
  if (box == MAP_FAILED) return NULL;
  box->magic = NORN_BLACK_BOX_MAGIC;
  return box;
}

void norn_black_box_close(norn_black_box *box) { munmap(box, NORN_BLACK_BOX_BYTES); }

static void copy_name(char out[NORN_BLACK_BOX_NAME_BYTES], const char *name) {
  uint32_t i = 0;
  for (; i < NORN_BLACK_BOX_NAME_BYTES - 1 && name[i] != 0; i++) out[i] = name[i];
  memset(out + i, 0, NORN_BLACK_BOX_NAME_BYTES - i);
}

void norn_black_box_enter(norn_black_box *box, const char *call) {
  uint64_t index = __atomic_fetch_add(&box->call_count, 1, __ATOMIC_RELAXED) % NORN_BLACK_BOX_CALLS;
  box->calls[index].monotonic_nanoseconds = norn_clock_nanoseconds(CLOCK_MONOTONIC);
  copy_name(box->calls[index].name, call);
  copy_name(box->current_call, call);
}

void norn_black_box_leave(norn_black_box *box) { box->current_call[0] = 0; }

void norn_black_box_log(norn_black_box *box, uint32_t severity, const char *text, uint64_t count) {
  uint64_t index = __atomic_fetch_add(&box->line_count, 1, __ATOMIC_RELAXED) % NORN_BLACK_BOX_LINES;
  norn_black_box_line *line = &box->lines[index];
  if (count > NORN_BLACK_BOX_LINE_BYTES) count = NORN_BLACK_BOX_LINE_BYTES;
  line->count = 0;
  line->monotonic_nanoseconds = norn_clock_nanoseconds(CLOCK_MONOTONIC);
  line->severity = severity;
  memcpy(line->text, text, count);
  line->count = (uint32_t)count;
}

void norn_black_box_note(norn_black_box *box, int32_t exit_code, const char *note) {
  snprintf(box->note, sizeof box->note, "%s", note);
  box->exit_code = (uint32_t)exit_code;
}

/* Two threads may both add a name, and then it stands there twice: the reader does not mind. */
void norn_black_box_deny(norn_black_box *box, const char *call) {
  __atomic_fetch_add(&box->denial_count, 1, __ATOMIC_RELAXED);
  for (uint32_t i = 0; i < NORN_BLACK_BOX_DENIALS; i++) {
    if (box->denials[i][0] == 0) {
      copy_name(box->denials[i], call);
      return;
    }
    if (strcmp(box->denials[i], call) == 0) return;
  }
}

const char *norn_black_box_phase_name(uint32_t phase) {
  static const char *const names[] = {"none",    "starting", "loading",    "describing",
                                      "creating", "running",  "destroying", "ended"};
  return phase < sizeof names / sizeof *names ? names[phase] : "unknown";
}
