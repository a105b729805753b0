#define _GNU_SOURCE
#include "bench_host.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

typedef struct worker_loop {
  _Atomic uint64_t next;
  uint64_t count;
  void *context;
  norn_status (*body)(void *context, uint64_t index, norn_error *error);
  pthread_mutex_t lock;
  uint64_t failed_index;
  norn_status status;
  norn_error failure;
} worker_loop;

static void *run_worker(void *opaque) {
  worker_loop *loop = opaque;
  for (uint64_t index; (index = atomic_fetch_add(&loop->next, 1)) < loop->count;) {
    norn_error error = {.struct_size = sizeof error};
    norn_status status = loop->body(loop->context, index, &error);
    if (status == NORN_OK) continue;
    pthread_mutex_lock(&loop->lock);
    if (loop->status == NORN_OK || index < loop->failed_index) {
      loop->status = status;
      loop->failed_index = index;
      loop->failure = error;
    }
    pthread_mutex_unlock(&loop->lock);
  }
  return NULL;
}

static uint32_t width(const norn_host *host) { return *(const uint32_t *)host->context; }

static norn_status parallel_for(const norn_host *host, uint64_t count, void *context,
                                norn_status (*body)(void *context, uint64_t index, norn_error *error),
                                norn_error *error) {
  worker_loop loop = {.count = count, .context = context, .body = body, .lock = PTHREAD_MUTEX_INITIALIZER};
  pthread_t threads[BENCH_THREADS_MAX];
  uint32_t wanted = width(host), started = 0;
  if (wanted > count) wanted = (uint32_t)count;
  for (uint32_t i = 1; i < wanted && i < BENCH_THREADS_MAX; i++) {
    if (pthread_create(&threads[started], NULL, run_worker, &loop) == 0) started++;
  }
  run_worker(&loop);
  for (uint32_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
  if (loop.status != NORN_OK && error != NULL) *error = loop.failure;
  return loop.status;
}

static const norn_workers workers = {.struct_size = sizeof workers, .width = width, .parallel_for = parallel_for};

static const void *get_extension(const norn_host *host, norn_string id, uint32_t revision) {
  (void)host;
  bool known = id.count == sizeof(NORN_WORKERS_ID) - 1 && memcmp(id.data, NORN_WORKERS_ID, id.count) == 0;
  return known && revision == NORN_WORKERS_REVISION ? &workers : NULL;
}

static void log_text(const norn_host *host, uint32_t severity, norn_string text) {
  (void)host, (void)severity;
  fprintf(stderr, "%.*s\n", (int)text.count, text.data);
}

static void *alloc(const norn_host *host, uint64_t count, uint64_t alignment) {
  (void)host;
  void *pointer = NULL;
  return posix_memalign(&pointer, alignment < sizeof(void *) ? sizeof(void *) : alignment, count) == 0 ? pointer
                                                                                                       : NULL;
}

static void dealloc(const norn_host *host, void *pointer, uint64_t count, uint64_t alignment) {
  (void)host, (void)count, (void)alignment;
  free(pointer);
}

static uint64_t nanoseconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint64_t monotonic(const norn_host *host) {
  (void)host;
  return nanoseconds(CLOCK_MONOTONIC);
}

static uint64_t unix_time(const norn_host *host) {
  (void)host;
  return nanoseconds(CLOCK_REALTIME);
}

static norn_status random_bytes(const norn_host *host, uint8_t *out, uint64_t count, norn_error *error) {
  (void)host, (void)error;
  return getrandom(out, count, 0) == (ssize_t)count ? NORN_OK : NORN_UNAVAILABLE;
}

void bench_host_make(norn_host *host, uint32_t *threads) {
  *host = (norn_host){.struct_size = sizeof *host,
                      .level = NORN_LEVEL,
                      .context = threads,
                      .get_extension = get_extension,
                      .log = log_text,
                      .alloc = alloc,
                      .dealloc = dealloc,
                      .monotonic_nanoseconds = monotonic,
                      .unix_nanoseconds = unix_time,
                      .random = random_bytes};
}
