#define _GNU_SOURCE
#include "router.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

norn_status tables_router_open(tables_router *router, const norn_table_spec *spec, tables_keep keep,
                               const char *scratch, tables_budget *budget, norn_error *error) {
  *router = (tables_router){.spec = *spec, .keep = keep, .scratch = scratch, .budget = budget, .file = -1};
  router->partitions = calloc(spec->partitions, sizeof *router->partitions);
  if (router->partitions == NULL) return tables_fail_memory(error, spec->partitions * sizeof *router->partitions);
  return NORN_OK;
}

/* a file that vanishes with its last descriptor, so that no kill leaves it behind */
static norn_status open_spill(tables_router *router, norn_error *error) {
  if (router->file >= 0) return NORN_OK;
  router->file = open(router->scratch, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (router->file >= 0) return NORN_OK;
  char path[TABLES_PATH_MAX];
  int count = snprintf(path, sizeof path, "%s/spill-XXXXXX", router->scratch);
  if (count < 0 || (size_t)count >= sizeof path) return tables_fail_errno(error, ENAMETOOLONG, "spill to", "scratch");
  router->file = mkostemp(path, O_CLOEXEC);
  if (router->file < 0) return tables_fail_errno(error, errno, "make a spill file in", router->scratch);
  unlink(path);
  return NORN_OK;
}

typedef struct spill_buffer {
  uint8_t *bytes;
  uint64_t used;
} spill_buffer;

static norn_status flush(tables_router *router, spill_buffer *buffer, norn_error *error) {
  uint64_t written = 0;
  while (written < buffer->used) {
    ssize_t count = write(router->file, buffer->bytes + written, buffer->used - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return tables_fail_errno(error, errno, "write a sorted run to", router->scratch);
    written += (uint64_t)count;
  }
  router->file_bytes += buffer->used;
  buffer->used = 0;
  return NORN_OK;
}

static norn_status spill_bytes(tables_router *router, spill_buffer *buffer, const void *data, uint64_t count,
                               norn_error *error) {
  const uint8_t *bytes = data;
  while (count > 0) {
    uint64_t room = TABLES_SPILL_BUFFER_BYTES - buffer->used, take = room < count ? room : count;
    memcpy(buffer->bytes + buffer->used, bytes, take);
    buffer->used += take, bytes += take, count -= take;
    if (buffer->used < TABLES_SPILL_BUFFER_BYTES) continue;
    norn_status status = flush(router, buffer, error);
    if (status != NORN_OK) return status;
  }
  return NORN_OK;
}

static norn_status add_run(tables_router *router, tables_run run, norn_error *error) {
  if (router->run_count == router->run_capacity) {
    uint64_t capacity = router->run_capacity == 0 ? 16 : router->run_capacity * 2;
    tables_run *grown = realloc(router->runs, capacity * sizeof *grown);
    if (grown == NULL) return tables_fail_memory(error, capacity * sizeof *grown);
    router->runs = grown;
    router->run_capacity = capacity;
  }
  router->runs[router->run_count++] = run;
  return NORN_OK;
}

static norn_status spill_partition(tables_router *router, uint32_t partition, spill_buffer *buffer,
                                   norn_error *error) {
  tables_rows *rows = &router->partitions[partition];
  norn_status status = tables_rows_sort(rows, router->keep, error);
  if (status != NORN_OK) return status;
  tables_run run = {partition, 0, router->file_bytes + buffer->used, rows->count};
  status = add_run(router, run, error);
  for (uint64_t i = 0; i < rows->count && status == NORN_OK; i++) {
    const tables_row *row = &rows->rows[i];
    uint32_t counts[2] = {row->key_count, row->value_count};
    status = spill_bytes(router, buffer, counts, sizeof counts, error);
    if (status != NORN_OK) return status;
    status = spill_bytes(router, buffer, row->key, (uint64_t)row->key_count + row->value_count, error);
  }
  tables_rows_close(rows);
  return status;
}

static norn_status spill(tables_router *router, norn_error *error) {
  norn_status status = open_spill(router, error);
  if (status != NORN_OK) return status;
  spill_buffer buffer = {malloc(TABLES_SPILL_BUFFER_BYTES), 0};
  if (buffer.bytes == NULL) return tables_fail_memory(error, TABLES_SPILL_BUFFER_BYTES);
  for (uint32_t i = 0; i < router->spec.partitions && status == NORN_OK; i++) {
    if (router->partitions[i].count > 0) status = spill_partition(router, i, &buffer, error);
  }
  if (status == NORN_OK) status = flush(router, &buffer, error);
  free(buffer.bytes);
  atomic_fetch_sub(&router->budget->used, router->bytes);
  router->bytes = 0;
  return status;
}

norn_status tables_router_put(tables_router *router, const norn_batch *batch, norn_error *error) {
  uint64_t before = router->bytes;
  norn_status status = NORN_OK;
  for (uint32_t i = 0; i < batch->rows && status == NORN_OK; i++) {
    uint32_t key_count, value_count, partition;
    const uint8_t *key = tables_key(batch, i, &key_count), *value = tables_value(batch, i, &value_count);
    status = tables_place(&router->spec, key, key_count, &partition, error);
    if (status != NORN_OK) break;
    tables_rows *rows = &router->partitions[partition];
    uint64_t held = rows->bytes;
    status = tables_rows_append(rows, key, key_count, value, value_count, error);
    router->bytes += rows->bytes - held;
  }
  uint64_t used = atomic_fetch_add(&router->budget->used, router->bytes - before) + router->bytes - before;
  if (status == NORN_OK && used > router->budget->limit && router->bytes >= TABLES_SPILL_MIN_BYTES) {
    status = spill(router, error);
  }
  return status;
}

norn_status tables_router_finish(tables_router *router, norn_error *error) {
  norn_status status = NORN_OK;
  bool near = atomic_load(&router->budget->used) > router->budget->limit / 2;
  bool more = router->run_count > 0 && router->bytes > 0;
  if (near && (more || router->bytes >= TABLES_SPILL_MIN_BYTES)) status = spill(router, error);
  if (status != NORN_OK || router->file_bytes == 0) return status;
  void *mapped = mmap(NULL, router->file_bytes, PROT_READ, MAP_SHARED, router->file, 0);
  if (mapped == MAP_FAILED) return tables_fail_errno(error, errno, "map the sorted runs in", router->scratch);
  router->mapped = mapped;
  close(router->file);
  router->file = -1;
  return NORN_OK;
}

void tables_router_drop(tables_router *router, uint32_t partition) {
  tables_rows_close(&router->partitions[partition]);
}

void tables_router_close(tables_router *router) {
  if (router->partitions != NULL) {
    for (uint32_t i = 0; i < router->spec.partitions; i++) tables_rows_close(&router->partitions[i]);
  }
  if (router->budget != NULL) atomic_fetch_sub(&router->budget->used, router->bytes);
  if (router->mapped != NULL) munmap((void *)(uintptr_t)router->mapped, router->file_bytes);
  if (router->file >= 0) close(router->file);
  free(router->partitions);
  free(router->runs);
  *router = (tables_router){.file = -1};
}
