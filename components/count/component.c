/* Each party counts its rows; every host tells the guest; the guest reports the sum. */
#include <stdlib.h>
#include <string.h>

#include "cbor.h"
#include "count.h"

#define MAX_HOSTS 256
#define TEXT_OF(literal) ((norn_string){literal, sizeof(literal) - 1})

typedef struct count {
  const norn_host *host;
  const norn_artifacts *artifacts;
  const norn_engine_access *engine;
  const norn_federation *federation;
  const norn_tracking *tracking;
  norn_string guest;
  norn_string hosts[MAX_HOSTS];
  uint64_t host_count;
  norn_string note;
  bool is_guest;
} count;

norn_status count_fail(norn_error *error, norn_status code, const char *message) {
  if (error == NULL || error->struct_size < sizeof *error) return code;
  memset(error, 0, sizeof *error);
  error->struct_size = sizeof *error;
  error->code = code;
  strcpy(error->domain, "norn.count");
  strncpy(error->message, message, sizeof error->message - 1);
  error->message_count = (uint32_t)strlen(error->message);
  return code;
}

static bool same(norn_string text, const char *other) {
  return text.count == strlen(other) && memcmp(text.data, other, text.count) == 0;
}

static norn_status describe(const norn_component *component, const norn_sink *sink, norn_error *error) {
  cbor_writer writer = {.count = 0};
  (void)component;
  cbor_map(&writer, 6); /* keys in CBOR's order: shorter ones first */
  cbor_name(&writer, "name"), cbor_name(&writer, "CountExample");
  cbor_name(&writer, "roles"), cbor_array(&writer, 2), cbor_name(&writer, "guest"), cbor_name(&writer, "host");
  cbor_name(&writer, "inputs"), cbor_array(&writer, 1), cbor_name(&writer, "data");
  cbor_name(&writer, "kernels"), cbor_array(&writer, 1), cbor_map(&writer, 2);
  cbor_name(&writer, "name"), cbor_name(&writer, "count_rows"), cbor_name(&writer, "revision"), cbor_integer(&writer, 1);
  cbor_name(&writer, "outputs"), cbor_array(&writer, 0);
  cbor_name(&writer, "parameters"), cbor_map(&writer, 1), cbor_name(&writer, "note"), cbor_name(&writer, "");
  norn_bytes bytes = {writer.bytes, writer.count};
  return sink->write(sink->context, bytes, error);
}

static bool read_parameters(count *self, norn_bytes bytes) {
  cbor_reader reader = {bytes.data, bytes.data + bytes.count, false};
  for (uint64_t left = cbor_read_map(&reader); left > 0 && !reader.failed; left--) {
    if (same(cbor_read_text(&reader), "note")) self->note = cbor_read_text(&reader);
    else cbor_skip(&reader);
  }
  return !reader.failed;
}

static bool read_parties(count *self, norn_bytes bytes) {
  cbor_reader reader = {bytes.data, bytes.data + bytes.count, false};
  for (uint64_t roles = cbor_read_map(&reader); roles > 0 && !reader.failed; roles--) {
    norn_string role = cbor_read_text(&reader);
    for (uint64_t left = cbor_read_array(&reader); left > 0 && !reader.failed; left--) {
      norn_string party = cbor_read_text(&reader);
      if (same(role, "guest")) self->guest = party;
      if (same(role, "host") && self->host_count == MAX_HOSTS) return false;
      if (same(role, "host")) self->hosts[self->host_count++] = party;
    }
  }
  return !reader.failed && self->guest.count > 0;
}

static bool find_extensions(count *self, const norn_host *host) {
  self->artifacts = host->get_extension(host, TEXT_OF(NORN_ARTIFACTS_ID), NORN_ARTIFACTS_REVISION);
  self->engine = host->get_extension(host, TEXT_OF(NORN_ENGINE_ACCESS_ID), NORN_ENGINE_ACCESS_REVISION);
  self->federation = host->get_extension(host, TEXT_OF(NORN_FEDERATION_ID), NORN_FEDERATION_REVISION);
  self->tracking = host->get_extension(host, TEXT_OF(NORN_TRACKING_ID), NORN_TRACKING_REVISION);
  return self->artifacts != NULL && self->engine != NULL && self->federation != NULL && self->tracking != NULL;
}

/* The task's strings outlive the instance, so they are kept as they are. */
static norn_status create(const norn_component *component, const norn_host *host, const norn_task *task,
                          void **instance, norn_error *error) {
  count *self = calloc(1, sizeof *self);
  (void)component;
  if (self == NULL) return count_fail(error, NORN_RESOURCE_EXHAUSTED, "no memory for the component");
  norn_status status = NORN_OK;
  self->host = host;
  self->is_guest = same(task->role, "guest");
  if (!find_extensions(self, host))
    status = count_fail(error, NORN_PERMISSION_DENIED, "artifacts, engine, federation and tracking must be granted");
  else if (!read_parameters(self, task->parameters))
    status = count_fail(error, NORN_INVALID_ARGUMENT, "parameter note is not text");
  else if (!read_parties(self, task->parties))
    status = count_fail(error, NORN_INVALID_ARGUMENT, "the parties are a guest and at most 256 hosts");
  if (status != NORN_OK) free(self);
  else *instance = self;
  return status;
}

