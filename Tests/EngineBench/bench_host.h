/* The smallest host that an engine can run in: no logs, libc's allocator, workers on plain threads. */
#ifndef ENGINE_BENCH_HOST_H
#define ENGINE_BENCH_HOST_H
#include "norn.h"

#define BENCH_THREADS_MAX 64u

/* `width` threads for parallel_for */
void bench_host_make(norn_host *host, uint32_t *width);
#endif
