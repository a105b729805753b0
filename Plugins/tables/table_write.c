/* The engine's functions that make, keep and end tables. */
#include <stdio.h>
#include <string.h>

#include "folder.h"
#include "operation.h"

norn_status tables_engine_create(void *opaque, const norn_table_spec *spec, uint64_t *out,
                                 norn_error *error) {
  tables_session *session = opaque;
  norn_table_spec checked;
  norn_status status = tables_session_check(session, error);
  if (status != NORN_OK) return status;
  if (spec == NULL || out == NULL)
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "a table needs a spec");
  if ((status = tables_spec_check(spec, NULL, &checked, error)) != NORN_OK) return status;
  tables_table *table;
  if ((status = tables_table_make(session, &checked, &table, error)) != NORN_OK) return status;
  table->budget.limit = session->memory_bytes;
  status =
      tables_router_open(&table->router, &checked, TABLES_KEEP_LAST, session->scratch, &table->budget, error);
  if (status == NORN_OK) status = tables_handle_make(session, table, out, error);
  if (status != NORN_OK) tables_table_unref(table);
  return status;
}

norn_status tables_engine_put(void *opaque, uint64_t handle, const norn_batch *batch, norn_error *error) {
  tables_session *session = opaque;
  tables_shape shape;
  tables_table *table;
  norn_status status = tables_session_check(session, error);
  if (status != NORN_OK) return status;
  if ((status = tables_handle_table(session, handle, &table, error)) != NORN_OK) return status;
  status = tables_batch_check(batch, false, "table_put", &shape, error);
  if (status == NORN_OK && batch->rows > 0) {
    pthread_mutex_lock(&table->lock);
    if (table->state == TABLES_SEALED || table->router.partitions == NULL) {
      status =
          tables_fail(error, NORN_FAILED_PRECONDITION, 0, "the table is sealed; nothing can be put any more");
    } else {
      status = tables_router_put(&table->router, batch, error);
      if (status != NORN_OK) table->failed = true;
    }
    pthread_mutex_unlock(&table->lock);
  }
  tables_table_unref(table);
  return status;
}

static norn_status seal_put_table(tables_table *table, norn_error *error) {
  if (table->state == TABLES_SEALED || table->router.partitions == NULL) {
    return tables_fail(error, NORN_FAILED_PRECONDITION, 0, "the table is sealed already, or failed");
  }
  if (table->failed) {
    return tables_fail(error, NORN_FAILED_PRECONDITION, 0, "a put to the table failed; make it again");
  }
  norn_status status = tables_router_finish(&table->router, error);
  if (status == NORN_OK) {
    status = tables_shuffle_write(&table->router, 1, TABLES_KEEP_LAST, table, NULL, NULL, error);
  }
  if (status == NORN_OK) status = tables_table_seal(table, error);
  tables_router_close(&table->router);
  if (status != NORN_OK) { /* the handle stays until it is released; its files go now */
    char path[TABLES_PATH_MAX];
    tables_table_temporary_path(table, path);
    tables_folder_remove(path, NULL);
  }
  return status;
}

norn_status tables_engine_seal(void *opaque, uint64_t handle, norn_error *error) {
  tables_session *session = opaque;
  tables_table *table;
  norn_status status = tables_session_check(session, error);
  if (status != NORN_OK) return status;
  if ((status = tables_handle_table(session, handle, &table, error)) != NORN_OK) return status;
  pthread_mutex_lock(&table->lock);
  status = seal_put_table(table, error);
  pthread_mutex_unlock(&table->lock);
  tables_table_unref(table);
  return status;
}

static norn_status make_durable(tables_table *table, norn_error *error) {
  norn_status status = NORN_OK;
  char path[TABLES_PATH_MAX];
  /* all go to the disk together; one after the other each would wait for its own turn */
  for (uint32_t i = 0; i < table->meta.spec.partitions; i++) {
    if (tables_table_file(table, i, path, error) == NORN_OK) tables_folder_begin_sync(path);
  }
  for (uint32_t i = 0; i < table->meta.spec.partitions && status == NORN_OK; i++) {
    status = tables_table_file(table, i, path, error);
    if (status == NORN_OK) status = tables_folder_sync(path, error);
  }
  snprintf(path, sizeof path, "%.*s/meta", TABLES_PATH_MAX - 8, table->path);
  if (status == NORN_OK) status = tables_folder_sync(path, error);
  if (status == NORN_OK) status = tables_folder_sync(table->path, error);
  if (status == NORN_OK) status = tables_folder_rename(table->path, table->path, true, error);
  return status;
}

norn_status tables_engine_publish(void *opaque, uint64_t handle, const norn_sink *descriptor,
                                  norn_error *error) {
  tables_session *session = opaque;
  tables_table *table;
  norn_status status = tables_session_check(session, error);
  if (status != NORN_OK) return status;
  if (descriptor == NULL || descriptor->write == NULL) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "publishing needs a sink for the descriptor");
  }
  if ((status = tables_handle_sealed(session, handle, &table, error)) != NORN_OK) return status;
  pthread_mutex_lock(&table->lock);
  if (table->made_here && !table->durable) {
    status = make_durable(table, error);
    table->durable = status == NORN_OK;
  }
  if (status == NORN_OK) table->published = true;
  pthread_mutex_unlock(&table->lock);
  if (status == NORN_OK) {
    norn_bytes path = {(const uint8_t *)table->path, strlen(table->path)};
    status = descriptor->write(descriptor->context, path, error);
  }
  tables_table_unref(table);
  return status;
}

norn_status tables_engine_info(void *opaque, uint64_t handle, norn_table_info *info, norn_error *error) {
  tables_session *session = opaque;
  tables_table *table;
  if (session == NULL || info == NULL || info->struct_size < NORN_TABLE_INFO_LEVEL_1_BYTES) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "table_info needs a session and an info of this ABI");
  }
  norn_status status = tables_handle_sealed(session, handle, &table, error);
  if (status != NORN_OK) return status;
  norn_table_info full = {.struct_size = sizeof full,
                          .partitions = table->meta.spec.partitions,
                          .partitioner = table->meta.spec.partitioner,
                          .flags = table->durable ? NORN_TABLE_DURABLE : NORN_TABLE_TEMPORARY,
                          .rows = table->meta.rows,
                          .bytes = table->meta.bytes};
  if (info->struct_size < full.struct_size) full.struct_size = info->struct_size;
  memcpy(info, &full, full.struct_size); /* the caller may have an older, shorter struct */
  tables_table_unref(table);
  return NORN_OK;
}

void tables_engine_release(void *opaque, uint64_t handle) {
  if (opaque == NULL) return;
  tables_table *table = tables_handle_take(opaque, handle);
  if (table != NULL) tables_table_unref(table);
}

norn_status tables_engine_destroy(void *opaque, uint64_t handle, norn_error *error) {
  tables_session *session = opaque;
  tables_table *table;
  if (session == NULL) return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "no session");
  norn_status status = tables_handle_table(session, handle, &table, error);
  if (status != NORN_OK) return status;
  if (!table->made_here) {
    tables_table_unref(table);
    return tables_fail(error, NORN_PERMISSION_DENIED, 0,
                       "the table was opened, not made, by this session; its owner may destroy it");
  }
  pthread_mutex_lock(&table->lock);
  table->published = false;
  pthread_mutex_unlock(&table->lock);
  tables_table *taken = tables_handle_take(session, handle);
  if (taken != NULL) tables_table_unref(taken);
  tables_table_unref(table);
  return NORN_OK;
}
