/* The museum's plugin in C, as it was built for level 1. Never edit it: the binary beside it is what counts. */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "norn.h"

typedef struct instance {
  const norn_host *host;
  const norn_task *task;
  const norn_artifacts *artifacts;
  const norn_engine_access *engine;
  const norn_federation *federation;
  const norn_tracking *tracking;
  uint8_t *buffer; /* made by run */
} instance;

/* Fills the caller's error and gives the status to return. */
norn_status museum_fail(norn_error *error, norn_status code, const char *message);
norn_string museum_text(const char *text);
norn_status museum_run(void *context, norn_error *error);

extern const norn_component museum_component;
extern const norn_kernel museum_double;
extern const norn_kernel museum_sum;

/* Loading, entering and describing. */

static const norn_component *const components[] = {&museum_component};

static const norn_plugin plugin = {
    .struct_size = sizeof(norn_plugin),
    .level_min = 1,
    .level_built = NORN_LEVEL,
    .component_count = 1,
    .id = {"museum.c", 8},
    .version = {"1.0.0", 5},
    .components = components,
};

norn_status norn_plugin_entry_1(const norn_host *host, uint32_t level_low, uint32_t level_high,
                                const norn_plugin **out, norn_error *error) {
  (void)host, (void)level_low, (void)level_high, (void)error;
  if (plugin.level_built < level_low || plugin.level_min > level_high)
    return museum_fail(error, NORN_FAILED_PRECONDITION, "it works at level 1 only; the host speaks others");
  *out = &plugin;
  return NORN_OK;
}

norn_string museum_text(const char *text) { return (norn_string){text, strlen(text)}; }

norn_status museum_fail(norn_error *error, norn_status code, const char *message) {
  if (error == NULL || error->struct_size < sizeof *error) return code;
  memset(error->domain, 0, sizeof error->domain);
  memset(error->message, 0, sizeof error->message);
  memcpy(error->domain, "museum", sizeof "museum");
  memcpy(error->message, message, strlen(message));
  error->code = code;
  error->flags = 0;
  error->error_id = 0;
  error->message_count = (uint32_t)strlen(message);
  return code;
}

/* The component's table: describe, create, cancel, destroy. */

/* {"kernels": [{"name": "sum", "revision": 1}, {"name": "double", "revision": 1}], ...} in deterministic CBOR. */
static const uint8_t description[] =
    "\xa6"
    "\x64" "name" "\x66" "Museum"
    "\x65" "roles" "\x82" "\x65" "guest" "\x64" "host"
    "\x66" "inputs" "\x81" "\x64" "data"
    "\x67" "kernels" "\x82"
    "\xa2" "\x64" "name" "\x66" "double" "\x68" "revision" "\x01"
    "\xa2" "\x64" "name" "\x63" "sum" "\x68" "revision" "\x01"
    "\x67" "outputs" "\x82" "\x64" "data" "\x65" "model"
    "\x6a" "parameters" "\xa1" "\x64" "note" "\x60";

static norn_status describe(const norn_component *component, const norn_sink *sink, norn_error *error) {
  (void)component;
  norn_bytes bytes = {description, sizeof description - 1};
  return sink->write(sink->context, bytes, error);
}

static const char *find_extensions(instance *self) {
  const norn_host *host = self->host;
  self->artifacts = host->get_extension(host, museum_text(NORN_ARTIFACTS_ID), NORN_ARTIFACTS_REVISION);
  self->engine = host->get_extension(host, museum_text(NORN_ENGINE_ACCESS_ID), NORN_ENGINE_ACCESS_REVISION);
  self->federation = host->get_extension(host, museum_text(NORN_FEDERATION_ID), NORN_FEDERATION_REVISION);
  self->tracking = host->get_extension(host, museum_text(NORN_TRACKING_ID), NORN_TRACKING_REVISION);
  if (self->artifacts == NULL) return "norn.artifacts is not granted";
  if (self->engine == NULL) return "norn.engine is not granted";
  if (self->federation == NULL) return "norn.federation is not granted";
  return self->tracking == NULL ? "norn.tracking is not granted" : NULL;
}

