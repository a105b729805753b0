/* FaultProbe: a component that leaves marks of its life outside of its site, meets the other parties, sleeps, and
   hands on a table if it is told to, so that a fault test can tell which attempts really ran, and whether two of one task ever lived at the same time. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "marks.h"
#include "parameters.h"
#include "tables.h"

enum { NAP_MILLISECONDS = 10 };

typedef struct instance {
  const norn_host *host;
  const norn_task *task;
  const norn_artifacts *artifacts;
  const norn_federation *federation;
  const norn_engine_access *engine;
  probe_parameters parameters;
  probe_parties parties;
  probe_identity identity;
} instance;

static norn_string text(const char *value) { return (norn_string){value, strlen(value)}; }

static norn_status fail(norn_error *error, norn_status code, const char *message) {
  if (error == NULL || error->struct_size < sizeof *error) return code;
  memset(error->domain, 0, sizeof error->domain);
  memset(error->message, 0, sizeof error->message);
  memcpy(error->domain, "probe", sizeof "probe");
  strncpy(error->message, message, sizeof error->message - 1);
  error->code = code;
  error->flags = 0;
  error->error_id = 0;
  error->message_count = (uint32_t)strlen(error->message);
  return code;
}

static bool is_guest(const instance *self) {
  return self->task->role.count == 5 && memcmp(self->task->role.data, "guest", 5) == 0;
}

/* ---- The meeting ---- */

static norn_status count_bytes(void *context, norn_bytes bytes, norn_error *error) {
  (void)error;
  *(uint64_t *)context += bytes.count;
  return NORN_OK;
}

static norn_status receive(const instance *self, const char *name, norn_string role, norn_string party,
                           uint64_t *count, norn_error *error) {
  uint64_t ticket;
  uint8_t done;
  const norn_sink sink = {sizeof sink, 0, count, count_bytes};
  const norn_federation *federation = self->federation;
  norn_status status = federation->post(self->host, text(name), text("0"), role, party, &ticket, error);
  if (status == NORN_OK) {
    status = federation->wait(self->host, &ticket, 1, NORN_WAIT_ALL, NORN_NO_TIMEOUT, &done, error);
  }
  return status == NORN_OK ? federation->take(self->host, ticket, &sink, error) : status;
}

static norn_status meet_as_guest(const instance *self, norn_error *error) {
  const norn_bytes go = {(const uint8_t *)"go", 2};
  norn_status status = NORN_OK;
  for (uint64_t index = 0; index < self->parties.count && status == NORN_OK; index++) {
    const probe_party other = self->parties.others[index];
    uint64_t count = 0;
    status = receive(self, "payload", other.role, other.party, &count, error);
    if (status == NORN_OK && count != self->parameters.payload) {
      return fail(error, NORN_DATA_LOSS, "a payload has another size than was sent");
    }
    if (status == NORN_OK) {
      status = self->federation->send(self->host, text("go"), text("0"), other.role, other.party, go, error);
    }
  }
  return status;
}

static norn_status meet_the_guest(const instance *self, norn_error *error) {
  uint8_t *bytes = calloc(1, self->parameters.payload + 1);
  if (bytes == NULL) return fail(error, NORN_RESOURCE_EXHAUSTED, "no memory for the payload");
  norn_status status =
      self->federation->send(self->host, text("payload"), text("0"), text("guest"), self->parties.guest,
                             (norn_bytes){bytes, self->parameters.payload}, error);
  free(bytes);
  uint64_t count = 0;
  return status == NORN_OK ? receive(self, "go", text("guest"), self->parties.guest, &count, error) : status;
}

/* ---- The run ---- */

/* False when it was told to stop. */
static bool nap(const instance *self) {
  char until[PATH_MAX];
  snprintf(until, sizeof until, "%.*s", (int)self->parameters.until.count, self->parameters.until.data);
  const struct timespec pause = {0, NAP_MILLISECONDS * 1000000L};
  for (uint64_t slept = 0; slept < self->parameters.milliseconds; slept += NAP_MILLISECONDS) {
    if (*self->task->cancel_flag != 0) return false;
    if (until[0] != 0 && access(until, F_OK) == 0) return true;
    nanosleep(&pause, NULL);
  }
  return true;
}

