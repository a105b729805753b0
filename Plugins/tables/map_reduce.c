/* map_reduce and repartition: a map over partitions, then, when rows must move, a shuffle. */
#include "operation.h"

typedef struct map_operation {
  tables_operation base;
  tables_table *input;
  tables_table *output;
  tables_shuffle *shuffle; /* NULL: rows stay in their partition */
  const norn_kernel *kernel; /* NULL: rows as they are */
  const norn_kernel_reference *reference;
} map_operation;

static norn_status map_batch(map_operation *operation, tables_kernel_run *run, const norn_batch *batch,
                             tables_emission *emission, norn_error *error) {
  if (operation->kernel != NULL) return tables_kernel_step(run, batch, NULL, emission, error);
  if (emission->router != NULL) return tables_router_put(emission->router, batch, error);
  return tables_partition_writer_batch(emission->writer, batch, tables_batch_shape(batch), true, error);
}

static norn_status map_rows(map_operation *operation, uint32_t partition, tables_emission *emission,
                            norn_error *error) {
  tables_kernel_run run = {.kernel = NULL};
  tables_cursor cursor;
  norn_batch batch;
  norn_status status = NORN_OK;
  if (operation->kernel != NULL) {
    status = tables_kernel_open(&run, operation->base.session, operation->kernel, operation->reference, partition,
                                operation->input->meta.spec.partitions, error);
  }
  if (status != NORN_OK) return status;
  status = tables_cursor_open(&cursor, operation->input, partition, error);
  while (status == NORN_OK) {
    if ((status = tables_operation_check(&operation->base, error)) != NORN_OK) break;
    if ((status = tables_cursor_next(&cursor, &batch, error)) != NORN_OK || batch.rows == 0) break;
    status = map_batch(operation, &run, &batch, emission, error);
  }
  if (status == NORN_OK && operation->kernel != NULL) status = tables_kernel_finish(&run, emission, error);
  if (operation->kernel != NULL) tables_kernel_close(&run);
  tables_cursor_close(&cursor);
  return status;
}

static norn_status map_partition(tables_operation *base, uint32_t partition, norn_error *error) {
  map_operation *operation = (map_operation *)base;
  tables_emission emission;
  if (operation->shuffle != NULL) {
    tables_router *router = &operation->shuffle->routers[partition];
    tables_emission_begin(&emission, operation->kernel, NULL, router);
    norn_status status = map_rows(operation, partition, &emission, error);
    return status == NORN_OK ? tables_router_finish(router, error) : status;
  }
  tables_partition_writer writer;
  norn_status status = tables_partition_writer_open(&writer, operation->output, partition, error);
  tables_emission_begin(&emission, operation->kernel, &writer, NULL);
  if (status == NORN_OK) status = map_rows(operation, partition, &emission, error);
  if (status == NORN_OK) status = tables_partition_writer_finish(&writer, error);
  tables_partition_writer_close(&writer);
  return status;
}

static norn_status run_shuffled(map_operation *operation, const norn_kernel *group,
                                const norn_kernel_reference *group_reference, norn_error *error) {
  tables_session *session = operation->input->session;
  tables_keep keep = group != NULL ? TABLES_KEEP_ALL : TABLES_KEEP_FIRST_OF_LAST_SOURCE;
  uint32_t sources = operation->input->meta.spec.partitions;
  tables_shuffle shuffle;
  norn_status status =
      tables_shuffle_open(&shuffle, session, &operation->output->meta.spec, keep, sources, error);
  operation->shuffle = &shuffle;
  if (status == NORN_OK) status = tables_parallel(&operation->base, session, sources, map_partition, error);
  if (status == NORN_OK) {
    status = tables_shuffle_write(shuffle.routers, sources, keep, operation->output, group, group_reference, error);
  }
  tables_shuffle_close(&shuffle);
  return status;
}

static bool same_placement(const norn_table_spec *a, const norn_table_spec *b) {
  return a->partitions == b->partitions && a->partitioner == b->partitioner;
}

norn_status tables_engine_map_reduce(void *opaque, uint64_t handle, const norn_kernel_reference *map,
                                     const norn_kernel_reference *group, const norn_table_spec *spec, uint64_t *out,
                                     norn_error *error) {
  tables_session *session = opaque;
  const norn_kernel *map_kernel = NULL, *group_kernel = NULL;
  norn_table_spec checked;
  tables_table *input, *output;
  norn_status status = tables_session_check(session, error);
  if (status == NORN_OK && out == NULL) status = tables_fail(error, NORN_INVALID_ARGUMENT, 0, "no place for a handle");
  if (status == NORN_OK && map != NULL) status = tables_kernel_resolve(map, NORN_KERNEL_MAP, &map_kernel, error);
  if (status == NORN_OK && group != NULL) {
    status = tables_kernel_resolve(group, NORN_KERNEL_GROUP, &group_kernel, error);
  }
  if (status == NORN_OK) status = tables_handle_sealed(session, handle, &input, error);
  if (status != NORN_OK) return status;
  status = tables_spec_check(spec, &input->meta.spec, &checked, error);
  if (status == NORN_OK) status = tables_table_make(session, &checked, &output, error);
  if (status == NORN_OK) {
    map_operation operation = {.input = input, .output = output, .kernel = map_kernel, .reference = map};
    bool keeps = map_kernel == NULL || (map_kernel->flags & NORN_KERNEL_KEEPS_KEYS) != 0;
    if (keeps && group_kernel == NULL && same_placement(&checked, &input->meta.spec)) {
      status = tables_parallel(&operation.base, session, checked.partitions, map_partition, error);
    } else {
      status = run_shuffled(&operation, group_kernel, group, error);
    }
    status = tables_operation_end(output, status, out, error);
  }
  tables_table_unref(input);
  return status;
}

norn_status tables_engine_repartition(void *session, uint64_t table, const norn_table_spec *spec, uint64_t *out,
                                      norn_error *error) {
  return tables_engine_map_reduce(session, table, NULL, NULL, spec, out, error);
}
