/* Kernels in C over 8-byte keys and 16-byte values (two doubles). */
#ifndef ENGINE_BENCH_KERNELS_H
#define ENGINE_BENCH_KERNELS_H
#include "norn.h"

extern const norn_kernel bench_map_scale;    /* KEEPS_KEYS: both doubles times 2 */
extern const norn_kernel bench_join_add;     /* KEEPS_KEYS: sums of both sides */
extern const norn_kernel bench_reduce_sum;   /* sums of both doubles; frozen as 16 bytes */
extern const norn_kernel bench_map_as_is;    /* no promise about keys: the engine has to shuffle */

norn_kernel_reference bench_reference(const norn_kernel *kernel);
#endif
