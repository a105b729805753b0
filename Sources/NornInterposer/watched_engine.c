/* The engine as a component sees it, watched. Opening and closing sessions is the host's: a component that does it is
   shown as "engine.open" or "engine.close", and refused. */
#include "watched.h"

typedef struct watched_session watched_session;

static norn_status show(const watched_session *session, const char *call, norn_error *error) {
  return watched_call(session->host, call, watched_text(""), error);
}

static norn_status describe(const norn_engine *engine, const norn_sink *sink, norn_error *error) {
  (void)engine, (void)sink, (void)error;
  return NORN_PERMISSION_DENIED;
}

static norn_status open_session(const norn_engine *engine, const norn_host *host, const norn_engine_options *options,
                                void **session, norn_error *error) {
  (void)engine, (void)options, (void)session, (void)error;
  watched_notice(watched_host_of(host), "engine.open");
  return NORN_PERMISSION_DENIED;
}

static void cancel(void *session) { ((watched_session *)session)->engine->cancel(((watched_session *)session)->session); }

static void close_session(void *session) { watched_notice(((watched_session *)session)->host, "engine.close"); }

static void table_release(void *context, uint64_t table) {
  watched_session *session = context;
  watched_notice(session->host, "engine.table_release");
  session->engine->table_release(session->session, table);
}

static norn_status table_create(void *context, const norn_table_spec *spec, uint64_t *table, norn_error *error) {
  watched_session *session = context;
  norn_status status = show(session, "engine.table_create", error);
  if (status != NORN_OK) return status;
  return session->engine->table_create(session->session, spec, table, error);
}

static norn_status table_put(void *context, uint64_t table, const norn_batch *batch, norn_error *error) {
  watched_session *session = context;
  norn_status status = show(session, "engine.table_put", error);
  if (status != NORN_OK) return status;
  return session->engine->table_put(session->session, table, batch, error);
}

static norn_status table_seal(void *context, uint64_t table, norn_error *error) {
  watched_session *session = context;
  norn_status status = show(session, "engine.table_seal", error);
  if (status != NORN_OK) return status;
  return session->engine->table_seal(session->session, table, error);
}

static norn_status table_publish(void *context, uint64_t table, const norn_sink *descriptor, norn_error *error) {
  watched_session *session = context;
  norn_status status = show(session, "engine.table_publish", error);
  if (status != NORN_OK) return status;
  return session->engine->table_publish(session->session, table, descriptor, error);
}

static norn_status table_open(void *context, norn_bytes descriptor, uint64_t *table, norn_error *error) {
  watched_session *session = context;
  norn_status status = show(session, "engine.table_open", error);
  if (status != NORN_OK) return status;
  return session->engine->table_open(session->session, descriptor, table, error);
}

static norn_status table_info(void *context, uint64_t table, norn_table_info *info, norn_error *error) {
  watched_session *session = context;
  norn_status status = show(session, "engine.table_info", error);
  if (status != NORN_OK) return status;
  return session->engine->table_info(session->session, table, info, error);
}

static norn_status table_destroy(void *context, uint64_t table, norn_error *error) {
  watched_session *session = context;
  norn_status status = show(session, "engine.table_destroy", error);
  if (status != NORN_OK) return status;
  return session->engine->table_destroy(session->session, table, error);
}

static norn_status table_get(void *context, uint64_t table, const norn_batch *keys, const norn_emit *emit,
                             norn_error *error) {
  watched_session *session = context;
  norn_status status = show(session, "engine.table_get", error);
  if (status != NORN_OK) return status;
  return session->engine->table_get(session->session, table, keys, emit, error);
}

static norn_status table_scan(void *context, uint64_t table, uint32_t partition, uint64_t limit_rows,
                              const norn_emit *emit, norn_error *error) {
  watched_session *session = context;
  norn_status status = show(session, "engine.table_scan", error);
  if (status != NORN_OK) return status;
  return session->engine->table_scan(session->session, table, partition, limit_rows, emit, error);
}

static norn_status map_reduce(void *context, uint64_t table, const norn_kernel_reference *map,
                              const norn_kernel_reference *group, const norn_table_spec *spec, uint64_t *out,
                              norn_error *error) {
  watched_session *session = context;
  norn_status status = show(session, "engine.map_reduce", error);
  if (status != NORN_OK) return status;
  return session->engine->map_reduce(session->session, table, map, group, spec, out, error);
}

static norn_status zip(void *context, uint64_t left, uint64_t right, uint32_t mode,
                       const norn_kernel_reference *kernel, const norn_table_spec *spec, uint64_t *out,
                       norn_error *error) {
  watched_session *session = context;
  norn_status status = show(session, "engine.zip", error);
  if (status != NORN_OK) return status;
  return session->engine->zip(session->session, left, right, mode, kernel, spec, out, error);
}

static norn_status reduce(void *context, uint64_t table, const norn_kernel_reference *kernel,
                          const norn_sink *result, norn_error *error) {
  watched_session *session = context;
  norn_status status = show(session, "engine.reduce", error);
  if (status != NORN_OK) return status;
  return session->engine->reduce(session->session, table, kernel, result, error);
}

static norn_status repartition(void *context, uint64_t table, const norn_table_spec *spec, uint64_t *out,
                               norn_error *error) {
  watched_session *session = context;
  norn_status status = show(session, "engine.repartition", error);
  if (status != NORN_OK) return status;
  return session->engine->repartition(session->session, table, spec, out, error);
}

void watched_engine_make(watched_host *host) {
  norn_engine table = *host->session.engine;
  table.struct_size = sizeof table;
  table.describe = describe;
  table.open = open_session;
  table.cancel = cancel;
  table.close = close_session;
  table.table_release = table_release;
  table.table_create = table_create;
  table.table_put = table_put;
  table.table_seal = table_seal;
  table.table_publish = table_publish;
  table.table_open = table_open;
  table.table_info = table_info;
  table.table_destroy = table_destroy;
  table.table_get = table_get;
  table.table_scan = table_scan;
  table.map_reduce = map_reduce;
  table.zip = zip;
  table.reduce = reduce;
  table.repartition = repartition;
  host->engine = table;
}
