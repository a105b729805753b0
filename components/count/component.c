#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cbor.h"
#include "count.h"
#include "failure.h"

/* Parties of one job that a count is taken of. */
enum { HOSTS_LIMIT = 64 };

typedef struct instance {
  const norn_host *host;
  const norn_task *task;
  const norn_artifacts *artifacts;
  const norn_engine_access *engine;
  const norn_federation *federation;
  const norn_tracking *tracking;
} instance;

typedef struct parties {
  norn_string hosts[HOSTS_LIMIT];
  uint64_t host_count;
  norn_string guest;
} parties;

static norn_string text(const char *value) { return (norn_string){value, strlen(value)}; }

static bool is(norn_string left, const char *right) {
  return left.count == strlen(right) && memcmp(left.data, right, left.count) == 0;
}

/* ---- The local count ---- */

static norn_status take_count(void *context, norn_bytes bytes, norn_error *error) {
  if (bytes.count != sizeof(uint64_t)) {
    return count_fail(error, NORN_DATA_LOSS, NORN_ERROR_PEER_FAULT, "a count is not eight bytes long");
  }
  memcpy(context, bytes.data, bytes.count);
  return NORN_OK;
}

/* Counts the rows of the input with the kernel, wherever the engine runs it. */
static norn_status count_rows(const instance *self, uint64_t *rows, norn_error *error) {
  const norn_engine *engine = NULL;
  void *session = NULL;
  uint64_t table = 0;
  norn_kernel_reference kernel = {.struct_size = sizeof kernel};
  const norn_bytes no_closure = {NULL, 0};
  const norn_sink sink = {sizeof sink, 0, rows, take_count};
  norn_status status = self->engine->session(self->host, &engine, &session, error);
  if (status == NORN_OK) status = self->artifacts->open_table(self->host, text("data"), 0, &table, error);
  if (status == NORN_OK) status = self->engine->kernel(self->host, text("rows"), no_closure, &kernel, error);
  *rows = 0;
  if (status == NORN_OK) status = engine->reduce(session, table, &kernel, &sink, error);
  return status;
}

/* ---- The exchange ---- */

static bool read_parties(norn_bytes encoded, parties *out) {
  uint64_t at = 0;
  uint64_t roles;
  *out = (parties){.host_count = 0};
  if (!cbor_take(encoded, &at, CBOR_MAP, &roles)) return false;
  for (uint64_t index = 0; index < roles; index++) {
    norn_string role;
    uint64_t count;
    if (!cbor_take_text(encoded, &at, &role) || !cbor_take(encoded, &at, CBOR_ARRAY, &count)) return false;
    for (uint64_t place = 0; place < count; place++) {
      norn_string party;
      if (!cbor_take_text(encoded, &at, &party)) return false;
      if (is(role, "guest")) out->guest = party;
      if (is(role, "host") && out->host_count < HOSTS_LIMIT) out->hosts[out->host_count++] = party;
    }
  }
  return out->guest.count > 0;
}

static norn_status collect_counts(const instance *self, const parties *all, uint64_t *total, norn_error *error) {
  uint64_t tickets[HOSTS_LIMIT];
  uint8_t done[HOSTS_LIMIT];
  const norn_federation *federation = self->federation;
  norn_status status = NORN_OK;
  for (uint64_t index = 0; index < all->host_count && status == NORN_OK; index++) {
    status = federation->post(self->host, text("rows"), text("0"), text("host"), all->hosts[index], &tickets[index],
                              error);
  }
  if (status == NORN_OK && all->host_count > 0) {
    status = federation->wait(self->host, tickets, all->host_count, NORN_WAIT_ALL, NORN_NO_TIMEOUT, done, error);
  }
  for (uint64_t index = 0; index < all->host_count && status == NORN_OK; index++) {
    uint64_t rows = 0;
    const norn_sink sink = {sizeof sink, 0, &rows, take_count};
    status = federation->take(self->host, tickets[index], &sink, error);
    *total += rows;
  }
  return status;
}

static norn_status publish(const instance *self, uint64_t total, norn_error *error) {
  cbor_writer metric = {.count = 0};
  cbor_put(&metric, CBOR_MAP, 5);
  cbor_put_text(&metric, "meta");
  cbor_put(&metric, CBOR_MAP, 0);
  cbor_put_text(&metric, "name");
  cbor_put_text(&metric, "row_count");
  cbor_put_text(&metric, "type");
  cbor_put_text(&metric, "COUNT");
  cbor_put_text(&metric, "points");
  cbor_put(&metric, CBOR_ARRAY, 1);
  cbor_put(&metric, CBOR_ARRAY, 2);
  cbor_put_text(&metric, "total");
  cbor_put(&metric, CBOR_INTEGER, total);
  cbor_put_text(&metric, "namespace");
  cbor_put_text(&metric, "train");
  cbor_writer summary = {.count = 0};
  cbor_put(&summary, CBOR_MAP, 1);
  cbor_put_text(&summary, "total");
  cbor_put(&summary, CBOR_INTEGER, total);
  norn_status status = self->tracking->metric(self->host, (norn_bytes){metric.bytes, metric.count}, error);
  if (status == NORN_OK) {
    status = self->tracking->summary(self->host, (norn_bytes){summary.bytes, summary.count}, error);
  }
  return status;
}

