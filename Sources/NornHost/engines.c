/* Engine sessions of an attempt, its own and those of other engines whose tables it is given. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "attempt.h"

#define SESSION_BYTES 512

static void append_field(char *out, const norn_attempt *attempt, const char *field) {
  norn_cbor value = norn_cbor_get(&attempt->start.attempt, field);
  norn_string text = norn_cbor_string(&value);
  size_t used = strlen(out);
  if (value.kind == NORN_CBOR_INTEGER)
    snprintf(out + used, SESSION_BYTES - used, "%s%lld", used > 0 ? "_" : "", (long long)value.integer);
  else
    snprintf(out + used, SESSION_BYTES - used, "%s%.*s", used > 0 ? "_" : "", (int)text.count, text.data);
}

norn_status norn_engine_open(norn_attempt *attempt, const norn_plugin *plugin, norn_string name, bool foreign,
                             norn_opened_engine *out, norn_error *error) {
  char session[SESSION_BYTES] = "", scratch[PATH_BYTES_MAX];
  static const uint8_t empty_map[1] = {0xa0};
  norn_bytes no_options = {empty_map, sizeof empty_map};
  norn_cbor options = norn_cbor_get(&attempt->start.map, "engine_options");
  const norn_start *start = &attempt->start;
  append_field(session, attempt, "job");
  append_field(session, attempt, "task");
  append_field(session, attempt, "role");
  append_field(session, attempt, "party");
  append_field(session, attempt, "attempt");
  snprintf(scratch, sizeof scratch, "%.*s", (int)start->scratch.count, start->scratch.data);
  if (foreign) {
    snprintf(scratch, sizeof scratch, "%.*s/foreign_%.*s", (int)start->scratch.count, start->scratch.data,
             (int)(name.count < 64 ? name.count : 64), name.data);
    if (mkdir(scratch, 0700) != 0 && errno != EEXIST)
      return norn_fail(error, NORN_INTERNAL, HOST_DOMAIN, "no scratch folder for an engine: %s", strerror(errno));
  }
  norn_engine_options given = {sizeof given, start->cores, norn_literal(scratch), norn_literal(session), no_options};
  if (!foreign && options.kind == NORN_CBOR_BYTES) given.options = norn_cbor_bytes(&options);
  out->name = name;
  norn_status status = norn_plugin_engine(plugin, name, &out->engine, error);
  if (status != NORN_OK) return status;
  return out->engine->open(out->engine, &attempt->host, &given, &out->session, error);
}

void norn_engine_close(norn_opened_engine *opened) {
  if (opened->session != NULL) opened->engine->close(opened->session);
  opened->session = NULL;
}

/* Finds or opens the engine that an input's table belongs to. Called with attempt->lock held. */
static norn_status foreign_engine(norn_attempt *attempt, norn_string name, norn_opened_engine **out,
                                  norn_error *error) {
  norn_cbor item;
  const uint8_t *position = NULL;
  for (uint32_t i = 0; i < attempt->foreign_count; i++)
    if (norn_same(attempt->foreign[i].name, name)) return *out = &attempt->foreign[i], NORN_OK;
  while (norn_cbor_next(&attempt->start.foreign_engines, &position, &item)) {
    norn_cbor item_name = norn_cbor_get(&item, "name"), path = norn_cbor_get(&item, "path");
    norn_plugin_location location = {.name = norn_cbor_string(&item_name), .path = norn_cbor_string(&path)};
    const norn_plugin *plugin = NULL;
    if (!norn_same(location.name, name)) continue;
    if (attempt->foreign_count == MAX_FOREIGN_ENGINES)
      return norn_fail(error, NORN_RESOURCE_EXHAUSTED, HOST_DOMAIN, "inputs of more than %u engines",
                       MAX_FOREIGN_ENGINES);
    norn_status status = norn_plugin_load(attempt, &location, &plugin, error);
    norn_opened_engine *opened = &attempt->foreign[attempt->foreign_count];
    if (status == NORN_OK) status = norn_engine_open(attempt, plugin, location.name, true, opened, error);
    if (status != NORN_OK) return status;
    attempt->foreign_count++;
    *out = opened;
    return NORN_OK;
  }
  return norn_fail(error, NORN_NOT_FOUND, HOST_DOMAIN, "the input's engine %.*s is not among the foreign engines",
                   (int)name.count, name.data);
}

static norn_status put_batch(void *context, const norn_batch *batch, norn_error *error) {
  void **target = context; /* engine, session, table */
  const norn_engine *engine = target[0];
  return engine->table_put(target[1], *(uint64_t *)target[2], batch, error);
}

static norn_status copy_table(norn_attempt *attempt, norn_opened_engine *from, uint64_t source, uint64_t *out,
                              norn_error *error) {
  norn_table_info info = {.struct_size = sizeof info};
  norn_opened_engine *to = &attempt->engine;
  norn_status status = from->engine->table_info(from->session, source, &info, error);
  if (status != NORN_OK) return status;
  norn_table_spec spec = {sizeof spec, info.partitions, info.partitioner, NORN_TABLE_TEMPORARY};
  if ((status = to->engine->table_create(to->session, &spec, out, error)) != NORN_OK) return status;
  void *target[3] = {(void *)to->engine, to->session, out};
  norn_emit emit = {sizeof emit, 0, target, put_batch};
  status = from->engine->table_scan(from->session, source, NORN_ALL_PARTITIONS, UINT64_MAX, &emit, error);
  if (status == NORN_OK) status = to->engine->table_seal(to->session, *out, error);
  if (status != NORN_OK) to->engine->table_release(to->session, *out);
  return status;
}

norn_status norn_engine_import(norn_attempt *attempt, const norn_cbor *input, uint64_t *table, bool *copied,
                               norn_error *error) {
  norn_cbor engine = norn_cbor_get(input, "engine"), descriptor = norn_cbor_get(input, "descriptor");
  norn_string name = norn_cbor_string(&engine);
  norn_opened_engine *own = &attempt->engine, *foreign = NULL;
  uint64_t source = 0;
  *copied = name.count > 0 && !norn_same(name, own->name);
  if (own->session == NULL)
    return norn_fail(error, NORN_FAILED_PRECONDITION, HOST_DOMAIN, "this attempt has no engine to open tables with");
  if (!*copied) return own->engine->table_open(own->session, norn_cbor_bytes(&descriptor), table, error);
  norn_status status = foreign_engine(attempt, name, &foreign, error);
  if (status != NORN_OK) return status;
  status = foreign->engine->table_open(foreign->session, norn_cbor_bytes(&descriptor), &source, error);
  if (status != NORN_OK) return status;
  status = copy_table(attempt, foreign, source, table, error);
  foreign->engine->table_release(foreign->session, source);
  return status;
}
