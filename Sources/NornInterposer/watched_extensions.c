/* The host's extensions, watched: each call is shown, then passed on. */
#include <pthread.h>

#include "watched.h"

/* Sessions are asked for from any thread; the table that stands for the engine is made by the first. */
static pthread_mutex_t making_engine = PTHREAD_MUTEX_INITIALIZER;

static norn_status artifacts_inputs(const norn_host *host, const norn_sink *sink, norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "artifacts.inputs", watched_text(""), error);
  if (status != NORN_OK) return status;
  return watched->artifacts->inputs(watched->original, sink, error);
}

static norn_status artifacts_open_table(const norn_host *host, norn_string name, uint32_t index, uint64_t *table,
                                        norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "artifacts.open_table", name, error);
  if (status != NORN_OK) return status;
  return watched->artifacts->open_table(watched->original, name, index, table, error);
}

static norn_status artifacts_read(const norn_host *host, norn_string name, uint32_t index, const norn_sink *sink,
                                  norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "artifacts.read", name, error);
  if (status != NORN_OK) return status;
  return watched->artifacts->read(watched->original, name, index, sink, error);
}

static norn_status artifacts_output_table(const norn_host *host, norn_string name, uint64_t table,
                                          norn_bytes schema, norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "artifacts.output_table", name, error);
  if (status != NORN_OK) return status;
  return watched->artifacts->output_table(watched->original, name, table, schema, error);
}

static norn_status artifacts_write(const norn_host *host, norn_string name, norn_bytes bytes, norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "artifacts.write", name, error);
  if (status != NORN_OK) return status;
  return watched->artifacts->write(watched->original, name, bytes, error);
}

static norn_status federation_send(const norn_host *host, norn_string name, norn_string tag, norn_string role,
                                   norn_string party, norn_bytes bytes, norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "federation.send", name, error);
  if (status != NORN_OK) return status;
  return watched->federation->send(watched->original, name, tag, role, party, bytes, error);
}

static norn_status federation_send_table(const norn_host *host, norn_string name, norn_string tag, norn_string role,
                                         norn_string party, uint64_t table, norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "federation.send_table", name, error);
  if (status != NORN_OK) return status;
  return watched->federation->send_table(watched->original, name, tag, role, party, table, error);
}

static norn_status federation_post(const norn_host *host, norn_string name, norn_string tag, norn_string role,
                                   norn_string party, uint64_t *ticket, norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "federation.post", name, error);
  if (status != NORN_OK) return status;
  return watched->federation->post(watched->original, name, tag, role, party, ticket, error);
}

static norn_status federation_wait(const norn_host *host, const uint64_t *tickets, uint64_t count, uint32_t mode,
                                   uint64_t timeout_milliseconds, uint8_t *done, norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "federation.wait", watched_text(""), error);
  if (status != NORN_OK) return status;
  return watched->federation->wait(watched->original, tickets, count, mode, timeout_milliseconds, done, error);
}

static norn_status federation_take(const norn_host *host, uint64_t ticket, const norn_sink *sink,
                                   norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "federation.take", watched_text(""), error);
  if (status != NORN_OK) return status;
  return watched->federation->take(watched->original, ticket, sink, error);
}

static norn_status federation_take_table(const norn_host *host, uint64_t ticket, uint64_t *table,
                                         norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "federation.take_table", watched_text(""), error);
  if (status != NORN_OK) return status;
  return watched->federation->take_table(watched->original, ticket, table, error);
}

static void federation_drop(const norn_host *host, uint64_t ticket) {
  const watched_host *watched = watched_host_of(host);
  watched_notice(watched, "federation.drop");
  watched->federation->drop(watched->original, ticket);
}

static norn_status tracking_metric(const norn_host *host, norn_bytes metric, norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "tracking.metric", watched_text(""), error);
  if (status != NORN_OK) return status;
  return watched->tracking->metric(watched->original, metric, error);
}

static norn_status tracking_progress(const norn_host *host, uint64_t done, uint64_t total, norn_string what,
                                     norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "tracking.progress", watched_text(""), error);
  if (status != NORN_OK) return status;
  return watched->tracking->progress(watched->original, done, total, what, error);
}

static norn_status tracking_summary(const norn_host *host, norn_bytes bytes, norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "tracking.summary", watched_text(""), error);
  if (status != NORN_OK) return status;
  return watched->tracking->summary(watched->original, bytes, error);
}

static norn_status tracking_model(const norn_host *host, norn_string name, norn_bytes bytes, norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "tracking.model", name, error);
  if (status != NORN_OK) return status;
  return watched->tracking->model(watched->original, name, bytes, error);
}

static norn_status engine_session(const norn_host *host, const norn_engine **engine, void **session,
                                  norn_error *error) {
  watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "engine.session", watched_text(""), error);
  if (status != NORN_OK) return status;
  pthread_mutex_lock(&making_engine);
  if (watched->engine.struct_size == 0) {
    status = watched->engine_access->session(watched->original, &watched->session.engine, &watched->session.session,
                                             error);
    if (status == NORN_OK) watched_engine_make(watched);
  }
  pthread_mutex_unlock(&making_engine);
  if (status != NORN_OK) return status;
  *engine = &watched->engine;
  *session = &watched->session;
  return NORN_OK;
}

static norn_status engine_kernel(const norn_host *host, norn_string name, norn_bytes closure,
                                 norn_kernel_reference *out, norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "engine.kernel", name, error);
  if (status != NORN_OK) return status;
  return watched->engine_access->kernel(watched->original, name, closure, out, error);
}

static uint32_t workers_width(const norn_host *host) {
  const watched_host *watched = watched_host_of(host);
  watched_notice(watched, "workers.width");
  return watched->workers->width(watched->original);
}

static norn_status workers_parallel_for(const norn_host *host, uint64_t count, void *context,
                                        norn_status (*body)(void *context, uint64_t index, norn_error *error),
                                        norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "workers.parallel_for", watched_text(""), error);
  if (status != NORN_OK) return status;
  return watched->workers->parallel_for(watched->original, count, context, body, error);
}

const norn_artifacts watched_artifacts = {sizeof(norn_artifacts), 0, artifacts_inputs, artifacts_open_table,
                                          artifacts_read, artifacts_output_table, artifacts_write};
const norn_engine_access watched_engine_access = {sizeof(norn_engine_access), 0, engine_session, engine_kernel};
const norn_federation watched_federation = {
    sizeof(norn_federation), 0, federation_send, federation_send_table, federation_post, federation_wait,
    federation_take, federation_take_table, federation_drop};
const norn_tracking watched_tracking = {sizeof(norn_tracking), 0, tracking_metric, tracking_progress,
                                        tracking_summary, tracking_model};
const norn_workers watched_workers = {sizeof(norn_workers), 0, workers_width, workers_parallel_for};
