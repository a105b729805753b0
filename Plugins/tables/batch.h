/* Batches: checks, slices, key order, placement of keys, and a builder. */
#ifndef TABLES_BATCH_H
#define TABLES_BATCH_H
#include <string.h>

#include "engine_tables.h"
#include "limits.h"

#define TABLES_VARIABLE 0xffffffffu

/* what a checked batch is like: the width of every key and value, or TABLES_VARIABLE */
typedef struct tables_shape {
  uint32_t key_width;
  uint32_t value_width;
} tables_shape;

static inline uint64_t tables_load_big_endian(const uint8_t *data) {
  uint64_t value;
  memcpy(&value, data, sizeof value);
  return __builtin_bswap64(value);
}

/* memcmp, then length: the order of keys everywhere */
static inline int tables_compare(const uint8_t *a, uint32_t a_count, const uint8_t *b, uint32_t b_count) {
  uint32_t count = a_count < b_count ? a_count : b_count;
  if (count >= 8) {
    uint64_t x = tables_load_big_endian(a), y = tables_load_big_endian(b);
    if (x != y) return x < y ? -1 : 1;
    a += 8, b += 8, count -= 8;
  }
  if (count > 0) {
    int order = memcmp(a, b, count);
    if (order != 0) return order;
  }
  return a_count < b_count ? -1 : a_count > b_count;
}

static inline const uint8_t *tables_key(const norn_batch *batch, uint32_t row, uint32_t *count) {
  *count = batch->key_offsets[row + 1] - batch->key_offsets[row];
  return batch->keys + batch->key_offsets[row];
}

static inline const uint8_t *tables_value(const norn_batch *batch, uint32_t row, uint32_t *count) {
  *count = batch->value_offsets[row + 1] - batch->value_offsets[row];
  return batch->values + batch->value_offsets[row];
}

static inline int tables_compare_rows(const norn_batch *a, uint32_t i, const norn_batch *b, uint32_t j) {
  uint32_t a_count, b_count;
  const uint8_t *x = tables_key(a, i, &a_count), *y = tables_key(b, j, &b_count);
  return tables_compare(x, a_count, y, b_count);
}

static inline uint64_t tables_key_bytes(const norn_batch *batch) {
  return batch->rows == 0 ? 0 : batch->key_offsets[batch->rows] - batch->key_offsets[0];
}

static inline uint64_t tables_value_bytes(const norn_batch *batch) {
  return batch->rows == 0 ? 0 : batch->value_offsets[batch->rows] - batch->value_offsets[0];
}

/* rows start ..< end of a batch without validity, nothing copied */
norn_batch tables_slice(const norn_batch *batch, uint32_t start, uint32_t end);

/* refuses a batch that breaks the ABI: size, rows, offsets, key and row limits. `who` names its maker in the error.
   Values are not looked at when `keys_only`. */
norn_status tables_batch_check(const norn_batch *batch, bool keys_only, const char *who, tables_shape *shape,
                               norn_error *error);
tables_shape tables_batch_shape(const norn_batch *batch);

/* the same keys in the same order */
bool tables_same_keys(const norn_batch *a, const norn_batch *b);

/* partition of a key; an ORDINAL key that is not 8 bytes is refused */
norn_status tables_place(const norn_table_spec *spec, const uint8_t *key, uint32_t key_count, uint32_t *partition,
                         norn_error *error);

/* Collects rows into one batch of at most TABLES_BLOCK_MAX_ROWS rows and TABLES_BLOCK_MAX_BYTES. */
typedef struct tables_builder {
  uint32_t rows;
  uint32_t _pad0;
  uint32_t *key_offsets;
  uint32_t *value_offsets;
  uint8_t *keys;
  uint8_t *values;
  uint64_t key_capacity;
  uint64_t value_capacity;
} tables_builder;
norn_status tables_builder_open(tables_builder *builder, norn_error *error);
void tables_builder_close(tables_builder *builder);
/* must the builder be emptied before a row of that size goes in? */
static inline bool tables_builder_full(const tables_builder *builder, uint64_t row_bytes) {
  if (builder->rows == 0) return false;
  uint64_t held = (uint64_t)builder->key_offsets[builder->rows] + builder->value_offsets[builder->rows];
  return builder->rows == TABLES_BLOCK_MAX_ROWS || held + row_bytes > TABLES_BLOCK_MAX_BYTES;
}
norn_status tables_builder_reserve(tables_builder *builder, uint64_t key_bytes, uint64_t value_bytes,
                                   norn_error *error);
static inline norn_status tables_builder_append(tables_builder *builder, const uint8_t *key, uint32_t key_count,
                                                const uint8_t *value, uint32_t value_count, norn_error *error) {
  uint64_t key_end = (uint64_t)builder->key_offsets[builder->rows] + key_count;
  uint64_t value_end = (uint64_t)builder->value_offsets[builder->rows] + value_count;
  if (key_end > builder->key_capacity || value_end > builder->value_capacity) {
    norn_status status = tables_builder_reserve(builder, key_end, value_end, error);
    if (status != NORN_OK) return status;
  }
  if (key_count > 0) memcpy(builder->keys + key_end - key_count, key, key_count);
  if (value_count > 0) memcpy(builder->values + value_end - value_count, value, value_count);
  builder->rows++;
  builder->key_offsets[builder->rows] = (uint32_t)key_end;
  builder->value_offsets[builder->rows] = (uint32_t)value_end;
  return NORN_OK;
}
static inline void tables_builder_clear(tables_builder *builder) { builder->rows = 0; }
norn_batch tables_builder_batch(const tables_builder *builder);
#endif
