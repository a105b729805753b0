#ifndef COMPONENT_H
#define COMPONENT_H
#include <string.h>

#include "norn.h"

/* One attempt at one party, with what the host granted it. */
typedef struct instance {
  const norn_host *host;
  const norn_task *task;
  const norn_artifacts *artifacts;
  const norn_engine_access *engine;
  const norn_federation *federation;
  const norn_tracking *tracking;
} instance;

/* The algorithm. */
norn_status run(void *instance, norn_error *error);

/* Fills the caller's error and gives the status to return. */
norn_status fail(norn_error *error, norn_status code, uint32_t flags, const char *message);

static inline norn_string text(const char *value) { return (norn_string){value, strlen(value)}; }

static inline int is(norn_string left, const char *right) {
  return left.count == strlen(right) && memcmp(left.data, right, left.count) == 0;
}

#endif