static norn_status run(void *context, norn_error *error) {
  const instance *self = context;
  parties all;
  uint64_t rows = 0;
  if (!read_parties(self->task->parties, &all)) {
    return count_fail(error, NORN_INVALID_ARGUMENT, NORN_ERROR_USER_FAULT, "the job has no guest to count for");
  }
  norn_status status = count_rows(self, &rows, error);
  if (status != NORN_OK) return status;
  if (!is(self->task->role, "guest")) {
    const norn_bytes bytes = {(const uint8_t *)&rows, sizeof rows};
    return self->federation->send(self->host, text("rows"), text("0"), text("guest"), all.guest, bytes, error);
  }
  uint64_t total = rows;
  status = collect_counts(self, &all, &total, error);
  if (status != NORN_OK) return status;
  char line[96];
  const int length = snprintf(line, sizeof line, "%llu rows at all parties", (unsigned long long)total);
  self->host->log(self->host, NORN_LOG_INFO, (norn_string){line, (uint64_t)length});
  return publish(self, total, error);
}

/* ---- The vtable ---- */

static norn_status describe(const norn_component *component, const norn_sink *sink, norn_error *error) {
  (void)component;
  cbor_writer out = {.count = 0};
  cbor_put(&out, CBOR_MAP, 6);
  cbor_put_text(&out, "name");
  cbor_put_text(&out, "CountExample");
  cbor_put_text(&out, "roles");
  cbor_put(&out, CBOR_ARRAY, 2);
  cbor_put_text(&out, "guest");
  cbor_put_text(&out, "host");
  cbor_put_text(&out, "inputs");
  cbor_put(&out, CBOR_ARRAY, 1);
  cbor_put_text(&out, "data");
  cbor_put_text(&out, "kernels");
  cbor_put(&out, CBOR_ARRAY, 1);
  cbor_put(&out, CBOR_MAP, 2);
  cbor_put_text(&out, "name");
  cbor_put_text(&out, "rows");
  cbor_put_text(&out, "revision");
  cbor_put(&out, CBOR_INTEGER, 1);
  cbor_put_text(&out, "outputs");
  cbor_put(&out, CBOR_ARRAY, 0);
  cbor_put_text(&out, "parameters");
  cbor_put(&out, CBOR_MAP, 1);
  cbor_put_text(&out, "note");
  cbor_put_text(&out, "");
  return sink->write(sink->context, (norn_bytes){out.bytes, out.count}, error);
}

/* The extensions that the manifest asks for, or which one is missing. */
static const char *find_extensions(instance *self) {
  const norn_host *host = self->host;
  self->artifacts = host->get_extension(host, text(NORN_ARTIFACTS_ID), NORN_ARTIFACTS_REVISION);
  self->engine = host->get_extension(host, text(NORN_ENGINE_ACCESS_ID), NORN_ENGINE_ACCESS_REVISION);
  self->federation = host->get_extension(host, text(NORN_FEDERATION_ID), NORN_FEDERATION_REVISION);
  self->tracking = host->get_extension(host, text(NORN_TRACKING_ID), NORN_TRACKING_REVISION);
  if (self->artifacts == NULL) return "norn.artifacts is not granted";
  if (self->engine == NULL) return "norn.engine is not granted";
  if (self->federation == NULL) return "norn.federation is not granted";
  return self->tracking == NULL ? "norn.tracking is not granted" : NULL;
}

static norn_status create(const norn_component *component, const norn_host *host, const norn_task *task,
                          void **out, norn_error *error) {
  (void)component;
  instance *self = calloc(1, sizeof *self);
  if (self == NULL) return count_fail(error, NORN_RESOURCE_EXHAUSTED, 0, "no memory for an instance");
  self->host = host;
  self->task = task;
  const char *missing = find_extensions(self);
  if (missing != NULL) {
    free(self);
    return count_fail(error, NORN_PERMISSION_DENIED, NORN_ERROR_HOST_FAULT, missing);
  }
  *out = self;
  return NORN_OK;
}

/* Every call that blocks is the host's, and ends by itself when the attempt is cancelled. */
static void cancel(void *context, uint32_t reason) { (void)context, (void)reason; }

static const norn_kernel *const kernels[] = {&count_rows_kernel};

const norn_component count_component = {
    .struct_size = sizeof(norn_component),
    .kernel_count = 1,
    .name = {"CountExample", 12},
    .context = NULL,
    .kernels = kernels,
    .describe = describe,
    .create = create,
    .run = run,
    .cancel = cancel,
    .destroy = free,
};
