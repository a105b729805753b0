/* reduce: a fold of each partition in key order, then of their frozen states in partition order. */
#include <stdlib.h>

#include "operation.h"

#define FROZEN_MAX_BYTES 1073741824u /* one partition's frozen state: 1 GiB */

typedef struct frozen_state {
  uint8_t *bytes;
  uint64_t count;
  uint64_t capacity;
} frozen_state;

typedef struct reduce_operation {
  tables_operation base;
  tables_table *input;
  const norn_kernel *kernel;
  const norn_kernel_reference *reference;
  uint32_t first;          /* the first partition with rows: its state takes the others' */
  tables_kernel_run state; /* of the first */
  frozen_state *frozen;    /* of the others */
} reduce_operation;

static norn_status keep_frozen(void *context, norn_bytes bytes, norn_error *error) {
  frozen_state *frozen = context;
  uint64_t needed = frozen->count + bytes.count;
  if (needed > FROZEN_MAX_BYTES) {
    return tables_fail(error, NORN_RESOURCE_EXHAUSTED, 0, "a reduce kernel's state is larger than %u bytes",
                       FROZEN_MAX_BYTES);
  }
  if (needed > frozen->capacity) {
    uint64_t capacity = needed * 2;
    uint8_t *grown = realloc(frozen->bytes, capacity);
    if (grown == NULL) return tables_fail_memory(error, capacity);
    frozen->bytes = grown;
    frozen->capacity = capacity;
  }
  if (bytes.count > 0) memcpy(frozen->bytes + frozen->count, bytes.data, bytes.count);
  frozen->count = needed;
  return NORN_OK;
}

static norn_status fold(reduce_operation *operation, tables_kernel_run *run, uint32_t partition, norn_error *error) {
  tables_cursor cursor;
  norn_batch batch;
  norn_status status = tables_kernel_open(run, operation->base.session, operation->kernel, operation->reference,
                                          partition, operation->input->meta.spec.partitions, error);
  if (status != NORN_OK) return status;
  status = tables_cursor_open(&cursor, operation->input, partition, error);
  while (status == NORN_OK) {
    if ((status = tables_operation_check(&operation->base, error)) != NORN_OK) break;
    if ((status = tables_cursor_next(&cursor, &batch, error)) != NORN_OK || batch.rows == 0) break;
    status = tables_kernel_step(run, &batch, NULL, NULL, error);
  }
  tables_cursor_close(&cursor);
  return status;
}

static norn_status fold_partition(tables_operation *base, uint32_t partition, norn_error *error) {
  reduce_operation *operation = (reduce_operation *)base;
  if (operation->input->meta.files[partition].rows == 0) return NORN_OK;
  if (partition == operation->first) return fold(operation, &operation->state, partition, error);
  tables_kernel_run run = {.kernel = NULL};
  norn_sink sink = {.struct_size = sizeof sink, .context = &operation->frozen[partition], .write = keep_frozen};
  norn_status status = fold(operation, &run, partition, error);
  if (status == NORN_OK) status = operation->kernel->freeze(run.state, &sink, error);
  tables_kernel_close(&run);
  return status;
}

static norn_status fold_states(reduce_operation *operation, const norn_sink *result, norn_error *error) {
  const norn_kernel *kernel = operation->kernel;
  const tables_meta *meta = &operation->input->meta;
  norn_status status = NORN_OK;
  for (uint32_t i = operation->first + 1; i < meta->spec.partitions && status == NORN_OK; i++) {
    if (meta->files[i].rows == 0) continue;
    norn_bytes frozen = {operation->frozen[i].bytes, operation->frozen[i].count};
    status = kernel->merge(operation->state.state, frozen, error);
  }
  return status == NORN_OK ? kernel->freeze(operation->state.state, result, error) : status;
}

static norn_status run(reduce_operation *operation, tables_session *session, const norn_sink *result,
                       norn_error *error) {
  uint32_t partitions = operation->input->meta.spec.partitions;
  while (operation->first < partitions && operation->input->meta.files[operation->first].rows == 0) {
    operation->first++;
  }
  if (operation->first == partitions) return NORN_OK; /* an empty table: zero bytes */
  operation->frozen = calloc(partitions, sizeof *operation->frozen);
  if (operation->frozen == NULL) return tables_fail_memory(error, partitions * sizeof *operation->frozen);
  norn_status status = tables_parallel(&operation->base, session, partitions, fold_partition, error);
  if (status == NORN_OK) status = fold_states(operation, result, error);
  tables_kernel_close(&operation->state);
  for (uint32_t i = 0; i < partitions; i++) free(operation->frozen[i].bytes);
  free(operation->frozen);
  return status;
}

norn_status tables_engine_reduce(void *opaque, uint64_t handle, const norn_kernel_reference *reference,
                                 const norn_sink *result, norn_error *error) {
  tables_session *session = opaque;
  reduce_operation operation = {.reference = reference};
  norn_status status = tables_session_check(session, error);
  if (status == NORN_OK) status = tables_kernel_resolve(reference, NORN_KERNEL_REDUCE, &operation.kernel, error);
  if (status != NORN_OK) return status;
  if (operation.kernel->freeze == NULL || operation.kernel->merge == NULL || result == NULL) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "reduce needs a kernel with freeze and merge, and a sink");
  }
  status = tables_handle_sealed(session, handle, &operation.input, error);
  if (status != NORN_OK) return status;
  status = run(&operation, session, result, error);
  tables_table_unref(operation.input);
  return status;
}
