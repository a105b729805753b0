#include "tables.h"

#include <string.h>

enum { BATCH_ROWS = 64, KEY_BYTES = 8, PARTITIONS = 4 };

typedef struct batch {
  uint32_t key_offsets[BATCH_ROWS + 1];
  uint32_t value_offsets[BATCH_ROWS + 1];
  uint8_t keys[BATCH_ROWS * KEY_BYTES];
  uint8_t values[BATCH_ROWS * PROBE_VALUE_BYTES];
} batch;

static norn_string text(const char *value) { return (norn_string){value, strlen(value)}; }

/* Values that do not compress: a generator's words (xorshift64, Marsaglia 2003). */
static void fill(batch *rows, uint64_t first, uint32_t count) {
  uint64_t state = first * 2654435761u + 1;
  for (uint32_t row = 0; row < count; row++) {
    for (int byte = 0; byte < KEY_BYTES; byte++) {
      rows->keys[row * KEY_BYTES + byte] = (uint8_t)((first + row) >> 8 * (KEY_BYTES - 1 - byte));
    }
    for (uint32_t at = 0; at < PROBE_VALUE_BYTES; at += sizeof state) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      memcpy(rows->values + row * PROBE_VALUE_BYTES + at, &state, sizeof state);
    }
    rows->key_offsets[row + 1] = (row + 1) * KEY_BYTES;
    rows->value_offsets[row + 1] = (row + 1) * PROBE_VALUE_BYTES;
  }
}

static norn_status put(const norn_engine *engine, void *session, uint64_t table, uint64_t rows, norn_error *error) {
  static batch buffer;
  norn_status status = NORN_OK;
  for (uint64_t first = 0; first < rows && status == NORN_OK; first += BATCH_ROWS) {
    const uint32_t count = rows - first < BATCH_ROWS ? (uint32_t)(rows - first) : BATCH_ROWS;
    fill(&buffer, first, count);
    const norn_batch piece = {
        .struct_size = sizeof piece,
        .rows = count,
        .key_offsets = buffer.key_offsets,
        .keys = buffer.keys,
        .value_offsets = buffer.value_offsets,
        .values = buffer.values,
    };
    status = engine->table_put(session, table, &piece, error);
  }
  return status;
}

norn_status probe_write_table(const norn_host *host, const norn_engine_access *access,
                              const norn_artifacts *artifacts, uint64_t rows, norn_error *error) {
  const norn_engine *engine = NULL;
  void *session = NULL;
  uint64_t table = 0;
  const norn_table_spec spec = {sizeof spec, PARTITIONS, NORN_PARTITIONER_HASH, NORN_TABLE_TEMPORARY};
  const norn_bytes schema = {(const uint8_t *)"\xa0", 1};
  norn_status status = access->session(host, &engine, &session, error);
  if (status == NORN_OK) status = engine->table_create(session, &spec, &table, error);
  if (status == NORN_OK) status = put(engine, session, table, rows, error);
  if (status == NORN_OK) status = engine->table_seal(session, table, error);
  if (status == NORN_OK) status = artifacts->output_table(host, text("data"), table, schema, error);
  return status;
}

norn_status probe_count_input(const norn_host *host, const norn_engine_access *access,
                              const norn_artifacts *artifacts, uint64_t *rows, norn_error *error) {
  const norn_engine *engine = NULL;
  void *session = NULL;
  uint64_t table = 0;
  norn_table_info info = {.struct_size = sizeof info};
  norn_status status = access->session(host, &engine, &session, error);
  if (status == NORN_OK) status = artifacts->open_table(host, text("data"), 0, &table, error);
  if (status == NORN_OK) status = engine->table_info(session, table, &info, error);
  *rows = info.rows;
  return status;
}
