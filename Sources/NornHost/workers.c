/* norn.workers: a parallel loop bounded by the attempt's cores, however deep it is nested. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"

#define WORKER_STACK_BYTES 8388608u
#define MAX_THREADS_PER_LOOP 256

typedef struct loop {
  uint64_t count;
  void *context;
  norn_status (*body)(void *context, uint64_t index, norn_error *error);
  atomic_uint_fast64_t next;
  pthread_mutex_t lock;
  uint64_t failed_index; /* UINT64_MAX: none */
  norn_status status;
  norn_error error;
} loop;

static void record(loop *work, uint64_t index, norn_status status, const norn_error *error) {
  pthread_mutex_lock(&work->lock);
  if (index < work->failed_index) {
    work->failed_index = index;
    work->status = status;
    work->error = *error;
  }
  pthread_mutex_unlock(&work->lock);
}

/* Every index is tried, failures or not: bodies may wait for one another's side effects. */
static void *turn(void *context) {
  loop *work = context;
  for (;;) {
    uint64_t index = atomic_fetch_add(&work->next, 1);
    if (index >= work->count) return NULL;
    norn_error error = {.struct_size = sizeof error};
    norn_status status = work->body(work->context, index, &error);
    if (status != NORN_OK) record(work, index, status, &error);
  }
}

/* Takes up to wanted of the attempt's spare threads. */
static int take_threads(norn_attempt *attempt, uint64_t wanted) {
  int spare = atomic_load(&attempt->spare_threads), taken;
  do {
    taken = wanted < (uint64_t)(spare < 0 ? 0 : spare) ? (int)wanted : (spare < 0 ? 0 : spare);
    if (taken > MAX_THREADS_PER_LOOP) taken = MAX_THREADS_PER_LOOP;
  } while (!atomic_compare_exchange_weak(&attempt->spare_threads, &spare, spare - taken));
  return taken;
}

static uint32_t width(const norn_host *host) { return norn_attempt_of(host)->start.cores; }

static norn_status parallel_for(const norn_host *host, uint64_t count, void *context,
                                norn_status (*body)(void *context, uint64_t index, norn_error *error),
                                norn_error *error) {
  norn_attempt *attempt = norn_attempt_of(host);
  loop work = {.count = count, .context = context, .body = body, .failed_index = UINT64_MAX};
  pthread_t threads[MAX_THREADS_PER_LOOP];
  pthread_attr_t attributes;
  int started = 0, taken = take_threads(attempt, count > 0 ? count - 1 : 0);
  pthread_mutex_init(&work.lock, NULL);
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, WORKER_STACK_BYTES);
  while (started < taken && pthread_create(&threads[started], &attributes, turn, &work) == 0) started++;
  pthread_attr_destroy(&attributes);
  turn(&work);
  for (int i = 0; i < started; i++) pthread_join(threads[i], NULL);
  atomic_fetch_add(&attempt->spare_threads, taken);
  pthread_mutex_destroy(&work.lock);
  if (work.failed_index == UINT64_MAX) return NORN_OK;
  if (error != NULL && error->struct_size >= sizeof *error) *error = work.error;
  return work.status;
}

const norn_workers norn_host_workers = {sizeof(norn_workers), 0, width, parallel_for};
