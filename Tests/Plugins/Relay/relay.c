/* Relay, for benchmarks: sleeps, then hands on a copy of its input, or a fresh table when it has none. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "norn.h"

enum { ROWS_LIMIT = 4096, NAP_NANOSECONDS = 1000000, BYTES_OF_ROW = 8 };

typedef struct instance {
  const norn_host *host;
  const norn_task *task;
  const norn_artifacts *artifacts;
  const norn_engine_access *engine;
  uint64_t milliseconds;
  uint64_t rows;
} instance;

static norn_string text(const char *value) { return (norn_string){value, strlen(value)}; }

static norn_status fail(norn_error *error, norn_status code, const char *message) {
  if (error == NULL || error->struct_size < sizeof *error) return code;
  memset(error->domain, 0, sizeof error->domain);
  memset(error->message, 0, sizeof error->message);
  memcpy(error->domain, "relay", sizeof "relay");
  strncpy(error->message, message, sizeof error->message - 1);
  error->code = code;
  error->flags = 0;
  error->error_id = 0;
  error->message_count = (uint32_t)strlen(error->message);
  return code;
}

/* ---- CBOR: what describe says, and a map of texts to unsigned integers ---- */

static const uint8_t *head(const uint8_t *at, const uint8_t *end, uint8_t major, uint64_t *value) {
  if (at == NULL || at >= end || *at >> 5 != major) return NULL;
  const uint8_t code = *at++ & 31;
  *value = code;
  if (code < 24) return at;
  const int width = code > 27 ? 0 : 1 << (code - 24);
  if (width == 0 || end - at < width) return NULL;
  *value = 0;
  for (int index = 0; index < width; index++) *value = *value << 8 | *at++;
  return at;
}

static uint64_t parameter(norn_bytes map, const char *name) {
  const uint8_t *end = map.data + map.count;
  uint64_t entries = 0;
  const uint8_t *at = head(map.data, end, 5, &entries);
  for (uint64_t entry = 0; at != NULL && entry < entries; entry++) {
    uint64_t count = 0;
    uint64_t value = 0;
    at = head(at, end, 3, &count);
    if (at == NULL || count > (uint64_t)(end - at)) return 0;
    const bool matches = count == strlen(name) && memcmp(at, name, count) == 0;
    at = head(at + count, end, 0, &value);
    if (at != NULL && matches) return value;
  }
  return 0;
}

/* {"name", "roles", "inputs", "kernels", "outputs", "parameters": {"rows": 0, "milliseconds": 0}} */
static const char description[] =
    "\xA6\x64name\x65Relay\x65roles\x84\x65guest\x64host\x67"
    "arbiter\x65local\x66inputs\x81\x64"
    "data\x67kernels\x80\x67outputs\x81\x64"
    "data\x6Aparameters\xA2\x64rows\x00\x6Cmilliseconds\x00";

static norn_status describe(const norn_component *component, const norn_sink *sink, norn_error *error) {
  (void)component;
  return sink->write(sink->context, (norn_bytes){(const uint8_t *)description, sizeof description - 1}, error);
}

/* ---- The work ---- */

static bool nap(const instance *self) {
  const struct timespec pause = {0, NAP_NANOSECONDS};
  for (uint64_t passed = 0; passed < self->milliseconds; passed++) {
    if (*self->task->cancel_flag != 0) return false;
    nanosleep(&pause, NULL);
  }
  return true;
}

static norn_status fresh_table(const instance *self, const norn_engine *engine, void *session, uint64_t *table,
                               norn_error *error) {
  static uint8_t keys[ROWS_LIMIT * BYTES_OF_ROW];
  static uint32_t offsets[ROWS_LIMIT + 1];
  const uint32_t rows = (uint32_t)(self->rows < ROWS_LIMIT ? self->rows : ROWS_LIMIT);
  for (uint32_t row = 0; row < rows; row++) {
    for (int place = 0; place < BYTES_OF_ROW; place++) {
      keys[row * BYTES_OF_ROW + place] = (uint8_t)('a' + (row >> 3 * place) % 8);
    }
    offsets[row + 1] = (row + 1) * BYTES_OF_ROW;
  }
  const norn_batch batch = {
      .struct_size = sizeof batch, .rows = rows, .key_offsets = offsets, .keys = keys, .value_offsets = offsets,
      .values = keys};
  const norn_table_spec spec = {.struct_size = sizeof spec, .partitions = self->task->partitions};
  norn_status status = engine->table_create(session, &spec, table, error);
  if (status == NORN_OK) status = engine->table_put(session, *table, &batch, error);
  if (status == NORN_OK) status = engine->table_seal(session, *table, error);
  return status;
}