static norn_status create(const norn_component *component, const norn_host *host, const norn_task *task, void **out,
                          norn_error *error) {
  (void)component;
  if (!NORN_HAS(host, norn_host, random)) return museum_fail(error, NORN_FAILED_PRECONDITION, "the host's table is too short");
  instance *self = calloc(1, sizeof *self);
  if (self == NULL) return museum_fail(error, NORN_RESOURCE_EXHAUSTED, "no memory for an instance");
  self->host = host;
  self->task = task;
  const char *missing = find_extensions(self);
  if (missing != NULL) {
    free(self);
    return museum_fail(error, NORN_PERMISSION_DENIED, missing);
  }
  *out = self;
  return NORN_OK;
}

/* Every call that blocks is the host's, and ends by itself when the attempt is cancelled. */
static void cancel(void *context, uint32_t reason) {
  (void)context, (void)reason;
}

static void destroy(void *context) {
  instance *self = context;
  free(self->buffer);
  free(self);
}

static const norn_kernel *const kernels[] = {&museum_double, &museum_sum};

const norn_component museum_component = {
    .struct_size = sizeof(norn_component),
    .kernel_count = 2,
    .name = {"Museum", 6},
    .kernels = kernels,
    .describe = describe,
    .create = create,
    .run = museum_run,
    .cancel = cancel,
    .destroy = destroy,
};

/* What the component does: double the numbers, sum the bytes, tell the guest the host's sum. */

static norn_status take_sum(void *context, norn_bytes bytes, norn_error *error) {
  if (bytes.count != sizeof(uint64_t)) return museum_fail(error, NORN_DATA_LOSS, "a sum is not eight bytes long");
  memcpy(context, bytes.data, bytes.count);
  return NORN_OK;
}

#define TRIED(call) status = (call)

static norn_status sum_rows(const instance *self, uint64_t *sum, norn_error *error) {
  static const uint8_t empty_map[1] = {0xa0};
  const norn_engine *engine = NULL;
  void *session = NULL;
  uint64_t table = 0, doubled = 0;
  norn_kernel_reference map = {.struct_size = sizeof map}, fold = {.struct_size = sizeof fold};
  const norn_bytes none = {NULL, 0}, schema = {empty_map, 1};
  const norn_sink sink = {sizeof sink, 0, sum, take_sum};
  norn_status status;
  TRIED(self->engine->session(self->host, &engine, &session, error));
  if (status == NORN_OK) TRIED(self->artifacts->open_table(self->host, museum_text("data"), 0, &table, error));
  if (status == NORN_OK) TRIED(self->engine->kernel(self->host, museum_text("double"), none, &map, error));
  if (status == NORN_OK) TRIED(self->engine->kernel(self->host, museum_text("sum"), none, &fold, error));
  if (status == NORN_OK) TRIED(engine->map_reduce(session, table, &map, NULL, NULL, &doubled, error));
  if (status == NORN_OK) TRIED(engine->reduce(session, table, &fold, &sink, error));
  if (status == NORN_OK) TRIED(self->artifacts->output_table(self->host, museum_text("data"), doubled, schema, error));
  return status;
}

static norn_status exchange(const instance *self, uint64_t *sum, norn_error *error) {
  const norn_federation *federation = self->federation;
  uint64_t ticket = 0;
  uint8_t done = 0;
  norn_status status;
  if (self->task->role.count == 4) {
    norn_bytes bytes_of_sum = {(const uint8_t *)sum, sizeof *sum};
    TRIED(federation->send(self->host, museum_text("sum"), museum_text("0"), museum_text("guest"), museum_text("9999"),
                           bytes_of_sum, error));
    return status;
  }
  uint64_t other = 0;
  const norn_sink sink = {sizeof sink, 0, &other, take_sum};
  TRIED(federation->post(self->host, museum_text("sum"), museum_text("0"), museum_text("host"), museum_text("10000"), &ticket,
                         error));
  if (status == NORN_OK)
    TRIED(federation->wait(self->host, &ticket, 1, NORN_WAIT_ALL, NORN_NO_TIMEOUT, &done, error));
  if (status == NORN_OK) TRIED(federation->take(self->host, ticket, &sink, error));
  *sum += other;
  return status;
}

norn_status museum_run(void *context, norn_error *error) {
  instance *self = context;
  uint64_t sum = 0;
  self->buffer = malloc(16);
  if (self->buffer == NULL) return museum_fail(error, NORN_RESOURCE_EXHAUSTED, "no memory for a buffer");
  memset(self->buffer, 0, 16);
  norn_status status = sum_rows(self, &sum, error);
  if (status == NORN_OK) status = exchange(self, &sum, error);
  if (status != NORN_OK) return status;
  norn_bytes bytes = {(const uint8_t *)&sum, sizeof sum};
  status = self->artifacts->write(self->host, museum_text("model"), bytes, error);
  static const uint8_t empty_map[1] = {0xa0};
  norn_bytes summary = {empty_map, 1};
  if (status == NORN_OK) self->tracking->summary(self->host, summary, NULL);
  return status;
}

