/* count_rows, revision 1: the number of rows, frozen as eight little-endian bytes. */
#include <stdlib.h>
#include <string.h>

#include "count.h"

static norn_status open_count(const norn_host *host, norn_bytes closure, uint32_t partition, uint32_t partitions,
                              void **state, norn_error *error) {
  (void)host, (void)closure, (void)partition, (void)partitions;
  *state = calloc(1, sizeof(uint64_t));
  return *state == NULL ? count_fail(error, NORN_RESOURCE_EXHAUSTED, "no memory for a counter") : NORN_OK;
}

static norn_status step(void *state, const norn_batch *left, const norn_batch *right, const norn_emit *emit,
                        norn_error *error) {
  (void)right, (void)emit, (void)error;
  *(uint64_t *)state += left->rows;
  return NORN_OK;
}

static norn_status finish(void *state, const norn_emit *emit, norn_error *error) {
  (void)state, (void)emit, (void)error;
  return NORN_OK;
}

static norn_status freeze(void *state, const norn_sink *sink, norn_error *error) {
  uint8_t frozen[8];
  for (int i = 0; i < 8; i++) frozen[i] = (uint8_t)(*(const uint64_t *)state >> 8 * i);
  norn_bytes bytes = {frozen, sizeof frozen};
  return sink->write(sink->context, bytes, error);
}

static norn_status merge(void *state, norn_bytes frozen, norn_error *error) {
  uint64_t other = 0;
  if (frozen.count != 8) return count_fail(error, NORN_INVALID_ARGUMENT, "a frozen counter has eight bytes");
  for (int i = 0; i < 8; i++) other |= (uint64_t)frozen.data[i] << 8 * i;
  *(uint64_t *)state += other;
  return NORN_OK;
}

static void close_count(void *state) { free(state); }

const norn_kernel count_rows_kernel = {
    .struct_size = sizeof(norn_kernel),
    .revision = 1,
    .kind = NORN_KERNEL_REDUCE,
    .flags = NORN_KERNEL_PURE | NORN_KERNEL_COMMUTATIVE,
    .name = {"count_rows", 10},
    .open = open_count,
    .step = step,
    .finish = finish,
    .freeze = freeze,
    .merge = merge,
    .close = close_count,
};
