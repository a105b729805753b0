#include "bench_kernels.h"

#include <stdlib.h>
#include <string.h>

#define NAME(literal) {literal, sizeof(literal) - 1}
#define VALUE_BYTES 16u
#define VALUE_DOUBLES 2u

typedef struct scratch_values {
  double values[NORN_BATCH_MAX_ROWS * VALUE_DOUBLES];
} scratch_values;

static norn_status open_scratch(const norn_kernel *kernel, const norn_host *host, norn_bytes closure,
                                uint32_t partition, uint32_t partitions, void **state, norn_error *error) {
  (void)kernel, (void)host, (void)closure, (void)partition, (void)partitions, (void)error;
  *state = malloc(sizeof(scratch_values));
  return *state == NULL ? NORN_RESOURCE_EXHAUSTED : NORN_OK;
}

static norn_status emit_values(const norn_batch *keys, const scratch_values *scratch, const norn_emit *emit,
                               norn_error *error) {
  norn_batch out = *keys;
  out.values = (const uint8_t *)scratch->values - keys->value_offsets[0];
  out.validity = NULL;
  return emit->batch(emit->context, &out, error);
}

static norn_status map_scale(void *state, const norn_batch *left, const norn_batch *right,
                             const norn_emit *emit, norn_error *error) {
  (void)right;
  scratch_values *scratch = state;
  uint64_t count = (uint64_t)left->rows * VALUE_DOUBLES;
  const uint8_t *values = left->values + left->value_offsets[0];
  for (uint64_t i = 0; i < count; i++) {
    double value;
    memcpy(&value, values + i * sizeof value, sizeof value);
    scratch->values[i] = value * 2;
  }
  return emit_values(left, scratch, emit, error);
}

static norn_status join_add(void *state, const norn_batch *left, const norn_batch *right,
                            const norn_emit *emit, norn_error *error) {
  scratch_values *scratch = state;
  uint64_t count = (uint64_t)left->rows * VALUE_DOUBLES;
  const uint8_t *a = left->values + left->value_offsets[0], *b = right->values + right->value_offsets[0];
  for (uint64_t i = 0; i < count; i++) {
    double x, y;
    memcpy(&x, a + i * sizeof x, sizeof x);
    memcpy(&y, b + i * sizeof y, sizeof y);
    scratch->values[i] = x + y;
  }
  return emit_values(left, scratch, emit, error);
}

static norn_status open_sum(const norn_kernel *kernel, const norn_host *host, norn_bytes closure,
                            uint32_t partition, uint32_t partitions, void **state, norn_error *error) {
  (void)kernel, (void)host, (void)closure, (void)partition, (void)partitions, (void)error;
  *state = calloc(VALUE_DOUBLES, sizeof(double));
  return *state == NULL ? NORN_RESOURCE_EXHAUSTED : NORN_OK;
}

static norn_status add_values(void *state, const norn_batch *left, const norn_batch *right,
                              const norn_emit *emit, norn_error *error) {
  (void)right, (void)emit, (void)error;
  double *sums = state, first = sums[0], second = sums[1];
  const uint8_t *values = left->rows == 0 ? NULL : left->values + left->value_offsets[0];
  for (uint32_t i = 0; i < left->rows; i++) {
    double pair[VALUE_DOUBLES];
    memcpy(pair, values + (uint64_t)i * VALUE_BYTES, sizeof pair);
    first += pair[0], second += pair[1];
  }
  sums[0] = first, sums[1] = second;
  return NORN_OK;
}

static norn_status freeze_sum(void *state, const norn_sink *sink, norn_error *error) {
  return sink->write(sink->context, (norn_bytes){state, VALUE_BYTES}, error);
}

static norn_status merge_sum(void *state, norn_bytes frozen, norn_error *error) {
  (void)error;
  double *sums = state, other[VALUE_DOUBLES];
  if (frozen.count != sizeof other) return NORN_INVALID_ARGUMENT;
  memcpy(other, frozen.data, sizeof other);
  sums[0] += other[0], sums[1] += other[1];
  return NORN_OK;
}

static norn_status as_is(void *state, const norn_batch *left, const norn_batch *right, const norn_emit *emit,
                         norn_error *error) {
  (void)state, (void)right;
  return emit->batch(emit->context, left, error);
}

const norn_kernel bench_map_scale = {.struct_size = sizeof(norn_kernel),
                                     .kind = NORN_KERNEL_MAP,
                                     .flags = NORN_KERNEL_PURE | NORN_KERNEL_KEEPS_KEYS,
                                     .name = NAME("map_scale"),
                                     .open = open_scratch,
                                     .step = map_scale,
                                     .close = free};
const norn_kernel bench_join_add = {.struct_size = sizeof(norn_kernel),
                                    .kind = NORN_KERNEL_ZIP,
                                    .flags = NORN_KERNEL_PURE | NORN_KERNEL_KEEPS_KEYS,
                                    .name = NAME("join_add"),
                                    .open = open_scratch,
                                    .step = join_add,
                                    .close = free};
const norn_kernel bench_reduce_sum = {.struct_size = sizeof(norn_kernel),
                                      .kind = NORN_KERNEL_REDUCE,
                                      .flags = NORN_KERNEL_PURE | NORN_KERNEL_COMMUTATIVE,
                                      .name = NAME("reduce_sum"),
                                      .open = open_sum,
                                      .step = add_values,
                                      .freeze = freeze_sum,
                                      .merge = merge_sum,
                                      .close = free};
const norn_kernel bench_map_as_is = {.struct_size = sizeof(norn_kernel),
                                     .kind = NORN_KERNEL_MAP,
                                     .flags = NORN_KERNEL_PURE,
                                     .name = NAME("map_as_is"),
                                     .step = as_is};

norn_kernel_reference bench_reference(const norn_kernel *kernel) {
  return (norn_kernel_reference){.struct_size = sizeof(norn_kernel_reference),
                                 .revision = kernel->revision,
                                 .kind = kernel->kind,
                                 .flags = kernel->flags,
                                 .name = kernel->name,
                                 .local = kernel};
}
