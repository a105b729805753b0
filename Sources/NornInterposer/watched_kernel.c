/* Kernels, watched: their runs are shown to the watcher as they are opened and stepped. */
#include <stdlib.h>

#include "watched.h"

typedef struct watched_state {
  const watched_kernel *kernel;
  void *original;
  uint64_t run;
} watched_state;

static norn_status open_kernel(const norn_kernel *kernel, const norn_host *host, norn_bytes closure,
                               uint32_t partition, uint32_t partitions, void **out, norn_error *error) {
  const watched_kernel *watched = (const watched_kernel *)kernel;
  watched_state *state = calloc(1, sizeof *state);
  norn_status status = NORN_OK;
  if (state == NULL) return NORN_RESOURCE_EXHAUSTED;
  state->kernel = watched;
  if (watched->original->open != NULL)
    status = watched->original->open(watched->original, host, closure, partition, partitions, &state->original, error);
  if (status != NORN_OK) {
    free(state);
    return status;
  }
  state->run = watched->watcher->kernel_opened(watched->watcher->context, watched->original, closure, partition,
                                               partitions);
  *out = state;
  return NORN_OK;
}

static norn_status step(void *context, const norn_batch *left, const norn_batch *right, const norn_emit *emit,
                        norn_error *error) {
  watched_state *state = context;
  const norn_watcher *watcher = state->kernel->watcher;
  watcher->kernel_stepped(watcher->context, state->run, left, right);
  return state->kernel->original->step(state->original, left, right, emit, error);
}

static norn_status finish(void *context, const norn_emit *emit, norn_error *error) {
  watched_state *state = context;
  return state->kernel->original->finish(state->original, emit, error);
}

static norn_status freeze(void *context, const norn_sink *sink, norn_error *error) {
  watched_state *state = context;
  return state->kernel->original->freeze(state->original, sink, error);
}

static norn_status merge(void *context, norn_bytes frozen, norn_error *error) {
  watched_state *state = context;
  return state->kernel->original->merge(state->original, frozen, error);
}

static void close_kernel(void *context) {
  watched_state *state = context;
  if (state->kernel->original->close != NULL) state->kernel->original->close(state->original);
  free(state);
}

void watched_kernel_make(watched_kernel *out, const norn_kernel *original, const norn_watcher *watcher) {
  norn_kernel table = *original;
  table.struct_size = sizeof table;
  table.context = NULL;
  table.open = open_kernel;
  table.step = step;
  table.close = close_kernel;
  if (original->finish != NULL) table.finish = finish;
  if (original->freeze != NULL) table.freeze = freeze;
  if (original->merge != NULL) table.merge = merge;
  *out = (watched_kernel){table, original, watcher};
}
