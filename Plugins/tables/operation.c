#include "operation.h"

norn_status tables_operation_check(tables_operation *operation, norn_error *error) {
  norn_status status = tables_session_check(operation->session, error);
  if (status != NORN_OK) return status;
  if (!atomic_load_explicit(&operation->failed, memory_order_relaxed)) return NORN_OK;
  return tables_fail(error, NORN_ABORTED, 0, "another partition of the operation failed");
}

/* keeps the failure of the lowest partition, whatever the threads' order */
static void note_failure(tables_operation *operation, uint32_t index, norn_status status, const norn_error *error) {
  pthread_mutex_lock(&operation->lock);
  if (operation->failure_status == NORN_OK || (status != NORN_ABORTED && index < operation->failure_index) ||
      (operation->failure_status == NORN_ABORTED && status != NORN_ABORTED)) {
    operation->failure_status = status;
    operation->failure_index = index;
    operation->failure = *error;
  }
  pthread_mutex_unlock(&operation->lock);
  atomic_store(&operation->failed, 1);
}

static norn_status run_one(void *context, uint64_t index, norn_error *error) {
  (void)error;
  tables_operation *operation = context;
  norn_error failure = {.struct_size = sizeof failure};
  if (atomic_load(&operation->failed)) return NORN_OK;
  norn_status status = tables_operation_check(operation, &failure);
  if (status == NORN_OK) status = operation->body(operation, (uint32_t)index, &failure);
  if (status != NORN_OK) note_failure(operation, (uint32_t)index, status, &failure);
  return NORN_OK; /* the operation keeps its own failure: the first cause, not the first index to stop */
}

norn_status tables_parallel(tables_operation *operation, tables_session *session, uint32_t count,
                            norn_status (*body)(tables_operation *operation, uint32_t index, norn_error *error),
                            norn_error *error) {
  operation->session = session;
  operation->body = body;
  atomic_store(&operation->failed, 0);
  operation->failure_status = NORN_OK;
  pthread_mutex_init(&operation->lock, NULL);
  norn_status status = NORN_OK;
  if (session->workers != NULL && count > 1) {
    status = session->workers->parallel_for(session->host, count, operation, run_one, error);
  } else {
    for (uint32_t i = 0; i < count; i++) run_one(operation, i, error);
  }
  pthread_mutex_destroy(&operation->lock);
  if (operation->failure_status == NORN_OK) return status;
  if (error != NULL && error->struct_size >= sizeof *error) *error = operation->failure;
  return operation->failure_status;
}

norn_status tables_cursor_open(tables_cursor *cursor, tables_table *table, uint32_t partition, norn_error *error) {
  *cursor = (tables_cursor){.table = table, .partition = partition};
  norn_status status = tables_reader_acquire(table, partition, &cursor->reader, error);
  if (status != NORN_OK) return status;
  return table->session->store->cursor_open(cursor->reader, &cursor->cursor, error);
}

norn_status tables_cursor_next(tables_cursor *cursor, norn_batch *batch, norn_error *error) {
  *batch = (norn_batch){.struct_size = sizeof *batch};
  norn_bytes block;
  norn_status status = cursor->table->session->store->cursor_next(cursor->cursor, &block, error);
  if (status != NORN_OK || block.count == 0) return status;
  return tables_block_decode(&cursor->decoder, block, batch, error);
}

void tables_cursor_close(tables_cursor *cursor) {
  if (cursor->cursor != NULL) cursor->table->session->store->cursor_close(cursor->cursor);
  if (cursor->reader != NULL) tables_reader_release(cursor->table, cursor->partition);
  tables_block_decoder_close(&cursor->decoder);
  cursor->cursor = NULL;
  cursor->reader = NULL;
}

norn_status tables_operation_end(tables_table *table, norn_status status, uint64_t *out, norn_error *error) {
  if (status == NORN_OK) status = tables_session_check(table->session, error);
  if (status == NORN_OK) status = tables_table_seal(table, error);
  if (status == NORN_OK) status = tables_handle_make(table->session, table, out, error);
  if (status != NORN_OK) tables_table_unref(table);
  return status;
}
