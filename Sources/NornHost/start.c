/* The start message, checked field by field. */
#include <string.h>

#include "attempt.h"

static norn_status bad(norn_error *error, const char *field, const char *what) {
  return norn_fail(error, NORN_INVALID_ARGUMENT, HOST_DOMAIN, "start.%s: %s", field, what);
}

static norn_status parse_location(const norn_cbor *map, const char *field, norn_plugin_location *out,
                                  norn_error *error) {
  norn_cbor path = norn_cbor_get(map, "path"), sha256 = norn_cbor_get(map, "sha256");
  norn_cbor name = norn_cbor_get(map, "name"), identity = norn_cbor_get(map, "identity"), item;
  const uint8_t *position = NULL;
  memset(out, 0, sizeof *out);
  if (map->kind == NORN_CBOR_NONE) return NORN_OK;
  out->path = norn_cbor_string(&path);
  out->sha256 = norn_cbor_bytes(&sha256);
  out->name = norn_cbor_string(&name);
  if (out->path.count >= PATH_BYTES_MAX) return bad(error, field, "the path is too long");
  if (sha256.kind != NORN_CBOR_BYTES || out->sha256.count != 32) return bad(error, field, "sha256 is not 32 bytes");
  if (identity.kind != NORN_CBOR_ARRAY) return NORN_OK;
  if (identity.count != 4) return bad(error, field, "identity is not [device, inode, bytes, nanoseconds]");
  out->has_identity = true;
  for (uint32_t i = 0; norn_cbor_next(&identity, &position, &item); i++)
    out->identity[i] = (uint64_t)norn_cbor_integer(&item, -1);
  return NORN_OK;
}

static norn_status parse_count(const norn_cbor *map, const char *field, int64_t otherwise, int64_t low, int64_t high,
                               int64_t *out, norn_error *error) {
  norn_cbor value = norn_cbor_get(map, field);
  if (value.kind != NORN_CBOR_NONE && value.kind != NORN_CBOR_NULL && value.kind != NORN_CBOR_INTEGER)
    return bad(error, field, "is not an integer");
  *out = norn_cbor_integer(&value, otherwise);
  return *out < low || *out > high ? bad(error, field, "is out of range") : NORN_OK;
}

static norn_status parse_mode(norn_start *start, norn_error *error) {
  norn_cbor mode = norn_cbor_get(&start->map, "mode");
  norn_string name = norn_cbor_string(&mode);
  if (norn_same(name, norn_literal("run"))) start->mode = NORN_MODE_RUN;
  if (norn_same(name, norn_literal("describe"))) start->mode = NORN_MODE_DESCRIBE;
  if (norn_same(name, norn_literal("kernels"))) start->mode = NORN_MODE_KERNELS;
  return start->mode == 0 ? bad(error, "mode", "is none of run, describe, kernels") : NORN_OK;
}

static void parse_sandbox(norn_start *start) {
  norn_cbor sandbox = norn_cbor_get(&start->map, "sandbox");
  norn_cbor network = norn_cbor_get(&sandbox, "network"), landlock = norn_cbor_get(&sandbox, "landlock");
  norn_cbor seccomp = norn_cbor_get(&sandbox, "seccomp"), required = norn_cbor_get(&sandbox, "required");
  norn_cbor mounts = norn_cbor_get(&sandbox, "mounts");
  start->sandbox_network = norn_cbor_bool(&network, true);
  start->sandbox_landlock = norn_cbor_bool(&landlock, true);
  start->sandbox_seccomp = norn_cbor_bool(&seccomp, true);
  start->sandbox_mounts = norn_cbor_bool(&mounts, false);
  start->sandbox_required = norn_cbor_bool(&required, false);
}

norn_status norn_start_parse(norn_bytes bytes, norn_start *out, norn_error *error) {
  int64_t memory = 0, cores = 0, partitions = 0, live_until = 0;
  memset(out, 0, sizeof *out);
  norn_status status = norn_cbor_parse(bytes, &out->map, error);
  if (status != NORN_OK) return status;
  norn_cbor order = norn_cbor_get(&out->map, "do");
  if (!norn_same(norn_cbor_string(&order), norn_literal("start"))) return bad(error, "do", "is not \"start\"");
  norn_cbor plugin = norn_cbor_get(&out->map, "component_plugin"), engine = norn_cbor_get(&out->map, "engine_plugin");
  norn_cbor name = norn_cbor_get(&out->map, "engine"), scratch = norn_cbor_get(&out->map, "scratch");
  if ((status = parse_mode(out, error)) != NORN_OK) return status;
  if ((status = parse_location(&plugin, "component_plugin", &out->component_plugin, error)) != NORN_OK) return status;
  if ((status = parse_location(&engine, "engine_plugin", &out->engine_plugin, error)) != NORN_OK) return status;
  if ((status = parse_count(&out->map, "memory_bytes", 0, 0, INT64_MAX, &memory, error)) != NORN_OK) return status;
  if ((status = parse_count(&out->map, "cores", 1, 1, 4096, &cores, error)) != NORN_OK) return status;
  if ((status = parse_count(&out->map, "partitions", 4, 1, 65536, &partitions, error)) != NORN_OK) return status;
  if ((status = parse_count(&out->map, "live_until", 0, 0, INT64_MAX, &live_until, error)) != NORN_OK) return status;
  out->attempt = norn_cbor_get(&out->map, "attempt");
  norn_cbor component = norn_cbor_get(&out->attempt, "component");
  out->component = norn_cbor_string(&component);
  out->engine = norn_cbor_string(&name);
  out->scratch = norn_cbor_string(&scratch);
  out->inputs = norn_cbor_get(&out->map, "inputs");
  out->outputs = norn_cbor_get(&out->map, "outputs");
  out->foreign_engines = norn_cbor_get(&out->map, "foreign_engines");
  out->read_paths = norn_cbor_get(&out->map, "read");
  out->extensions = norn_cbor_get(&out->map, "extensions");
  out->memory_bytes = (uint64_t)memory;
  out->live_until = (uint64_t)live_until;
  out->cores = (uint32_t)cores;
  out->partitions = (uint32_t)partitions;
  parse_sandbox(out);
  if (out->scratch.count >= PATH_BYTES_MAX / 2) return bad(error, "scratch", "the path is too long");
  if (out->mode != NORN_MODE_RUN) return NORN_OK;
  if (out->component.count == 0) return bad(error, "attempt.component", "is missing");
  if (out->scratch.count == 0 || out->scratch.data[0] != '/') return bad(error, "scratch", "is not an absolute path");
  return NORN_OK;
}
