/* The second half of a shuffle: each target partition merges what all sources have for it. */
#include <stdlib.h>

#include "operation.h"

#define CHECK_EVERY_ROWS 65536u /* rows between two looks at the cancel flag */

norn_status tables_shuffle_open(tables_shuffle *shuffle, tables_session *session, const norn_table_spec *spec,
                                tables_keep keep, uint32_t sources, norn_error *error) {
  *shuffle = (tables_shuffle){.count = sources};
  shuffle->budget.limit = session->memory_bytes;
  shuffle->routers = calloc(sources, sizeof *shuffle->routers);
  if (shuffle->routers == NULL) return tables_fail_memory(error, sources * sizeof *shuffle->routers);
  for (uint32_t i = 0; i < sources; i++) {
    norn_status status =
        tables_router_open(&shuffle->routers[i], spec, keep, session->scratch, &shuffle->budget, error);
    if (status != NORN_OK) return status;
    shuffle->opened++;
  }
  return NORN_OK;
}

void tables_shuffle_close(tables_shuffle *shuffle) {
  for (uint32_t i = 0; i < shuffle->opened; i++) tables_router_close(&shuffle->routers[i]);
  free(shuffle->routers);
  shuffle->routers = NULL;
  shuffle->opened = 0;
}

typedef struct shuffle_operation {
  tables_operation base;
  tables_router *routers;
  uint32_t count;
  tables_keep keep;
  tables_table *table;
  const norn_kernel *group;
  const norn_kernel_reference *reference;
} shuffle_operation;

static norn_status write_rows(shuffle_operation *operation, tables_merge *merge, tables_partition_writer *writer,
                              norn_error *error) {
  const uint8_t *key, *value;
  uint32_t key_count, value_count, seen = 0;
  norn_status status = NORN_OK;
  while (status == NORN_OK && tables_merge_next(merge, &key, &key_count, &value, &value_count)) {
    status = tables_partition_writer_row(writer, key, key_count, value, value_count, error);
    if (status == NORN_OK && ++seen == CHECK_EVERY_ROWS) {
      status = tables_operation_check(&operation->base, error);
      seen = 0;
    }
  }
  return status;
}

static norn_status group_step(shuffle_operation *operation, tables_kernel_run *run, tables_builder *builder,
                              tables_emission *emission, norn_error *error) {
  norn_status status = tables_operation_check(&operation->base, error);
  if (status != NORN_OK || builder->rows == 0) return status;
  norn_batch batch = tables_builder_batch(builder);
  status = tables_kernel_step(run, &batch, NULL, emission, error);
  tables_builder_clear(builder);
  return status;
}

static norn_status group_rows(shuffle_operation *operation, tables_merge *merge, tables_kernel_run *run,
                              tables_builder *builder, tables_emission *emission, norn_error *error) {
  const uint8_t *key, *value;
  uint32_t key_count, value_count;
  norn_status status = NORN_OK;
  while (status == NORN_OK && tables_merge_next(merge, &key, &key_count, &value, &value_count)) {
    if (tables_builder_full(builder, (uint64_t)key_count + value_count)) {
      status = group_step(operation, run, builder, emission, error);
      if (status != NORN_OK) break;
    }
    status = tables_builder_append(builder, key, key_count, value, value_count, error);
  }
  if (status == NORN_OK) status = group_step(operation, run, builder, emission, error);
  if (status == NORN_OK) status = tables_kernel_finish(run, emission, error);
  return status;
}

static norn_status write_groups(shuffle_operation *operation, tables_merge *merge, tables_partition_writer *writer,
                                norn_error *error) {
  tables_builder builder;
  norn_status status = tables_builder_open(&builder, error);
  if (status != NORN_OK) return status;
  tables_emission emission;
  tables_emission_begin(&emission, operation->group, writer, NULL);
  tables_kernel_run run;
  status = tables_kernel_open(&run, operation->base.session, operation->group, operation->reference,
                              writer->partition, operation->table->meta.spec.partitions, error);
  if (status == NORN_OK) status = group_rows(operation, merge, &run, &builder, &emission, error);
  tables_kernel_close(&run);
  tables_builder_close(&builder);
  return status;
}

static norn_status write_partition(tables_operation *base, uint32_t partition, norn_error *error) {
  shuffle_operation *operation = (shuffle_operation *)base;
  tables_merge merge;
  norn_status status =
      tables_merge_open(&merge, operation->routers, operation->count, partition, operation->keep, error);
  if (status != NORN_OK) return status;
  tables_partition_writer writer;
  status = tables_partition_writer_open(&writer, operation->table, partition, error);
  if (status == NORN_OK) {
    status = operation->group == NULL ? write_rows(operation, &merge, &writer, error)
                                      : write_groups(operation, &merge, &writer, error);
  }
  if (status == NORN_OK) status = tables_partition_writer_finish(&writer, error);
  tables_partition_writer_close(&writer);
  tables_merge_close(&merge);
  for (uint32_t i = 0; i < operation->count; i++) tables_router_drop(&operation->routers[i], partition);
  return status;
}

norn_status tables_shuffle_write(tables_router *routers, uint32_t count, tables_keep keep, tables_table *table,
                                 const norn_kernel *group, const norn_kernel_reference *reference,
                                 norn_error *error) {
  shuffle_operation operation = {.routers = routers,
                                 .count = count,
                                 .keep = keep,
                                 .table = table,
                                 .group = group,
                                 .reference = reference};
  return tables_parallel(&operation.base, table->session, table->meta.spec.partitions, write_partition, error);
}
