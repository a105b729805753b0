#include <stdlib.h>
#include <string.h>

#include "fixture_plugin.h"

#define MAX_CLOSURE 64

typedef struct prefix {
  uint8_t text[MAX_CLOSURE];
  uint64_t count;
  uint64_t rows;
} prefix;

static norn_status open_prefix(const norn_kernel *kernel, const norn_host *host, norn_bytes closure,
                               uint32_t partition, uint32_t partitions, void **state, norn_error *error) {
  prefix *self = calloc(1, sizeof *self);
  (void)kernel, (void)host, (void)partition, (void)partitions;
  if (self == NULL || closure.count > MAX_CLOSURE) {
    free(self);
    return fixture_fail(error, NORN_INVALID_ARGUMENT, "the closure is too long");
  }
  if (closure.count > 0) memcpy(self->text, closure.data, closure.count);
  self->count = closure.count;
  *state = self;
  return NORN_OK;
}

static norn_status emit_row(const norn_emit *emit, const norn_batch *from, uint32_t row, const uint8_t *value,
                            uint32_t count, norn_error *error) {
  uint32_t key_offsets[2] = {from->key_offsets[row], from->key_offsets[row + 1]}, value_offsets[2] = {0, count};
  norn_batch batch = {sizeof batch, 1, key_offsets, from->keys, value_offsets, value, NULL};
  return emit->batch(emit->context, &batch, error);
}

static norn_status step_prefix(void *state, const norn_batch *left, const norn_batch *right, const norn_emit *emit,
                               norn_error *error) {
  prefix *self = state;
  uint8_t value[512];
  (void)right;
  for (uint32_t i = 0; i < left->rows; i++) {
    uint32_t count = left->value_offsets[i + 1] - left->value_offsets[i];
    memcpy(value, self->text, self->count);
    memcpy(value + self->count, left->values + left->value_offsets[i], count);
    norn_status status = emit_row(emit, left, i, value, (uint32_t)self->count + count, error);
    if (status != NORN_OK) return status;
  }
  return NORN_OK;
}

static norn_status step_length(void *state, const norn_batch *left, const norn_batch *right, const norn_emit *emit,
                               norn_error *error) {
  (void)right, (void)emit, (void)error;
  ((prefix *)state)->rows += left->value_offsets[left->rows] - left->value_offsets[0];
  return NORN_OK;
}

static int is_present(const norn_batch *batch, uint32_t row) {
  return batch->validity == NULL || (batch->validity[row / 8] >> row % 8 & 1);
}

static norn_status step_pair(void *state, const norn_batch *left, const norn_batch *right, const norn_emit *emit,
                             norn_error *error) {
  uint8_t value[512];
  (void)state;
  for (uint32_t i = 0; i < left->rows; i++) {
    const norn_batch *sides[2] = {left, right};
    uint32_t count = 0;
    for (int s = 0; s < 2; s++) {
      uint32_t start = sides[s]->value_offsets[i], length = sides[s]->value_offsets[i + 1] - start;
      if (!is_present(sides[s], i)) value[count++] = '-';
      else memcpy(value + count, sides[s]->values + start, length), count += length;
    }
    norn_status status = emit_row(emit, is_present(left, i) ? left : right, i, value, count, error);
    if (status != NORN_OK) return status;
  }
  return NORN_OK;
}

static norn_status finish(void *state, const norn_emit *emit, norn_error *error) {
  (void)state, (void)emit, (void)error;
  return NORN_OK;
}

static norn_status freeze(void *state, const norn_sink *sink, norn_error *error) {
  norn_bytes bytes = {(const uint8_t *)&((prefix *)state)->rows, 8};
  return sink->write(sink->context, bytes, error);
}

static norn_status merge(void *state, norn_bytes frozen, norn_error *error) {
  uint64_t other = 0;
  if (frozen.count != 8) return fixture_fail(error, NORN_INVALID_ARGUMENT, "not a frozen length");
  memcpy(&other, frozen.data, 8);
  ((prefix *)state)->rows += other;
  return NORN_OK;
}

#define FIXTURE_KERNEL(text, of_kind, stepping)                                                               \
  {                                                                                                           \
    .struct_size = sizeof(norn_kernel), .revision = 3, .kind = of_kind, .flags = NORN_KERNEL_PURE,            \
    .name = {text, sizeof(text) - 1}, .open = open_prefix, .step = stepping, .finish = finish,                \
    .freeze = freeze, .merge = merge, .close = free,                                                          \
  }

const norn_kernel fixture_prefix_kernel = FIXTURE_KERNEL("prefix", NORN_KERNEL_MAP, step_prefix);
const norn_kernel fixture_length_kernel = FIXTURE_KERNEL("length", NORN_KERNEL_REDUCE, step_length);
const norn_kernel fixture_pair_kernel = FIXTURE_KERNEL("pair", NORN_KERNEL_ZIP, step_pair);
