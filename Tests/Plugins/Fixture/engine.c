/* As much of an engine as the host's own work needs: open, create, put, seal, scan, info, publish. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fixture_plugin.h"

#define MAX_TABLES 64
#define MAX_TABLE_ROWS 4096
#define MAX_BATCH_BYTES 262144

typedef struct row {
  uint8_t *bytes; /* key, then value */
  uint32_t key_bytes;
  uint32_t value_bytes;
} row;

typedef struct table {
  row *rows;
  uint32_t count;
  uint32_t partitions;
} table;

typedef struct session {
  table tables[MAX_TABLES];
  uint32_t count;
} session;

static norn_status describe(const norn_engine *engine, const norn_sink *sink, norn_error *error) {
  uint8_t bytes[64] = {0xa1, 0x64, 'n', 'a', 'm', 'e'};
  bytes[6] = (uint8_t)(0x60 + engine->name.count);
  memcpy(bytes + 7, engine->name.data, engine->name.count);
  norn_bytes all = {bytes, 7 + engine->name.count};
  return sink->write(sink->context, all, error);
}

static norn_status open_session(const norn_engine *engine, const norn_host *host, const norn_engine_options *options,
                                void **out, norn_error *error) {
  (void)engine, (void)host;
  if (options->scratch.count == 0) return fixture_fail(error, NORN_INVALID_ARGUMENT, "no scratch");
  *out = calloc(1, sizeof(session));
  return *out == NULL ? fixture_fail(error, NORN_RESOURCE_EXHAUSTED, "no memory") : NORN_OK;
}

static void cancel(void *self) { (void)self; }

static void close_session(void *self) {
  session *all = self;
  for (uint32_t i = 0; i < all->count; i++) {
    for (uint32_t r = 0; r < all->tables[i].count; r++) free(all->tables[i].rows[r].bytes);
    free(all->tables[i].rows);
  }
  free(all);
}

static table *find(session *all, uint64_t handle) {
  return handle == 0 || handle > all->count ? NULL : &all->tables[handle - 1];
}

static norn_status create(void *self, const norn_table_spec *spec, uint64_t *out, norn_error *error) {
  session *all = self;
  if (all->count == MAX_TABLES) return fixture_fail(error, NORN_RESOURCE_EXHAUSTED, "too many tables");
  table *made = &all->tables[all->count++];
  made->rows = calloc(MAX_TABLE_ROWS, sizeof *made->rows);
  made->partitions = spec->partitions;
  *out = all->count;
  return NORN_OK;
}

static norn_status put(void *self, uint64_t handle, const norn_batch *batch, norn_error *error) {
  table *into = find(self, handle);
  if (into == NULL) return fixture_fail(error, NORN_NOT_FOUND, "no such table");
  for (uint32_t i = 0; i < batch->rows; i++) {
    if (into->count == MAX_TABLE_ROWS) return fixture_fail(error, NORN_RESOURCE_EXHAUSTED, "too many rows");
    row *made = &into->rows[into->count++];
    made->key_bytes = batch->key_offsets[i + 1] - batch->key_offsets[i];
    made->value_bytes = batch->value_offsets[i + 1] - batch->value_offsets[i];
    made->bytes = malloc(made->key_bytes + made->value_bytes + 1);
    memcpy(made->bytes, batch->keys + batch->key_offsets[i], made->key_bytes);
    memcpy(made->bytes + made->key_bytes, batch->values + batch->value_offsets[i], made->value_bytes);
  }
  return NORN_OK;
}

static norn_status seal(void *self, uint64_t handle, norn_error *error) {
  return find(self, handle) == NULL ? fixture_fail(error, NORN_NOT_FOUND, "no such table") : NORN_OK;
}

static norn_status publish(void *self, uint64_t handle, const norn_sink *sink, norn_error *error) {
  norn_bytes descriptor = {(const uint8_t *)"published", 9};
  if (find(self, handle) == NULL) return fixture_fail(error, NORN_NOT_FOUND, "no such table");
  return sink->write(sink->context, descriptor, error);
}

