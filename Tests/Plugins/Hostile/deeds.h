/* The misdeeds, each by its name. */
#ifndef HOSTILE_DEEDS_H
#define HOSTILE_DEEDS_H
#include "norn.h"

typedef struct hostile_deed {
  const norn_host *host;
  const norn_task *task;
  norn_string deed;
  norn_string place; /* a path outside of the scratch folder */
} hostile_deed;

/* Does it. What a good fence refuses is said in the error; what a fence let through is NORN_INTERNAL. */
norn_status hostile_do(const hostile_deed *deed, norn_error *error);

/* Fills the error and returns its code; the text is cut to fit. */
norn_status hostile_fail(norn_error *error, norn_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Of files that stand alone. */
norn_status hostile_open_sockets(norn_error *error);
norn_status hostile_write_elsewhere(const char *place, norn_error *error);
norn_status hostile_make_processes(norn_error *error);
norn_status hostile_make_threads(norn_error *error);
norn_status hostile_lie_on_the_channel(norn_error *error);
norn_status hostile_lie_in_a_batch(const norn_host *host, norn_error *error);
norn_status hostile_send_undeclared(const hostile_deed *deed, const char *name, uint64_t count, norn_error *error);
norn_status hostile_flood_messages(const hostile_deed *deed, norn_error *error);

#endif
