#include "batch.h"

#include <stdlib.h>

static const uint32_t no_offsets[1];

norn_batch tables_slice(const norn_batch *batch, uint32_t start, uint32_t end) {
  if (start == end) {
    return (norn_batch){
        .struct_size = sizeof(norn_batch), .key_offsets = no_offsets, .value_offsets = no_offsets};
  }
  norn_batch slice = *batch;
  slice.struct_size = sizeof slice;
  slice.rows = end - start;
  slice.key_offsets += start;
  slice.value_offsets += start;
  return slice;
}

/* width of every item, or TABLES_VARIABLE; written so that the compiler vectorises the loop */
static uint32_t width_of(const uint32_t *offsets, uint32_t rows) {
  if (rows == 0) return TABLES_VARIABLE;
  uint32_t width = offsets[1] - offsets[0], different = 0;
  for (uint32_t i = 0; i < rows; i++) different |= (offsets[i + 1] - offsets[i]) ^ width;
  uint64_t span = (uint64_t)offsets[0] + (uint64_t)width * rows;
  return different == 0 && span <= UINT32_MAX ? width : TABLES_VARIABLE;
}

tables_shape tables_batch_shape(const norn_batch *batch) {
  return (tables_shape){width_of(batch->key_offsets, batch->rows),
                        width_of(batch->value_offsets, batch->rows)};
}

static norn_status check_rows(const norn_batch *batch, const tables_shape *shape, bool keys_only,
                              const char *who, norn_error *error) {
  bool fixed = shape->key_width != TABLES_VARIABLE && (keys_only || shape->value_width != TABLES_VARIABLE);
  uint32_t checked = fixed ? 1 : batch->rows; /* rows of one width are all like the first */
  for (uint32_t i = 0; i < checked; i++) {
    if (batch->key_offsets[i] > batch->key_offsets[i + 1] ||
        (!keys_only && batch->value_offsets[i] > batch->value_offsets[i + 1])) {
      return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "%s: row %u of the batch has descending offsets",
                         who, i);
    }
    uint32_t key_count, value_count = 0;
    tables_key(batch, i, &key_count);
    if (!keys_only) tables_value(batch, i, &value_count);
    if (key_count == 0 || key_count > TABLES_KEY_MAX_BYTES) {
      return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "%s: key of row %u has %u bytes; a key has 1 to %u",
                         who, i, key_count, TABLES_KEY_MAX_BYTES);
    }
    if ((uint64_t)key_count + value_count > TABLES_ROW_MAX_BYTES) {
      return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "%s: row %u has %llu bytes; a row has at most %u",
                         who, i, (unsigned long long)key_count + value_count, TABLES_ROW_MAX_BYTES);
    }
  }
  return NORN_OK;
}

norn_status tables_batch_check(const norn_batch *batch, bool keys_only, const char *who, tables_shape *shape,
                               norn_error *error) {
  if (batch == NULL || batch->struct_size < NORN_BATCH_LEVEL_1_BYTES) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "%s: no batch, or one of an older ABI", who);
  }
  *shape = (tables_shape){TABLES_VARIABLE, TABLES_VARIABLE};
  if (batch->rows == 0) return NORN_OK;
  if (batch->rows > TABLES_BLOCK_MAX_ROWS) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "%s: a batch of %u rows; a batch has at most %u", who,
                       batch->rows, TABLES_BLOCK_MAX_ROWS);
  }
  if (batch->key_offsets == NULL || batch->keys == NULL || (!keys_only && batch->value_offsets == NULL)) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "%s: a batch with rows but without their offsets",
                       who);
  }
  if (batch->validity != NULL) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0,
                       "%s: rows to keep cannot have a validity bitmap; leave missing rows out", who);
  }
  shape->key_width = width_of(batch->key_offsets, batch->rows);
  if (!keys_only) shape->value_width = width_of(batch->value_offsets, batch->rows);
  norn_status status = check_rows(batch, shape, keys_only, who, error);
  if (status != NORN_OK) return status;
  if (!keys_only && batch->values == NULL && tables_value_bytes(batch) > 0) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "%s: a batch with value bytes but without values",
                       who);
  }
  return NORN_OK;
}

bool tables_same_keys(const norn_batch *a, const norn_batch *b) {
  if (a->rows != b->rows) return false;
  if (a->rows == 0) return true;
  uint64_t count = tables_key_bytes(a);
  if (count != tables_key_bytes(b)) return false;
  uint32_t different = 0;
  if (a->key_offsets != b->key_offsets) {
    uint32_t shift = a->key_offsets[0] - b->key_offsets[0];
    for (uint32_t i = 0; i <= a->rows; i++) different |= (a->key_offsets[i] - b->key_offsets[i]) ^ shift;
  }
  const uint8_t *x = a->keys + a->key_offsets[0], *y = b->keys + b->key_offsets[0];
  return different == 0 && (x == y || memcmp(x, y, count) == 0);
}

norn_status tables_place(const norn_table_spec *spec, const uint8_t *key, uint32_t key_count,
                         uint32_t *partition, norn_error *error) {
  if (spec->partitioner == NORN_PARTITIONER_HASH) {
    *partition = (uint32_t)(((tables_xxh64_of(key, key_count) >> 32) * spec->partitions) >> 32);
    return NORN_OK;
  }
  if (key_count != 8) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0,
                       "a key of %u bytes in a table with the ordinal partitioner; its keys have 8",
                       key_count);
  }
  *partition = (uint32_t)(tables_load_big_endian(key) % spec->partitions);
  return NORN_OK;
}

norn_status tables_builder_open(tables_builder *builder, norn_error *error) {
  memset(builder, 0, sizeof *builder);
  uint64_t count = ((uint64_t)TABLES_BLOCK_MAX_ROWS + 1) * sizeof(uint32_t);
  builder->key_offsets = malloc(count);
  builder->value_offsets = malloc(count);
  if (builder->key_offsets == NULL || builder->value_offsets == NULL) {
    tables_builder_close(builder);
    return tables_fail_memory(error, 2 * count);
  }
  builder->key_offsets[0] = 0;
  builder->value_offsets[0] = 0;
  return NORN_OK;
}

void tables_builder_close(tables_builder *builder) {
  free(builder->key_offsets);
  free(builder->value_offsets);
  free(builder->keys);
  free(builder->values);
  memset(builder, 0, sizeof *builder);
}

static norn_status grow(uint8_t **data, uint64_t *capacity, uint64_t needed, norn_error *error) {
  if (needed <= *capacity) return NORN_OK;
  uint64_t wanted = *capacity * 2 > needed ? *capacity * 2 : needed;
  if (wanted < TABLES_CHUNK_MIN_BYTES) wanted = TABLES_CHUNK_MIN_BYTES;
  uint8_t *grown = realloc(*data, wanted);
  if (grown == NULL) return tables_fail_memory(error, wanted);
  *data = grown;
  *capacity = wanted;
  return NORN_OK;
}

norn_status tables_builder_reserve(tables_builder *builder, uint64_t key_bytes, uint64_t value_bytes,
                                   norn_error *error) {
  norn_status status = grow(&builder->keys, &builder->key_capacity, key_bytes, error);
  if (status != NORN_OK) return status;
  return grow(&builder->values, &builder->value_capacity, value_bytes, error);
}

norn_batch tables_builder_batch(const tables_builder *builder) {
  return (norn_batch){.struct_size = sizeof(norn_batch),
                      .rows = builder->rows,
                      .key_offsets = builder->key_offsets,
                      .keys = builder->keys,
                      .value_offsets = builder->value_offsets,
                      .values = builder->values};
}
