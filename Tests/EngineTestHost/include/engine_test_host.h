/* The smallest host that an engine can run in, for its tests and its benchmark: libc's allocator, workers on
   plain threads, and nothing that belongs to a site. */
#ifndef ENGINE_TEST_HOST_H
#define ENGINE_TEST_HOST_H
#include "norn.h"

#define ENGINE_TEST_HOST_THREADS_MAX 64u

/* `width` threads for parallel_for, read at each call; 0: the host has no workers extension */
void engine_test_host_make(norn_host *host, uint32_t *width);

/* loads a plugin's library for good and gives its first engine; NULL, with the error filled, when that fails
 */
const norn_engine *engine_test_host_load(const char *library, const norn_host *host, norn_error *error);
#endif
