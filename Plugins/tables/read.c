/* scan and get. */
#include <stdlib.h>

#include "operation.h"

static norn_status scan_partition(tables_session *session, tables_table *table, uint32_t partition,
                                  uint64_t *left, const norn_emit *emit, norn_error *error) {
  tables_cursor cursor;
  norn_batch batch;
  norn_status status = tables_cursor_open(&cursor, table, partition, error);
  while (status == NORN_OK && *left > 0) {
    if ((status = tables_session_check(session, error)) != NORN_OK) break;
    if ((status = tables_cursor_next(&cursor, &batch, error)) != NORN_OK || batch.rows == 0) break;
    if (batch.rows > *left) batch = tables_slice(&batch, 0, (uint32_t)*left);
    *left -= batch.rows;
    status = emit->batch(emit->context, &batch, error);
  }
  tables_cursor_close(&cursor);
  return status;
}

norn_status tables_engine_scan(void *opaque, uint64_t handle, uint32_t partition, uint64_t limit_rows,
                               const norn_emit *emit, norn_error *error) {
  tables_session *session = opaque;
  tables_table *table;
  norn_status status = tables_session_check(session, error);
  if (status != NORN_OK) return status;
  if (emit == NULL || emit->batch == NULL)
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "scan needs an emit");
  if ((status = tables_handle_sealed(session, handle, &table, error)) != NORN_OK) return status;
  uint32_t partitions = table->meta.spec.partitions, first = partition, end = partition + 1;
  if (partition == NORN_ALL_PARTITIONS) first = 0, end = partitions;
  uint64_t left = limit_rows;
  if (end > partitions) {
    status =
        tables_fail(error, NORN_OUT_OF_RANGE, 0, "partition %u of a table with %u", partition, partitions);
  }
  for (uint32_t i = first; i < end && status == NORN_OK && left > 0; i++) {
    if (table->meta.files[i].rows > 0) status = scan_partition(session, table, i, &left, emit, error);
  }
  tables_table_unref(table);
  return status;
}

/* ---- get: the wanted keys sorted by (partition, key), one lookup each ---- */

typedef struct wanted_key {
  const uint8_t *key;
  uint32_t count;
  uint32_t partition;
} wanted_key;

static int by_place(const void *a, const void *b) {
  const wanted_key *x = a, *y = b;
  if (x->partition != y->partition) return x->partition < y->partition ? -1 : 1;
  return tables_compare(x->key, x->count, y->key, y->count);
}

static bool find_row(const norn_batch *batch, const wanted_key *wanted, uint32_t *row) {
  uint32_t low = 0, high = batch->rows;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2, count;
    const uint8_t *key = tables_key(batch, middle, &count);
    int order = tables_compare(key, count, wanted->key, wanted->count);
    if (order == 0) {
      *row = middle;
      return true;
    }
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return false;
}

static norn_status send(tables_builder *builder, const norn_emit *emit, norn_error *error) {
  if (builder->rows == 0) return NORN_OK;
  norn_batch batch = tables_builder_batch(builder);
  norn_status status = emit->batch(emit->context, &batch, error);
  tables_builder_clear(builder);
  return status;
}

static norn_status look_up(tables_table *table, tables_cursor *cursor, const wanted_key *wanted,
                           tables_builder *builder, const norn_emit *emit, norn_error *error) {
  norn_bytes block;
  norn_batch batch;
  uint32_t row;
  norn_status status = table->session->store->cursor_seek(
      cursor->cursor, (norn_bytes){wanted->key, wanted->count}, &block, error);
  if (status != NORN_OK || block.count == 0) return status;
  if ((status = tables_block_decode(&cursor->decoder, block, &batch, error)) != NORN_OK) return status;
  if (!find_row(&batch, wanted, &row)) return NORN_OK;
  uint32_t value_count;
  const uint8_t *value = tables_value(&batch, row, &value_count);
  if (tables_builder_full(builder, (uint64_t)wanted->count + value_count)) {
    if ((status = send(builder, emit, error)) != NORN_OK) return status;
  }
  return tables_builder_append(builder, wanted->key, wanted->count, value, value_count, error);
}

/* keys of one partition, start ..< end; a batch never mixes partitions, so that its keys ascend */
static norn_status get_partition(tables_session *session, tables_table *table, const wanted_key *wanted,
                                 uint32_t start, uint32_t end, const norn_emit *emit, norn_error *error) {
  tables_cursor cursor;
  tables_builder builder;
  norn_status status = tables_builder_open(&builder, error);
  if (status != NORN_OK) return status;
  status = tables_cursor_open(&cursor, table, wanted[start].partition, error);
  for (uint32_t i = start; i < end && status == NORN_OK; i++) {
    if (i > start && by_place(&wanted[i - 1], &wanted[i]) == 0) continue;
    status = look_up(table, &cursor, &wanted[i], &builder, emit, error);
    if (status == NORN_OK) status = tables_session_check(session, error);
  }
  if (status == NORN_OK) status = send(&builder, emit, error);
  tables_cursor_close(&cursor);
  tables_builder_close(&builder);
  return status;
}

static norn_status get_sorted(tables_session *session, tables_table *table, const norn_batch *keys,
                              const norn_emit *emit, norn_error *error) {
  wanted_key *wanted = malloc(keys->rows * sizeof *wanted);
  if (wanted == NULL) return tables_fail_memory(error, keys->rows * sizeof *wanted);
  norn_status status = NORN_OK;
  for (uint32_t i = 0; i < keys->rows && status == NORN_OK; i++) {
    wanted[i].key = tables_key(keys, i, &wanted[i].count);
    status = tables_place(&table->meta.spec, wanted[i].key, wanted[i].count, &wanted[i].partition, error);
  }
  if (status == NORN_OK) qsort(wanted, keys->rows, sizeof *wanted, by_place);
  for (uint32_t start = 0, end; start < keys->rows && status == NORN_OK; start = end) {
    for (end = start + 1; end < keys->rows && wanted[end].partition == wanted[start].partition;) end++;
    if (table->meta.files[wanted[start].partition].rows == 0) continue;
    status = get_partition(session, table, wanted, start, end, emit, error);
  }
  free(wanted);
  return status;
}

norn_status tables_engine_get(void *opaque, uint64_t handle, const norn_batch *keys, const norn_emit *emit,
                              norn_error *error) {
  tables_session *session = opaque;
  tables_shape shape;
  tables_table *table;
  norn_status status = tables_session_check(session, error);
  if (status != NORN_OK) return status;
  if (emit == NULL || emit->batch == NULL)
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "get needs an emit");
  status = tables_batch_check(keys, true, "table_get", &shape, error);
  if (status == NORN_OK) status = tables_handle_sealed(session, handle, &table, error);
  if (status != NORN_OK) return status;
  if (keys->rows > 0) status = get_sorted(session, table, keys, emit, error);
  tables_table_unref(table);
  return status;
}