/* Up to 16 bytes of a short answer. */
typedef struct answer {
  uint8_t bytes[16];
  uint64_t count;
} answer;

static norn_status keep(void *context, norn_bytes bytes, norn_error *error) {
  answer *into = context;
  if (bytes.count > sizeof into->bytes - into->count) return count_fail(error, NORN_OUT_OF_RANGE, "an answer is too long");
  memcpy(into->bytes + into->count, bytes.data, bytes.count);
  into->count += bytes.count;
  return NORN_OK;
}

static norn_status count_own(count *self, uint64_t *rows, norn_error *error) {
  const norn_engine *engine = NULL;
  void *session = NULL;
  uint64_t table = 0;
  answer frozen = {.count = 0};
  norn_kernel_reference kernel = {.struct_size = sizeof kernel};
  norn_sink sink = {sizeof sink, 0, &frozen, keep};
  norn_status status = self->artifacts->open_table(self->host, TEXT_OF("data"), 0, &table, error);
  if (status == NORN_OK) status = self->engine->session(self->host, &engine, &session, error);
  if (status == NORN_OK)
    status = self->engine->kernel(self->host, TEXT_OF("count_rows"), (norn_bytes){NULL, 0}, &kernel, error);
  if (status == NORN_OK) status = engine->reduce(session, table, &kernel, &sink, error);
  *rows = 0;
  for (uint64_t i = 0; i < frozen.count && i < 8; i++) *rows |= (uint64_t)frozen.bytes[i] << 8 * i;
  return status;
}

static norn_status tell_guest(count *self, uint64_t rows, norn_error *error) {
  cbor_writer writer = {.count = 0};
  cbor_integer(&writer, rows);
  norn_bytes bytes = {writer.bytes, writer.count};
  return self->federation->send(self->host, TEXT_OF("row_count"), TEXT_OF("0"), TEXT_OF("guest"), self->guest, bytes,
                                error);
}

static norn_status add_hosts(count *self, uint64_t *total, norn_error *error) {
  uint64_t tickets[MAX_HOSTS];
  uint8_t done[MAX_HOSTS];
  norn_status status = NORN_OK;
  for (uint64_t i = 0; status == NORN_OK && i < self->host_count; i++)
    status = self->federation->post(self->host, TEXT_OF("row_count"), TEXT_OF("0"), TEXT_OF("host"), self->hosts[i],
                                    &tickets[i], error);
  if (status == NORN_OK)
    status = self->federation->wait(self->host, tickets, self->host_count, NORN_WAIT_ALL, NORN_NO_TIMEOUT, done, error);
  for (uint64_t i = 0; status == NORN_OK && i < self->host_count; i++) {
    answer given = {.count = 0};
    norn_sink sink = {sizeof sink, 0, &given, keep};
    status = self->federation->take(self->host, tickets[i], &sink, error);
    cbor_reader reader = {given.bytes, given.bytes + given.count, false};
    if (status == NORN_OK) *total += cbor_read_integer(&reader);
    if (status == NORN_OK && reader.failed) status = count_fail(error, NORN_DATA_LOSS, "a host's count is no number");
  }
  return status;
}

static norn_status report(count *self, uint64_t total, norn_error *error) {
  cbor_writer metric = {.count = 0}, summary = {.count = 0};
  cbor_map(&metric, 4);
  cbor_name(&metric, "name"), cbor_name(&metric, "row_count");
  cbor_name(&metric, "type"), cbor_name(&metric, "count");
  cbor_name(&metric, "points"), cbor_array(&metric, 1), cbor_array(&metric, 2);
  cbor_name(&metric, "row_count"), cbor_integer(&metric, total);
  cbor_name(&metric, "namespace"), cbor_name(&metric, "train");
  cbor_map(&summary, 2);
  cbor_name(&summary, "note"), cbor_text(&summary, self->note);
  cbor_name(&summary, "row_count"), cbor_integer(&summary, total);
  if (summary.full) return count_fail(error, NORN_INVALID_ARGUMENT, "parameter note is longer than 4 KiB");
  norn_status status = self->tracking->metric(self->host, (norn_bytes){metric.bytes, metric.count}, error);
  if (status != NORN_OK) return status;
  return self->tracking->summary(self->host, (norn_bytes){summary.bytes, summary.count}, error);
}

static norn_status run(void *instance, norn_error *error) {
  count *self = instance;
  uint64_t rows = 0;
  norn_status status = count_own(self, &rows, error);
  if (status == NORN_OK && !self->is_guest) return tell_guest(self, rows, error);
  if (status == NORN_OK) status = add_hosts(self, &rows, error);
  return status == NORN_OK ? report(self, rows, error) : status;
}

/* Nothing to do: the only long call is wait, which the host ends by itself. */
static void cancel(void *instance, uint32_t reason) { (void)instance, (void)reason; }

static void destroy(void *instance) { free(instance); }

static const norn_kernel *const kernels[] = {&count_rows_kernel};

const norn_component count_component = {
    .struct_size = sizeof(norn_component),
    .kernel_count = 1,
    .name = {"CountExample", 12},
    .kernels = kernels,
    .describe = describe,
    .create = create,
    .run = run,
    .cancel = cancel,
    .destroy = destroy,
};
