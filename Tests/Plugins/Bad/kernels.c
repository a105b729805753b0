/* Two kernels: "double" maps rows of doubles to twice their values, "sum" folds all value bytes. */
#include "bad.h"

#define VALUE_BYTES_MAX 65536u

typedef struct state {
  uint64_t sum;
  uint64_t steps;
  uint8_t value[VALUE_BYTES_MAX];
} state;

static norn_status open_state(const norn_kernel *kernel, const norn_host *host, norn_bytes closure,
                              uint32_t partition, uint32_t partitions, void **out, norn_error *error) {
  (void)kernel, (void)host, (void)closure, (void)partition, (void)partitions;
  *out = calloc(1, sizeof(state));
  return *out == NULL ? bad_fail(error, NORN_RESOURCE_EXHAUSTED, "no memory for a state") : NORN_OK;
}

static norn_status emit_row(const norn_batch *left, uint32_t row, const uint8_t *value, uint32_t count,
                            const norn_emit *emit, norn_error *error) {
  const uint8_t *key = left->keys + left->key_offsets[row];
  uint32_t key_offsets[2] = {0, left->key_offsets[row + 1] - left->key_offsets[row]}, value_offsets[2] = {0, count};
#ifdef BAD_KEYS
  static const uint8_t other[1] = {0xff};
  key = other;
  key_offsets[1] = 1;
#endif
#ifdef BAD_EMPTY_KEY
  key_offsets[1] = 0;
#endif
  norn_batch out = {sizeof out, 1, key_offsets, key, value_offsets, value, NULL};
  return emit->batch(emit->context, &out, error);
}

static norn_status step_double(void *context, const norn_batch *left, const norn_batch *right,
                               const norn_emit *emit, norn_error *error) {
  state *self = context;
  (void)right;
  self->steps++;
  for (uint32_t row = 0; row < left->rows; row++) {
    const uint8_t *value = left->values + left->value_offsets[row];
    uint32_t count = left->value_offsets[row + 1] - left->value_offsets[row];
#ifdef BAD_ROWS
    if (count % 8 != 0) abort();
#endif
    if (count > VALUE_BYTES_MAX || count % 8 != 0)
      return bad_fail(error, NORN_INVALID_ARGUMENT, "a value is no list of doubles");
    for (uint32_t at = 0; at < count; at += 8) {
      double number;
      memcpy(&number, value + at, 8);
      number *= 2;
#ifdef BAD_STATIC
      static double calls;
      number += calls++;
#endif
#ifdef BAD_ADDRESS
      number += (double)(uintptr_t)&step_double;
#endif
#ifdef BAD_BATCHES
      number += (double)self->steps;
#endif
      memcpy(self->value + at, &number, 8);
    }
#ifdef BAD_WRITES
    if (count > 0) *(volatile uint8_t *)value = *value;
#endif
#ifdef BAD_OVERREADS
    if (row + 1 == left->rows) self->sum += ((const volatile uint8_t *)value)[count];
#endif
    norn_status status = emit_row(left, row, self->value, count, emit, error);
    if (status != NORN_OK) return status;
  }
  return NORN_OK;
}

static norn_status step_sum(void *context, const norn_batch *left, const norn_batch *right, const norn_emit *emit,
                            norn_error *error) {
  state *self = context;
  (void)right, (void)emit, (void)error;
  if (left->rows == 0) return NORN_OK;
  for (uint32_t at = left->value_offsets[0]; at < left->value_offsets[left->rows]; at++) self->sum += left->values[at];
#ifdef BAD_EMITTING_FOLD
  return emit == NULL ? NORN_OK : emit_row(left, 0, NULL, 0, emit, error);
#else
  return NORN_OK;
#endif
}

static norn_status freeze_sum(void *context, const norn_sink *sink, norn_error *error) {
  const norn_bytes bytes = {(const uint8_t *)&((state *)context)->sum, sizeof(uint64_t)};
  return sink->write(sink->context, bytes, error);
}

static norn_status merge_sum(void *context, norn_bytes frozen, norn_error *error) {
  uint64_t other;
  if (frozen.count != sizeof other) return bad_fail(error, NORN_DATA_LOSS, "a frozen sum is not eight bytes long");
  memcpy(&other, frozen.data, sizeof other);
#ifdef BAD_MERGE
  ((state *)context)->sum = other;
#else
  ((state *)context)->sum += other;
#endif
  return NORN_OK;
}

const norn_kernel bad_double = {
#ifdef BAD_SHORT_STRUCT
    .struct_size = 16,
#else
    .struct_size = sizeof(norn_kernel),
#endif
    .revision = 1,
    .kind = NORN_KERNEL_MAP,
    .flags = NORN_KERNEL_PURE | NORN_KERNEL_KEEPS_KEYS | NORN_KERNEL_IDEMPOTENT,
    .name = {"double", 6},
    .open = open_state,
    .step = step_double,
    .close = free,
};

const norn_kernel bad_sum = {
    .struct_size = sizeof(norn_kernel),
    .revision = 1,
    .kind = NORN_KERNEL_REDUCE,
    .flags = NORN_KERNEL_PURE | NORN_KERNEL_COMMUTATIVE | NORN_KERNEL_IDEMPOTENT,
    .name = {"sum", 3},
    .open = open_state,
    .step = step_sum,
    .freeze = freeze_sum,
    .merge = merge_sum,
    .close = free,
};
