/* The marks that a probe leaves in a folder outside of its site, for the fault tests to read. */
#ifndef PROBE_MARKS_H
#define PROBE_MARKS_H
#include <stdbool.h>

#include "norn.h"

/* Who marks. */
typedef struct probe_identity {
  char folder[512];
  char task[256];    /* <job>.<task>: what only one attempt may hold at a time */
  char party[64];    /* guest_9999 */
  uint32_t attempt;
} probe_identity;

/* False when a text of the task does not fit. */
bool probe_identify(const norn_task *task, norn_string folder, probe_identity *out);

/* Takes the kernel's lock of this attempt, which ends with the process however it ends, and looks whether another
   attempt of the task is alive: it is marked as "overlap". Then marks "start". */
bool probe_begin(const probe_identity *identity);

/* Appends "<what> <job>.<task> <attempt> <party> <pid> <milliseconds since 1970>" as one write. */
bool probe_mark(const probe_identity *identity, const char *what);

#endif