static norn_status notice_input(void *context, norn_bytes list, norn_error *error) {
  (void)error;
  /* An empty CBOR list is the one byte 0x80. */
  *(bool *)context = list.count > 1;
  return NORN_OK;
}

static norn_status hand_on(const instance *self, norn_error *error) {
  const norn_engine *engine = NULL;
  void *session = NULL;
  uint64_t input = 0;
  uint64_t table = 0;
  bool has_input = false;
  const norn_sink sink = {sizeof sink, 0, &has_input, notice_input};
  norn_status status = self->engine->session(self->host, &engine, &session, error);
  if (status == NORN_OK) status = self->artifacts->inputs(self->host, &sink, error);
  if (status != NORN_OK) return status;
  if (has_input) {
    status = self->artifacts->open_table(self->host, text("data"), 0, &input, error);
    if (status == NORN_OK) status = engine->map_reduce(session, input, NULL, NULL, NULL, &table, error);
  } else {
    status = fresh_table(self, engine, session, &table, error);
  }
  static const uint8_t schema[] = {0xA0};
  if (status != NORN_OK) return status;
  return self->artifacts->output_table(self->host, text("data"), table, (norn_bytes){schema, 1}, error);
}

static norn_status run(void *context, norn_error *error) {
  const instance *self = context;
  if (!nap(self)) return fail(error, NORN_CANCELLED, "told to stop");
  return self->rows == 0 ? NORN_OK : hand_on(self, error);
}

/* ---- The vtable ---- */

static norn_status create(const norn_component *component, const norn_host *host, const norn_task *task,
                          void **out, norn_error *error) {
  (void)component;
  instance *self = calloc(1, sizeof *self);
  if (self == NULL) return fail(error, NORN_RESOURCE_EXHAUSTED, "no memory for an instance");
  self->host = host;
  self->task = task;
  self->artifacts = host->get_extension(host, text(NORN_ARTIFACTS_ID), NORN_ARTIFACTS_REVISION);
  self->engine = host->get_extension(host, text(NORN_ENGINE_ACCESS_ID), NORN_ENGINE_ACCESS_REVISION);
  self->milliseconds = parameter(task->parameters, "milliseconds");
  self->rows = parameter(task->parameters, "rows");
  *out = self;
  if (self->artifacts != NULL && self->engine != NULL) return NORN_OK;
  free(self);
  return fail(error, NORN_PERMISSION_DENIED, "artifacts or engine are not granted");
}

/* The nap looks at the task's flag. */
static void cancel(void *context, uint32_t reason) { (void)context, (void)reason; }

static const norn_component relay = {
    .struct_size = sizeof(norn_component),
    .name = {"Relay", 5},
    .describe = describe,
    .create = create,
    .run = run,
    .cancel = cancel,
    .destroy = free,
};

static const norn_component *const components[] = {&relay};

static const norn_plugin plugin = {
    .struct_size = sizeof(norn_plugin),
    .level_min = 1,
    .level_built = NORN_LEVEL,
    .component_count = 1,
    .id = {"norn.bench.relay", 16},
    .version = {"0.1.0", 5},
    .components = components,
};

norn_status norn_plugin_entry_1(const norn_host *host, uint32_t level_low, uint32_t level_high,
                                const norn_plugin **out, norn_error *error) {
  (void)host;
  if (plugin.level_built < level_low || plugin.level_min > level_high) {
    return fail(error, NORN_FAILED_PRECONDITION, "the plugin works at level 0 only");
  }
  *out = &plugin;
  return NORN_OK;
}
