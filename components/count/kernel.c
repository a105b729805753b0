#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "failure.h"

static norn_status open_count(const norn_kernel *kernel, const norn_host *host, norn_bytes closure,
                              uint32_t partition, uint32_t partitions, void **state, norn_error *error) {
  (void)kernel, (void)host, (void)closure, (void)partition, (void)partitions;
  *state = calloc(1, sizeof(uint64_t));
  return *state == NULL ? count_fail(error, NORN_RESOURCE_EXHAUSTED, 0, "no memory for a counter") : NORN_OK;
}

static norn_status step_count(void *state, const norn_batch *left, const norn_batch *right, const norn_emit *emit,
                              norn_error *error) {
  (void)right, (void)emit, (void)error;
  *(uint64_t *)state += left->rows;
  return NORN_OK;
}

static norn_status freeze_count(void *state, const norn_sink *sink, norn_error *error) {
  const norn_bytes bytes = {state, sizeof(uint64_t)};
  return sink->write(sink->context, bytes, error);
}

static norn_status merge_count(void *state, norn_bytes frozen, norn_error *error) {
  uint64_t other;
  if (frozen.count != sizeof other) return count_fail(error, NORN_DATA_LOSS, 0, "a frozen count is not eight bytes long");
  memcpy(&other, frozen.data, sizeof other);
  *(uint64_t *)state += other;
  return NORN_OK;
}

const norn_kernel count_rows_kernel = {
    .struct_size = sizeof(norn_kernel),
    .revision = 1,
    .kind = NORN_KERNEL_REDUCE,
    .flags = NORN_KERNEL_PURE | NORN_KERNEL_COMMUTATIVE | NORN_KERNEL_IDEMPOTENT,
    .name = {"rows", 4},
    .open = open_count,
    .step = step_count,
    .finish = NULL,
    .freeze = freeze_count,
    .merge = merge_count,
    .close = free,
};