static norn_status open_table(void *self, norn_bytes descriptor, uint64_t *out, norn_error *error) {
  const norn_table_spec spec = {sizeof spec, 2, NORN_PARTITIONER_HASH, 0};
  char text[32] = "";
  if (descriptor.count < 6 || descriptor.count > 16 || memcmp(descriptor.data, "rows:", 5) != 0)
    return fixture_fail(error, NORN_NOT_FOUND, "no table of this descriptor");
  memcpy(text, descriptor.data + 5, descriptor.count - 5);
  norn_status status = create(self, &spec, out, error);
  for (int i = 0; status == NORN_OK && i < atoi(text); i++) {
    uint8_t key[3] = {1, (uint8_t)(i >> 8), (uint8_t)i}, value[2] = {'v', (uint8_t)('0' + i % 10)};
    uint32_t key_offsets[2] = {0, 3}, value_offsets[2] = {0, 2};
    norn_batch batch = {sizeof batch, 1, key_offsets, key, value_offsets, value, NULL};
    status = put(self, *out, &batch, error);
  }
  return status;
}

static norn_status info(void *self, uint64_t handle, norn_table_info *out, norn_error *error) {
  table *of = find(self, handle);
  if (of == NULL) return fixture_fail(error, NORN_NOT_FOUND, "no such table");
  out->partitions = of->partitions;
  out->partitioner = NORN_PARTITIONER_HASH;
  out->flags = 0;
  out->rows = of->count;
  out->bytes = 0;
  return NORN_OK;
}

static void release(void *self, uint64_t handle) { (void)self, (void)handle; }

/* A row is in the partition that its key's last byte says. */
static bool is_in(const table *of, const row *one, uint32_t partition) {
  return partition == NORN_ALL_PARTITIONS || one->bytes[one->key_bytes - 1] % of->partitions == partition;
}

static norn_status scan(void *self, uint64_t handle, uint32_t partition, uint64_t limit_rows, const norn_emit *emit,
                        norn_error *error) {
  static const uint32_t step = 100;
  table *of = find(self, handle);
  uint32_t key_offsets[101] = {0}, value_offsets[101] = {0}, rows = 0;
  uint8_t *keys = malloc(MAX_BATCH_BYTES), *values = malloc(MAX_BATCH_BYTES);
  norn_status status = of == NULL ? fixture_fail(error, NORN_NOT_FOUND, "no such table") : NORN_OK;
  for (uint32_t i = 0; status == NORN_OK && limit_rows > 0 && i <= of->count; i++) {
    bool last = i == of->count;
    if (rows == step || (last && rows > 0)) {
      norn_batch batch = {sizeof batch, rows, key_offsets, keys, value_offsets, values, NULL};
      status = emit->batch(emit->context, &batch, error);
      rows = 0;
    }
    if (last || !is_in(of, &of->rows[i], partition)) continue;
    memcpy(keys + key_offsets[rows], of->rows[i].bytes, of->rows[i].key_bytes);
    memcpy(values + value_offsets[rows], of->rows[i].bytes + of->rows[i].key_bytes, of->rows[i].value_bytes);
    key_offsets[rows + 1] = key_offsets[rows] + of->rows[i].key_bytes;
    value_offsets[rows + 1] = value_offsets[rows] + of->rows[i].value_bytes;
    rows++;
  }
  free(keys);
  free(values);
  return status;
}

typedef struct fold {
  const norn_kernel *kernel;
  void *state;
} fold;

static norn_status fold_batch(void *context, const norn_batch *batch, norn_error *error) {
  fold *of = context;
  return of->kernel->step(of->state, batch, NULL, NULL, error);
}

static norn_status reduce(void *self, uint64_t handle, const norn_kernel_reference *kernel, const norn_sink *result,
                          norn_error *error) {
  fold of = {kernel->local, NULL};
  norn_emit emit = {sizeof emit, 0, &of, fold_batch};
  norn_status status = of.kernel->open(of.kernel, NULL, kernel->closure, 0, 1, &of.state, error);
  if (status != NORN_OK) return status;
  status = scan(self, handle, NORN_ALL_PARTITIONS, UINT64_MAX, &emit, error);
  if (status == NORN_OK) status = of.kernel->freeze(of.state, result, error);
  of.kernel->close(of.state);
  return status;
}

#define FIXTURE_ENGINE(text)                                                                                     \
  {                                                                                                              \
    .struct_size = sizeof(norn_engine), .name = {text, sizeof(text) - 1}, .describe = describe,                  \
    .open = open_session, .cancel = cancel, .close = close_session, .table_create = create, .table_put = put,    \
    .table_seal = seal, .table_publish = publish, .table_open = open_table, .table_info = info,                  \
    .table_release = release, .table_scan = scan, .reduce = reduce,                                              \
  }

const norn_engine fixture_engine = FIXTURE_ENGINE("memory");
const norn_engine fixture_foreign_engine = FIXTURE_ENGINE("foreign");
