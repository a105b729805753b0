/* Tables: made, put to, sealed, published, opened, ended. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "operation.h"

norn_status tables_spec_check(const norn_table_spec *spec, const norn_table_spec *like, norn_table_spec *out,
                              norn_error *error) {
  if (spec != NULL && spec->struct_size < sizeof *spec) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "a table spec of an older ABI");
  }
  *out = (norn_table_spec){.struct_size = sizeof *out, .partitioner = NORN_PARTITIONER_HASH};
  if (like != NULL) out->partitions = like->partitions, out->partitioner = like->partitioner;
  if (spec != NULL && spec->partitions != 0) out->partitions = spec->partitions;
  if (spec != NULL && spec->partitioner != 0) out->partitioner = spec->partitioner;
  if (spec != NULL) out->flags = spec->flags;
  if (out->partitions == 0 || out->partitions > TABLES_PARTITIONS_MAX) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "%u partitions; a table has 1 to %u", out->partitions,
                       TABLES_PARTITIONS_MAX);
  }
  if (out->partitioner != NORN_PARTITIONER_HASH && out->partitioner != NORN_PARTITIONER_ORDINAL) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "partitioner %u is unknown; 1 is hash, 2 ordinal",
                       out->partitioner);
  }
  if ((out->flags & ~NORN_TABLE_DURABLE) != 0) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "table flags %u are unknown", out->flags);
  }
  return NORN_OK;
}

static tables_table *table_alloc(tables_session *session, uint32_t partitions) {
  tables_table *table = calloc(1, sizeof *table);
  if (table == NULL) return NULL;
  table->readers = calloc(partitions, sizeof *table->readers);
  if (table->readers == NULL) {
    free(table);
    return NULL;
  }
  table->session = session;
  table->router.file = -1;
  atomic_store(&table->references, 1);
  pthread_mutex_init(&table->lock, NULL);
  return table;
}

norn_status tables_table_make(tables_session *session, const norn_table_spec *spec, tables_table **out,
                              norn_error *error) {
  tables_table *table = table_alloc(session, spec->partitions);
  tables_file *files = calloc(spec->partitions, sizeof *files);
  if (table == NULL || files == NULL) {
    free(files);
    if (table != NULL) tables_table_unref(table);
    return tables_fail_memory(error, spec->partitions * sizeof *files);
  }
  table->meta = (tables_meta){.spec = *spec, .files = files};
  table->durable = (spec->flags & NORN_TABLE_DURABLE) != 0;
  char path[TABLES_PATH_MAX];
  pthread_mutex_lock(&session->lock);
  norn_status status = tables_folder_make(session->scratch, &session->next_folder, path, error);
  pthread_mutex_unlock(&session->lock);
  if (status == NORN_OK) {
    table->made_here = true;
    table->path = strdup(path);
    if (table->path == NULL) status = tables_fail_memory(error, strlen(path));
  }
  if (status != NORN_OK) {
    tables_table_unref(table);
    return status;
  }
  *out = table;
  return NORN_OK;
}

static void temporary_path(const tables_table *table, char path[TABLES_PATH_MAX]) {
  snprintf(path, TABLES_PATH_MAX, "%.*s.tmp", TABLES_PATH_MAX - 8, table->path);
}

static void close_readers(tables_table *table) {
  for (uint32_t i = 0; i < table->meta.spec.partitions && table->readers != NULL; i++) {
    if (table->readers[i].reader == NULL) continue;
    table->session->store->reader_close(table->readers[i].reader);
    atomic_fetch_sub(&table->session->open_readers, 1);
    table->readers[i].reader = NULL;
  }
}

void tables_table_unref(tables_table *table) {
  if (atomic_fetch_sub(&table->references, 1) != 1) return;
  close_readers(table);
  tables_router_close(&table->router);
  if (table->made_here && !table->published && table->path != NULL) {
    char path[TABLES_PATH_MAX];
    temporary_path(table, path);
    tables_folder_remove(table->state == TABLES_SEALED ? table->path : path, NULL);
  }
  pthread_mutex_destroy(&table->lock);
  free(table->meta.files);
  free(table->readers);
  free(table->path);
  free(table);
}

norn_status tables_table_file(const tables_table *table, uint32_t partition, char path[TABLES_PATH_MAX],
                              norn_error *error) {
  if (table->state == TABLES_SEALED) {
    return tables_folder_file(table->path, partition, table->session->store->suffix, path, error);
  }
  char folder[TABLES_PATH_MAX];
  temporary_path(table, folder);
  return tables_folder_file(folder, partition, table->session->store->suffix, path, error);
}

norn_status tables_table_seal(tables_table *table, norn_error *error) {
  char folder[TABLES_PATH_MAX];
  temporary_path(table, folder);
  table->meta.rows = 0, table->meta.bytes = 0;
  for (uint32_t i = 0; i < table->meta.spec.partitions; i++) {
    table->meta.rows += table->meta.files[i].rows;
    table->meta.bytes += table->meta.files[i].bytes;
  }
  norn_bytes encoded;
  norn_status status = tables_meta_encode(&table->meta, table->session->store->engine, &encoded, error);
  if (status != NORN_OK) return status;
  status = tables_folder_write(folder, "meta", encoded, table->durable, error);
  free((void *)(uintptr_t)encoded.data);
  if (status == NORN_OK && table->durable) status = tables_folder_sync(folder, error);
  if (status == NORN_OK) status = tables_folder_rename(folder, table->path, table->durable, error);
  if (status == NORN_OK) table->state = TABLES_SEALED;
  return status;
}

/* ---- readers: opened when they are needed, the idle ones kept up to the store's limit ---- */

