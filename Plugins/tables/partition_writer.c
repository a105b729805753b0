#include "partition_writer.h"

norn_status tables_partition_writer_open(tables_partition_writer *writer, tables_table *table, uint32_t partition,
                                         norn_error *error) {
  memset(writer, 0, sizeof *writer);
  writer->table = table;
  writer->partition = partition;
  char path[TABLES_PATH_MAX];
  norn_status status = tables_table_file(table, partition, path, error);
  if (status != NORN_OK) return status;
  status = tables_builder_open(&writer->builder, error);
  if (status == NORN_OK) status = table->session->store->writer_open(path, &writer->writer, error);
  return status;
}

static norn_status write_block(tables_partition_writer *writer, const norn_batch *batch, tables_shape shape,
                               norn_error *error) {
  norn_status status = tables_block_encode(&writer->parts, batch, shape, error);
  if (status != NORN_OK) return status;
  uint32_t count;
  const uint8_t *key = tables_key(batch, 0, &count);
  return writer->table->session->store->writer_block(writer->writer, (norn_bytes){key, count}, writer->parts.parts,
                                                     writer->parts.count, writer->parts.bytes, error);
}

static norn_status flush(tables_partition_writer *writer, norn_error *error) {
  if (writer->builder.rows == 0) return NORN_OK;
  norn_batch batch = tables_builder_batch(&writer->builder);
  norn_status status = write_block(writer, &batch, tables_batch_shape(&batch), error);
  tables_builder_clear(&writer->builder);
  return status;
}

static norn_status append(tables_partition_writer *writer, const uint8_t *key, uint32_t key_count,
                          const uint8_t *value, uint32_t value_count, norn_error *error) {
  if (tables_builder_full(&writer->builder, (uint64_t)key_count + value_count)) {
    norn_status status = flush(writer, error);
    if (status != NORN_OK) return status;
  }
  return tables_builder_append(&writer->builder, key, key_count, value, value_count, error);
}

norn_status tables_partition_writer_row(tables_partition_writer *writer, const uint8_t *key, uint32_t key_count,
                                        const uint8_t *value, uint32_t value_count, norn_error *error) {
  writer->rows++;
  writer->bytes += (uint64_t)key_count + value_count;
  return append(writer, key, key_count, value, value_count, error);
}

static norn_status check_keys(tables_partition_writer *writer, const norn_batch *batch, norn_error *error) {
  const uint8_t *last = writer->last_key;
  uint32_t last_count = writer->last_key_count;
  for (uint32_t i = 0; i < batch->rows; i++) {
    uint32_t count, partition;
    const uint8_t *key = tables_key(batch, i, &count);
    if (last_count > 0 && tables_compare(last, last_count, key, count) >= 0) {
      return tables_fail(error, NORN_INVALID_ARGUMENT, 0,
                         "a kernel that keeps keys or groups emitted keys that do not ascend, in partition %u",
                         writer->partition);
    }
    norn_status status = tables_place(&writer->table->meta.spec, key, count, &partition, error);
    if (status != NORN_OK) return status;
    if (partition != writer->partition) {
      return tables_fail(error, NORN_INVALID_ARGUMENT, 0,
                         "a kernel that keeps keys or groups emitted a key of partition %u in partition %u",
                         partition, writer->partition);
    }
    last = key, last_count = count;
  }
  return NORN_OK;
}

norn_status tables_partition_writer_batch(tables_partition_writer *writer, const norn_batch *batch,
                                          tables_shape shape, bool trusted, norn_error *error) {
  if (batch->rows == 0) return NORN_OK;
  uint64_t bytes = tables_key_bytes(batch) + tables_value_bytes(batch);
  uint32_t count;
  const uint8_t *key = tables_key(batch, 0, &count);
  norn_status status = NORN_OK;
  bool above = writer->last_key_count == 0 ||
               tables_compare(writer->last_key, writer->last_key_count, key, count) < 0;
  if (!trusted || !above) status = check_keys(writer, batch, error);
  if (status != NORN_OK) return status;
  writer->rows += batch->rows;
  writer->bytes += bytes;
  key = tables_key(batch, batch->rows - 1, &count);
  memcpy(writer->last_key, key, count);
  writer->last_key_count = count;
  bool whole = batch->rows == 1 || bytes <= TABLES_BLOCK_MAX_BYTES;
  if (whole && bytes >= writer->table->session->store->small_block_bytes) {
    status = flush(writer, error);
    return status != NORN_OK ? status : write_block(writer, batch, shape, error);
  }
  for (uint32_t i = 0; i < batch->rows && status == NORN_OK; i++) {
    uint32_t value_count;
    key = tables_key(batch, i, &count);
    const uint8_t *value = tables_value(batch, i, &value_count);
    status = append(writer, key, count, value, value_count, error);
  }
  return status;
}

norn_status tables_partition_writer_finish(tables_partition_writer *writer, norn_error *error) {
  norn_status status = flush(writer, error);
  if (status != NORN_OK) return status;
  tables_file *file = &writer->table->meta.files[writer->partition];
  file->rows = writer->rows;
  file->bytes = writer->bytes;
  void *inner = writer->writer;
  writer->writer = NULL;
  return writer->table->session->store->writer_close(inner, writer->table->durable, &file->file_bytes,
                                                     &file->checksum, error);
}

void tables_partition_writer_close(tables_partition_writer *writer) {
  if (writer->writer != NULL) writer->table->session->store->writer_abandon(writer->writer);
  tables_builder_close(&writer->builder);
  tables_block_parts_close(&writer->parts);
  writer->writer = NULL;
}
