#ifndef NORN_HOST_CLOCK_H
#define NORN_HOST_CLOCK_H
#include <stdint.h>
#include <time.h>

/* What leases are counted with: it goes on while the machine sleeps. */
#ifdef CLOCK_BOOTTIME
#define NORN_CLOCK_LEASE CLOCK_BOOTTIME
#else
#define NORN_CLOCK_LEASE CLOCK_MONOTONIC
#endif

static inline uint64_t norn_clock_nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
#endif