norn_status tables_reader_acquire(tables_table *table, uint32_t partition, void **reader, norn_error *error) {
  tables_reader *slot = &table->readers[partition];
  norn_status status = NORN_OK;
  pthread_mutex_lock(&table->lock);
  if (slot->reader == NULL) {
    char path[TABLES_PATH_MAX];
    status = tables_table_file(table, partition, path, error);
    if (status == NORN_OK) status = table->session->store->reader_open(path, &slot->reader, error);
    if (status == NORN_OK) atomic_fetch_add(&table->session->open_readers, 1);
    else slot->reader = NULL;
  }
  if (status == NORN_OK) slot->uses++;
  *reader = slot->reader;
  pthread_mutex_unlock(&table->lock);
  return status;
}

void tables_reader_release(tables_table *table, uint32_t partition) {
  tables_reader *slot = &table->readers[partition];
  pthread_mutex_lock(&table->lock);
  slot->uses--;
  if (slot->uses == 0 && atomic_load(&table->session->open_readers) > table->session->store->open_readers_max) {
    table->session->store->reader_close(slot->reader);
    slot->reader = NULL;
    atomic_fetch_sub(&table->session->open_readers, 1);
  }
  pthread_mutex_unlock(&table->lock);
}

/* ---- the engine's functions ---- */

norn_status tables_engine_create(void *opaque, const norn_table_spec *spec, uint64_t *out, norn_error *error) {
  tables_session *session = opaque;
  norn_table_spec checked;
  norn_status status = tables_session_check(session, error);
  if (status != NORN_OK) return status;
  if (spec == NULL || out == NULL) return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "a table needs a spec");
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
      status = tables_fail(error, NORN_FAILED_PRECONDITION, 0, "the table is sealed; nothing can be put any more");
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
    temporary_path(table, path);
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

norn_status tables_engine_publish(void *opaque, uint64_t handle, const norn_sink *descriptor, norn_error *error) {
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
  if (session == NULL || info == NULL || info->struct_size < sizeof *info) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "table_info needs a session and an info of this ABI");
  }
  norn_status status = tables_handle_sealed(session, handle, &table, error);
  if (status != NORN_OK) return status;
  *info = (norn_table_info){.struct_size = sizeof *info,
                            .partitions = table->meta.spec.partitions,
                            .partitioner = table->meta.spec.partitioner,
                            .flags = table->durable ? NORN_TABLE_DURABLE : NORN_TABLE_TEMPORARY,
                            .rows = table->meta.rows,
                            .bytes = table->meta.bytes};
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

