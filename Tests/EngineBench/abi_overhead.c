#include "abi_overhead.h"

#include <stdio.h>
#include <stdlib.h>

#include "bench_kernels.h"

#define ROWS 65536u
#define KEY_BYTES 8u
#define VALUE_DOUBLES 2u
#define BATCHES_PER_ROUND 20u
#define ROUNDS 25u

_Static_assert(ROWS <= NORN_BATCH_MAX_ROWS, "one batch holds the rows");

typedef struct rows {
  uint32_t key_offsets[ROWS + 1], value_offsets[ROWS + 1];
  uint64_t keys[ROWS];
  double values[ROWS * VALUE_DOUBLES];
} rows;

/* The kernel's work without the kernel: never part of its caller, as the kernel's step is not. */
__attribute__((noinline)) static void scale(const double *values, double *scaled, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) scaled[i] = values[i] * 2;
}

static norn_status count_rows(void *context, const norn_batch *batch, norn_error *error) {
  (void)error;
  *(uint64_t *)context += batch->rows;
  return NORN_OK;
}

static double now(const norn_host *host) { return (double)host->monotonic_nanoseconds(host) / 1e9; }

/* Writes where the kernel does, into its state: another place could lie better or worse in the caches. */
static double direct_seconds(rows *rows, void *state, const norn_host *host) {
  double start = now(host);
  for (uint32_t i = 0; i < BATCHES_PER_ROUND; i++) scale(rows->values, state, ROWS * VALUE_DOUBLES);
  return now(host) - start;
}

static double step_seconds(rows *rows, const norn_kernel *kernel, void *state, const norn_host *host) {
  uint64_t emitted = 0;
  norn_emit emit = {.struct_size = sizeof emit, .context = &emitted, .batch = count_rows};
  norn_batch batch = {sizeof batch,        ROWS, rows->key_offsets, (uint8_t *)rows->keys, rows->value_offsets,
                      (uint8_t *)rows->values, NULL};
  double start = now(host);
  for (uint32_t i = 0; i < BATCHES_PER_ROUND; i++)
    if (kernel->step(state, &batch, NULL, &emit, NULL) != NORN_OK) exit(1);
  double seconds = now(host) - start;
  if (emitted != (uint64_t)BATCHES_PER_ROUND * ROWS) exit(1);
  return seconds;
}

/* The quickest round of each, taken in turns, so that what else the machine does touches both alike. */
static double overhead_percent(rows *rows, const norn_kernel *kernel, void *state, const norn_host *host) {
  double direct = 1e9, stepped = 1e9;
  for (uint32_t i = 0; i < ROUNDS; i++) {
    double seconds = direct_seconds(rows, state, host);
    if (seconds < direct) direct = seconds;
    seconds = step_seconds(rows, kernel, state, host);
    if (seconds < stepped) stepped = seconds;
  }
  return (stepped / direct - 1) * 100;
}

void bench_abi_overhead(uint32_t runs, const norn_host *host) {
  rows *rows = calloc(1, sizeof *rows);
  /* As an engine has it: a table of functions that came from elsewhere, which no compiler sees through. */
  const norn_kernel *volatile given = &bench_map_scale;
  const norn_kernel *kernel = given;
  void *state = NULL;
  if (rows == NULL || kernel->open(kernel, host, (norn_bytes){NULL, 0}, 0, 1, &state, NULL) != NORN_OK) exit(1);
  for (uint32_t i = 0; i <= ROWS; i++)
    rows->key_offsets[i] = i * KEY_BYTES, rows->value_offsets[i] = i * VALUE_DOUBLES * (uint32_t)sizeof(double);
  for (uint32_t i = 0; i < ROWS; i++)
    rows->keys[i] = __builtin_bswap64(i), rows->values[VALUE_DOUBLES * i] = i, rows->values[VALUE_DOUBLES * i + 1] = 1;
  for (uint32_t i = 0; i < runs; i++)
    printf("{\"name\": \"ABI, batches of 65,536 rows: a C kernel's step, over a direct loop\", \"unit\": \"%%\", "
           "\"value\": %.3f}\n",
           overhead_percent(rows, kernel, state, host));
  fflush(stdout);
  kernel->close(state);
  free(rows);
}
