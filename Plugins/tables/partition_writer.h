/* Writes one partition of a new table from rows in ascending order, as blocks of its store. */
#ifndef TABLES_PARTITION_WRITER_H
#define TABLES_PARTITION_WRITER_H
#include "block.h"
#include "session.h"

typedef struct tables_partition_writer {
  tables_table *table;
  uint32_t partition;
  uint32_t last_key_count; /* 0: nothing written yet */
  void *writer;
  tables_builder builder;
  tables_block_parts parts;
  uint64_t rows;
  uint64_t bytes;
  uint8_t last_key[TABLES_KEY_MAX_BYTES + 1];
} tables_partition_writer;

norn_status tables_partition_writer_open(tables_partition_writer *writer, tables_table *table, uint32_t partition,
                                         norn_error *error);
/* a row whose key is above the last one; not checked */
norn_status tables_partition_writer_row(tables_partition_writer *writer, const uint8_t *key, uint32_t key_count,
                                        const uint8_t *value, uint32_t value_count, norn_error *error);
/* a checked batch; unless `trusted`, refuses keys that do not ascend or belong to another partition */
norn_status tables_partition_writer_batch(tables_partition_writer *writer, const norn_batch *batch,
                                          tables_shape shape, bool trusted, norn_error *error);
/* ends the file and notes its size and checksum in the table's meta */
norn_status tables_partition_writer_finish(tables_partition_writer *writer, norn_error *error);
/* frees what is left, after finish too */
void tables_partition_writer_close(tables_partition_writer *writer);
#endif