/* Reads the table of the task before and writes its own, where it is told to. */
static norn_status handle_tables(const instance *self, norn_error *error) {
  const probe_parameters *parameters = &self->parameters;
  norn_status status = NORN_OK;
  if (parameters->expects > 0) {
    uint64_t rows = 0;
    status = probe_count_input(self->host, self->engine, self->artifacts, &rows, error);
    if (status == NORN_OK && rows != parameters->expects) {
      status = fail(error, NORN_DATA_LOSS, "a table has other rows than were written");
    }
  }
  if (status == NORN_OK && parameters->rows > 0) {
    status = probe_write_table(self->host, self->engine, self->artifacts, parameters->rows, error);
  }
  return status;
}

static norn_status run(void *context, norn_error *error) {
  const instance *self = context;
  if (!probe_begin(&self->identity)) return fail(error, NORN_INTERNAL, "the marks cannot be written");
  norn_status status = is_guest(self) ? meet_as_guest(self, error) : meet_the_guest(self, error);
  if (status == NORN_OK && !nap(self)) status = fail(error, NORN_CANCELLED, "it was told to stop");
  if (status == NORN_OK) status = handle_tables(self, error);
  if (status == NORN_OK) {
    status = self->artifacts->write(self->host, text("model"), (norn_bytes){(const uint8_t *)"probe", 5}, error);
  }
  probe_mark(&self->identity, status == NORN_OK ? "end" : "failed");
  return status;
}

/* ---- The vtable ---- */

static norn_status describe(const norn_component *component, const norn_sink *sink, norn_error *error) {
  (void)component;
  return sink->write(sink->context, probe_description(), error);
}

static norn_status create(const norn_component *component, const norn_host *host, const norn_task *task,
                          void **out, norn_error *error) {
  (void)component;
  instance *self = calloc(1, sizeof *self);
  if (self == NULL) return fail(error, NORN_RESOURCE_EXHAUSTED, "no memory for an instance");
  self->host = host;
  self->task = task;
  self->artifacts = host->get_extension(host, text(NORN_ARTIFACTS_ID), NORN_ARTIFACTS_REVISION);
  self->federation = host->get_extension(host, text(NORN_FEDERATION_ID), NORN_FEDERATION_REVISION);
  self->engine = host->get_extension(host, text(NORN_ENGINE_ACCESS_ID), NORN_ENGINE_ACCESS_REVISION);
  if (self->artifacts == NULL || self->federation == NULL || self->engine == NULL ||
      !probe_read_parameters(task->parameters, &self->parameters) ||
      !probe_read_parties(task->parties, &self->parties) ||
      !probe_identify(task, self->parameters.marks, &self->identity)) {
    free(self);
    return fail(error, NORN_INVALID_ARGUMENT, "the probe's task cannot be read");
  }
  *out = self;
  return NORN_OK;
}

static void cancel(void *context, uint32_t reason) { (void)context, (void)reason; }

static const norn_component probe = {
    .struct_size = sizeof(norn_component),
    .name = {"FaultProbe", 10},
    .describe = describe,
    .create = create,
    .run = run,
    .cancel = cancel,
    .destroy = free,
};

static const norn_component *const components[] = {&probe};

static const norn_plugin plugin = {
    .struct_size = sizeof(norn_plugin),
    .level_min = 1,
    .level_built = NORN_LEVEL,
    .component_count = 1,
    .id = {"test.probe", 10},
    .version = {"0.1.0", 5},
    .components = components,
};

norn_status norn_plugin_entry_1(const norn_host *host, uint32_t level_low, uint32_t level_high,
                                const norn_plugin **out, norn_error *error) {
  (void)host;
  if (plugin.level_built < level_low || plugin.level_min > level_high) {
    return fail(error, NORN_FAILED_PRECONDITION, "the probe works at level 0 only");
  }
  *out = &plugin;
  return NORN_OK;
}