/* Two kernels: "double" maps rows of doubles to twice their values, "sum" folds all value bytes. */

#define VALUE_BYTES_MAX 65536u

typedef struct state {
  uint64_t sum;
  uint64_t steps;
  uint8_t value[VALUE_BYTES_MAX];
} state;

static norn_status open_state(const norn_kernel *kernel, const norn_host *host, norn_bytes closure,
                              uint32_t partition, uint32_t partitions, void **out, norn_error *error) {
  (void)kernel, (void)host, (void)closure, (void)partition, (void)partitions;
  *out = calloc(1, sizeof(state));
  return *out == NULL ? museum_fail(error, NORN_RESOURCE_EXHAUSTED, "no memory for a state") : NORN_OK;
}

static norn_status emit_row(const norn_batch *left, uint32_t row, const uint8_t *value, uint32_t count,
                            const norn_emit *emit, norn_error *error) {
  const uint8_t *key = left->keys + left->key_offsets[row];
  uint32_t key_offsets[2] = {0, left->key_offsets[row + 1] - left->key_offsets[row]}, value_offsets[2] = {0, count};
  norn_batch out = {sizeof out, 1, key_offsets, key, value_offsets, value, NULL};
  return emit->batch(emit->context, &out, error);
}

static norn_status step_double(void *context, const norn_batch *left, const norn_batch *right,
                               const norn_emit *emit, norn_error *error) {
  state *self = context;
  (void)right;
  self->steps++;
  for (uint32_t row = 0; row < left->rows; row++) {
    const uint8_t *value = left->values + left->value_offsets[row];
    uint32_t count = left->value_offsets[row + 1] - left->value_offsets[row];
    if (count > VALUE_BYTES_MAX || count % 8 != 0)
      return museum_fail(error, NORN_INVALID_ARGUMENT, "a value is no list of doubles");
    for (uint32_t at = 0; at < count; at += 8) {
      double number;
      memcpy(&number, value + at, 8);
      number *= 2;
      memcpy(self->value + at, &number, 8);
    }
    norn_status status = emit_row(left, row, self->value, count, emit, error);
    if (status != NORN_OK) return status;
  }
  return NORN_OK;
}

static norn_status step_sum(void *context, const norn_batch *left, const norn_batch *right, const norn_emit *emit,
                            norn_error *error) {
  state *self = context;
  (void)right, (void)emit, (void)error;
  if (left->rows == 0) return NORN_OK;
  for (uint32_t at = left->value_offsets[0]; at < left->value_offsets[left->rows]; at++) self->sum += left->values[at];
  return NORN_OK;
}

static norn_status freeze_sum(void *context, const norn_sink *sink, norn_error *error) {
  const norn_bytes bytes = {(const uint8_t *)&((state *)context)->sum, sizeof(uint64_t)};
  return sink->write(sink->context, bytes, error);
}

static norn_status merge_sum(void *context, norn_bytes frozen, norn_error *error) {
  uint64_t other;
  if (frozen.count != sizeof other) return museum_fail(error, NORN_DATA_LOSS, "a frozen sum is not eight bytes long");
  memcpy(&other, frozen.data, sizeof other);
  ((state *)context)->sum += other;
  return NORN_OK;
}

const norn_kernel museum_double = {
    .struct_size = sizeof(norn_kernel),
    .revision = 1,
    .kind = NORN_KERNEL_MAP,
    .flags = NORN_KERNEL_PURE | NORN_KERNEL_KEEPS_KEYS | NORN_KERNEL_IDEMPOTENT,
    .name = {"double", 6},
    .open = open_state,
    .step = step_double,
    .close = free,
};

const norn_kernel museum_sum = {
    .struct_size = sizeof(norn_kernel),
    .revision = 1,
    .kind = NORN_KERNEL_REDUCE,
    .flags = NORN_KERNEL_PURE | NORN_KERNEL_COMMUTATIVE | NORN_KERNEL_IDEMPOTENT,
    .name = {"sum", 3},
    .open = open_state,
    .step = step_sum,
    .freeze = freeze_sum,
    .merge = merge_sum,
    .close = free,
};

