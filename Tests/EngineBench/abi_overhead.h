/* What a batch costs more through the ABI than in a loop of one's own. */
#ifndef ENGINE_BENCH_ABI_OVERHEAD_H
#define ENGINE_BENCH_ABI_OVERHEAD_H
#include "norn.h"

/* Prints one JSON line for each run, in percent: the time of a kernel's steps over full batches, by its table and with
   its rows emitted, over that of a plain loop over the same rows. */
void bench_abi_overhead(uint32_t runs, const norn_host *host);
#endif
