/* A table and its folder: made, sealed, read, removed with its last reference. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "folder.h"
#include "operation.h"

norn_status tables_spec_check(const norn_table_spec *spec, const norn_table_spec *like, norn_table_spec *out,
                              norn_error *error) {
  if (spec != NULL && spec->struct_size < NORN_TABLE_SPEC_LEVEL_1_BYTES) {
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

tables_table *tables_table_alloc(tables_session *session, uint32_t partitions) {
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
  tables_table *table = tables_table_alloc(session, spec->partitions);
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

void tables_table_temporary_path(const tables_table *table, char path[TABLES_PATH_MAX]) {
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
    tables_table_temporary_path(table, path);
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
  tables_table_temporary_path(table, folder);
  return tables_folder_file(folder, partition, table->session->store->suffix, path, error);
}

norn_status tables_table_seal(tables_table *table, norn_error *error) {
  char folder[TABLES_PATH_MAX];
  tables_table_temporary_path(table, folder);
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
    if (status == NORN_OK)
      atomic_fetch_add(&table->session->open_readers, 1);
    else
      slot->reader = NULL;
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
  if (slot->uses == 0 &&
      atomic_load(&table->session->open_readers) > table->session->store->open_readers_max) {
    table->session->store->reader_close(slot->reader);
    slot->reader = NULL;
    atomic_fetch_sub(&table->session->open_readers, 1);
  }
  pthread_mutex_unlock(&table->lock);
}