/* ---- opening a sealed table by its descriptor ---- */

static norn_status read_meta(tables_table *table, norn_error *error) {
  char path[TABLES_PATH_MAX];
  snprintf(path, sizeof path, "%.*s/meta", TABLES_PATH_MAX - 8, table->path);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT && access(table->path, F_OK) == 0) {
    return tables_fail(error, NORN_DATA_LOSS, 0, "%s has no meta: it is not a whole table", table->path);
  }
  if (file < 0) return tables_fail_errno(error, errno, "open the table", table->path);
  uint8_t *bytes = malloc(TABLES_META_MAX_BYTES);
  norn_status status = bytes == NULL ? tables_fail_memory(error, TABLES_META_MAX_BYTES) : NORN_OK;
  uint64_t count = 0;
  while (status == NORN_OK && count < TABLES_META_MAX_BYTES) {
    ssize_t part = read(file, bytes + count, TABLES_META_MAX_BYTES - count);
    if (part == 0) break;
    if (part > 0) count += (uint64_t)part;
    else if (errno != EINTR) status = tables_fail_errno(error, errno, "read", path);
  }
  if (status == NORN_OK) {
    status = tables_meta_decode((norn_bytes){bytes, count}, table->session->store->engine, &table->meta, error);
  }
  free(bytes);
  close(file);
  return status;
}

typedef struct verify_operation {
  tables_operation base;
  tables_table *table;
} verify_operation;

static norn_status verify_file(tables_operation *base, uint32_t partition, norn_error *error) {
  tables_table *table = ((verify_operation *)base)->table;
  const tables_file *expected = &table->meta.files[partition];
  char path[TABLES_PATH_MAX];
  norn_status status = tables_table_file(table, partition, path, error);
  if (status != NORN_OK) return status;
  struct stat found;
  uint64_t file_bytes, checksum;
  if (stat(path, &found) == 0 && (uint64_t)found.st_size == expected->file_bytes) {
    status = tables_file_checksum(path, &file_bytes, &checksum, error);
    if (status != NORN_OK) return status;
    if (file_bytes == expected->file_bytes && checksum == expected->checksum) return NORN_OK;
  }
  return tables_fail(error, NORN_DATA_LOSS, 0,
                     "partition %u of the table %s is missing, cut or damaged; make the table again", partition,
                     table->path);
}

static norn_status open_path(tables_session *session, norn_bytes descriptor, tables_table **out,
                             norn_error *error) {
  tables_table *table = table_alloc(session, TABLES_PARTITIONS_MAX);
  if (table == NULL) return tables_fail_memory(error, sizeof *table);
  *out = table;
  table->state = TABLES_SEALED;
  table->durable = true;
  table->path = strndup((const char *)descriptor.data, descriptor.count);
  if (table->path == NULL) return tables_fail_memory(error, descriptor.count);
  norn_status status = read_meta(table, error);
  if (status != NORN_OK) return status;
  verify_operation operation = {.table = table};
  return tables_parallel(&operation.base, session, table->meta.spec.partitions, verify_file, error);
}

norn_status tables_engine_open_table(void *opaque, norn_bytes descriptor, uint64_t *out, norn_error *error) {
  tables_session *session = opaque;
  norn_status status = tables_session_check(session, error);
  if (status != NORN_OK) return status;
  if (out == NULL || descriptor.data == NULL || descriptor.count == 0 || descriptor.data[0] != '/' ||
      descriptor.count > TABLES_PATH_MAX - 64 || memchr(descriptor.data, 0, descriptor.count) != NULL) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "a table's descriptor is the absolute path of its folder");
  }
  tables_table *table = NULL;
  status = open_path(session, descriptor, &table, error);
  if (status == NORN_OK) status = tables_handle_make(session, table, out, error);
  if (status != NORN_OK && table != NULL) tables_table_unref(table);
  return status;
}
