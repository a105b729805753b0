/* A small plugin that keeps every rule of the conformance kit, and, compiled with BAD_..., breaks just one of them. */
#ifndef BAD_H
#define BAD_H
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "norn.h"

typedef struct instance {
  const norn_host *host;
  const norn_task *task;
  const norn_artifacts *artifacts;
  const norn_engine_access *engine;
  const norn_federation *federation;
  const norn_tracking *tracking;
  uint8_t *buffer; /* made by run */
} instance;

/* Fills the caller's error and gives the status to return. */
norn_status bad_fail(norn_error *error, norn_status code, const char *message);
norn_string bad_text(const char *text);
norn_status bad_run(void *context, norn_error *error);

extern const norn_component bad_component;
extern const norn_kernel bad_double;
extern const norn_kernel bad_sum;
#endif
