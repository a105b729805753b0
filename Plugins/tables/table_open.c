/* Opening a sealed table by its descriptor: its meta, then every file against the size and checksum there. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "operation.h"

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
    if (part > 0)
      count += (uint64_t)part;
    else if (errno != EINTR)
      status = tables_fail_errno(error, errno, "read", path);
  }
  if (status == NORN_OK) {
    status =
        tables_meta_decode((norn_bytes){bytes, count}, table->session->store->engine, &table->meta, error);
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
                     "partition %u of the table %s is missing, cut or damaged; make the table again",
                     partition, table->path);
}

static norn_status open_path(tables_session *session, norn_bytes descriptor, tables_table **out,
                             norn_error *error) {
  tables_table *table = tables_table_alloc(session, TABLES_PARTITIONS_MAX);
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
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0,
                       "a table's descriptor is the absolute path of its folder");
  }
  tables_table *table = NULL;
  status = open_path(session, descriptor, &table, error);
  if (status == NORN_OK) status = tables_handle_make(session, table, out, error);
  if (status != NORN_OK && table != NULL) tables_table_unref(table);
  return status;
}
