/* norn.artifacts: typed inputs and outputs by name. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attempt.h"

#define READ_PIECE_BYTES 1048576u

static norn_status none_such(norn_error *error, const char *what, norn_string name, uint32_t index) {
  return norn_fail(error, NORN_NOT_FOUND, HOST_DOMAIN, "there is no %s %.*s[%u]", what,
                   (int)(name.count < 200 ? name.count : 200), name.data, index);
}

static bool is_kind(const norn_cbor *entry, const char *kind) {
  norn_cbor value = norn_cbor_get(entry, "kind");
  return norn_same(norn_cbor_string(&value), norn_literal(kind));
}

static norn_status find_input(norn_attempt *attempt, norn_string name, uint32_t index, bool table, norn_cbor *out,
                              norn_error *error) {
  const uint8_t *position = NULL;
  while (norn_cbor_next(&attempt->start.inputs, &position, out)) {
    norn_cbor item_name = norn_cbor_get(out, "name"), item_index = norn_cbor_get(out, "index");
    if (norn_same(norn_cbor_string(&item_name), name) && norn_cbor_integer(&item_index, 0) == index &&
        is_kind(out, "table") == table)
      return NORN_OK;
  }
  return none_such(error, table ? "input table" : "input artifact", name, index);
}

static norn_status find_output(norn_attempt *attempt, norn_string name, bool table, norn_cbor *out,
                               norn_error *error) {
  const uint8_t *position = NULL;
  while (norn_cbor_next(&attempt->start.outputs, &position, out)) {
    norn_cbor item_name = norn_cbor_get(out, "name");
    if (norn_same(norn_cbor_string(&item_name), name) && is_kind(out, "table") == table) return NORN_OK;
  }
  return none_such(error, table ? "output table" : "output artifact", name, 0);
}

static void write_entry(norn_cbor_writer *writer, const char *key, const norn_cbor *value) {
  if (value->kind == NORN_CBOR_NONE) return;
  norn_cbor_key(writer, key);
  norn_cbor_write_encoded(writer, norn_cbor_encoded(value));
}

static norn_status inputs(const norn_host *host, const norn_sink *sink, norn_error *error) {
  static const char *const copied[] = {"name", "index", "kind", "from", "rows"};
  norn_attempt *attempt = norn_attempt_of(host);
  norn_cbor_writer writer = {0};
  norn_cbor item, schema;
  const uint8_t *position = NULL;
  norn_black_box_enter(attempt->box, "artifacts.inputs");
  norn_cbor_array_begin(&writer);
  while (norn_cbor_next(&attempt->start.inputs, &position, &item)) {
    norn_cbor_map_begin(&writer);
    for (uint32_t i = 0; i < sizeof copied / sizeof *copied; i++) {
      norn_cbor value = norn_cbor_get(&item, copied[i]);
      write_entry(&writer, copied[i], &value);
    }
    norn_cbor given = norn_cbor_get(&item, "schema");
    if (norn_cbor_parse(norn_cbor_bytes(&given), &schema, NULL) == NORN_OK) write_entry(&writer, "schema", &schema);
    norn_cbor_map_end(&writer);
  }
  norn_cbor_array_end(&writer);
  norn_status status = writer.failed ? norn_fail(error, NORN_RESOURCE_EXHAUSTED, HOST_DOMAIN, "no memory for inputs")
                                     : sink->write(sink->context, norn_cbor_written(&writer), error);
  norn_cbor_writer_free(&writer);
  norn_black_box_leave(attempt->box);
  return status;
}

static norn_status open_table(const norn_host *host, norn_string name, uint32_t index, uint64_t *table,
                              norn_error *error) {
  norn_attempt *attempt = norn_attempt_of(host);
  norn_cbor input;
  bool copied = false;
  norn_black_box_enter(attempt->box, "artifacts.open_table");
  norn_status status = find_input(attempt, name, index, true, &input, error);
  pthread_mutex_lock(&attempt->lock);
  if (status == NORN_OK && attempt->input_count == MAX_INPUT_TABLES)
    status = norn_fail(error, NORN_RESOURCE_EXHAUSTED, HOST_DOMAIN, "more than %u input tables are open",
                       MAX_INPUT_TABLES);
  if (status == NORN_OK) status = norn_engine_import(attempt, &input, table, &copied, error);
  if (status == NORN_OK && !copied) {
    norn_input_table opened = {*table, input};
    attempt->inputs[attempt->input_count++] = opened;
  }
  pthread_mutex_unlock(&attempt->lock);
  norn_black_box_leave(attempt->box);
  return status;
}

static norn_status read_file(const char *path, const norn_sink *sink, norn_error *error) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  uint8_t *piece = malloc(READ_PIECE_BYTES);
  norn_status status = NORN_OK;
  ssize_t count = 1;
  if (fd < 0 || piece == NULL)
    status = norn_fail(error, NORN_DATA_LOSS, HOST_DOMAIN, "an input artifact cannot be opened: %s", strerror(errno));
  while (status == NORN_OK && count > 0) {
    do count = read(fd, piece, READ_PIECE_BYTES);
    while (count < 0 && errno == EINTR);
    norn_bytes bytes = {piece, count < 0 ? 0 : (uint64_t)count};
    if (count < 0)
      status = norn_fail(error, NORN_DATA_LOSS, HOST_DOMAIN, "an input artifact cannot be read: %s", strerror(errno));
    else if (count > 0)
      status = sink->write(sink->context, bytes, error);
  }
  free(piece);
  if (fd >= 0) close(fd);
  return status;
}

static norn_status read_artifact(const norn_host *host, norn_string name, uint32_t index, const norn_sink *sink,
                                 norn_error *error) {
  norn_attempt *attempt = norn_attempt_of(host);
  norn_cbor input;
  char path[PATH_BYTES_MAX];
  norn_black_box_enter(attempt->box, "artifacts.read");
  norn_status status = find_input(attempt, name, index, false, &input, error);
  if (status == NORN_OK) {
    norn_cbor value = norn_cbor_get(&input, "path");
    norn_string text = norn_cbor_string(&value);
    snprintf(path, sizeof path, "%.*s", (int)(text.count < sizeof path ? text.count : 0), text.data);
    status = read_file(path, sink, error);
  }
  norn_black_box_leave(attempt->box);
  return status;
}

/* The descriptor that the engine gives, kept in a small builder. */
static norn_status publish(norn_attempt *attempt, uint64_t table, norn_payload_builder *descriptor,
                           norn_table_info *info, const norn_cbor **alias, norn_error *error) {
  norn_opened_engine *own = &attempt->engine;
  norn_sink sink = {sizeof sink, 0, descriptor, norn_payload_builder_write};
  norn_status status = own->engine->table_info(own->session, table, info, error);
  if (status != NORN_OK) return status;
  pthread_mutex_lock(&attempt->lock);
  for (uint32_t i = 0; i < attempt->input_count; i++)
    if (attempt->inputs[i].table == table) *alias = &attempt->inputs[i].input;
  pthread_mutex_unlock(&attempt->lock);
  if (*alias == NULL) return own->engine->table_publish(own->session, table, &sink, error);
  norn_cbor given = norn_cbor_get(*alias, "descriptor");
  return norn_payload_builder_write(descriptor, norn_cbor_bytes(&given), error);
}

static norn_status tell_table(norn_attempt *attempt, norn_string name, norn_bytes descriptor,
                              const norn_table_info *info, bool alias, norn_bytes schema, norn_error *error) {
  norn_call call;
  norn_payload payload = {schema, -1, schema.count, NULL};
  norn_call_begin(&attempt->channel, &call, "output");
  norn_cbor_key(&call.writer, "name");
  norn_cbor_write_text(&call.writer, name);
  norn_cbor_key(&call.writer, "kind");
  norn_cbor_write_literal(&call.writer, "table");
  norn_cbor_key(&call.writer, "engine");
  norn_cbor_write_text(&call.writer, attempt->engine.name);
  norn_cbor_key(&call.writer, "descriptor");
  norn_cbor_write_bytes(&call.writer, descriptor);
  norn_cbor_key(&call.writer, "rows");
  norn_cbor_write_integer(&call.writer, (int64_t)info->rows);
  norn_cbor_key(&call.writer, "partitions");
  norn_cbor_write_integer(&call.writer, info->partitions);
  norn_cbor_key(&call.writer, "alias");
  norn_cbor_write_bool(&call.writer, alias);
  /* a schema too large for the packet travels beside it */
  bool small = schema.count <= NORN_INLINE_MAX_BYTES - NORN_NAME_MAX_BYTES - PATH_BYTES_MAX;
  norn_status status = NORN_OK;
  if (small) {
    norn_cbor_key(&call.writer, "schema");
    norn_cbor_write_bytes(&call.writer, schema);
  } else {
    status = norn_payload_of_bytes(schema, attempt->start.scratch, &payload, error);
  }
  if (status == NORN_OK) status = norn_call_finish(&attempt->channel, &call, small ? NULL : &payload, false, error);
  norn_call_end(&call);
  norn_payload_free(&payload);
  return status;
}

static norn_status output_table(const norn_host *host, norn_string name, uint64_t table, norn_bytes schema,
                                norn_error *error) {
  norn_attempt *attempt = norn_attempt_of(host);
  norn_payload_builder descriptor = {.scratch = attempt->start.scratch, .fd = -1};
  norn_table_info info = {.struct_size = sizeof info};
  const norn_cbor *alias = NULL;
  norn_cbor output, checked;
  norn_black_box_enter(attempt->box, "artifacts.output_table");
  norn_status status = find_output(attempt, name, true, &output, error);
  if (status == NORN_OK && schema.count > 0) status = norn_cbor_parse(schema, &checked, error);
  if (status == NORN_OK && attempt->engine.session == NULL)
    status = norn_fail(error, NORN_FAILED_PRECONDITION, HOST_DOMAIN, "this attempt has no engine");
  if (status == NORN_OK) status = publish(attempt, table, &descriptor, &info, &alias, error);
  if (status == NORN_OK && (descriptor.fd >= 0 || descriptor.count > PATH_BYTES_MAX))
    status = norn_fail(error, NORN_INTERNAL, HOST_DOMAIN, "the engine's descriptor is longer than %u bytes",
                       PATH_BYTES_MAX);
  norn_bytes bytes = {descriptor.data, descriptor.count};
  if (status == NORN_OK) status = tell_table(attempt, name, bytes, &info, alias != NULL, schema, error);
  norn_payload_builder_free(&descriptor);
  norn_black_box_leave(attempt->box);
  return status;
}

/* Called with attempt->lock held. The file's name is its number: a component's text never becomes a path. */
static norn_status artifact_file(norn_attempt *attempt, norn_string name, norn_artifact_file **out,
                                 norn_error *error) {
  char path[PATH_BYTES_MAX];
  uint32_t number = 0;
  norn_cbor output;
  norn_status status = find_output(attempt, name, false, &output, error);
  if (status != NORN_OK) return status;
  for (norn_artifact_file *file = attempt->files; file != NULL; file = file->next, number++)
    if (norn_same(file->name, name)) return *out = file, NORN_OK;
  norn_cbor output_name = norn_cbor_get(&output, "name");
  snprintf(path, sizeof path, "%.*s/artifacts", (int)attempt->start.scratch.count, attempt->start.scratch.data);
  if (mkdir(path, 0700) != 0 && errno != EEXIST)
    return norn_fail(error, NORN_INTERNAL, HOST_DOMAIN, "no folder for artifacts: %s", strerror(errno));
  snprintf(path, sizeof path, "%.*s/artifacts/%u", (int)attempt->start.scratch.count, attempt->start.scratch.data,
           number);
  norn_artifact_file *file = calloc(1, sizeof *file);
  if (file == NULL || (file->path = strdup(path)) == NULL) {
    free(file);
    return norn_fail(error, NORN_RESOURCE_EXHAUSTED, HOST_DOMAIN, "no memory for an artifact");
  }
  file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  file->name = norn_cbor_string(&output_name);
  file->next = attempt->files;
  attempt->files = file;
  if (file->fd < 0) return norn_fail(error, NORN_INTERNAL, HOST_DOMAIN, "no file for an artifact: %s", strerror(errno));
  *out = file;
  return NORN_OK;
}

static norn_status write_artifact(const norn_host *host, norn_string name, norn_bytes bytes, norn_error *error) {
  norn_attempt *attempt = norn_attempt_of(host);
  norn_artifact_file *file = NULL;
  norn_black_box_enter(attempt->box, "artifacts.write");
  pthread_mutex_lock(&attempt->lock);
  norn_status status = artifact_file(attempt, name, &file, error);
  while (status == NORN_OK && bytes.count > 0) {
    ssize_t written = write(file->fd, bytes.data, bytes.count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      status = norn_fail(error, NORN_RESOURCE_EXHAUSTED, HOST_DOMAIN, "an artifact cannot be written: %s",
                         strerror(errno));
      break;
    }
    bytes.data += written;
    bytes.count -= (uint64_t)written;
  }
  pthread_mutex_unlock(&attempt->lock);
  norn_black_box_leave(attempt->box);
  return status;
}

static norn_status tell_file(norn_attempt *attempt, norn_artifact_file *file, norn_error *error) {
  norn_call call;
  norn_cbor output;
  norn_status status = find_output(attempt, file->name, false, &output, error);
  if (status != NORN_OK) return status;
  if (file->fd < 0 || fsync(file->fd) != 0)
    return norn_fail(error, NORN_DATA_LOSS, HOST_DOMAIN, "an artifact cannot be made durable: %s", strerror(errno));
  norn_cbor kind = norn_cbor_get(&output, "kind");
  norn_call_begin(&attempt->channel, &call, "output");
  norn_cbor_key(&call.writer, "name");
  norn_cbor_write_text(&call.writer, file->name);
  norn_cbor_key(&call.writer, "kind");
  norn_cbor_write_encoded(&call.writer, norn_cbor_encoded(&kind));
  norn_cbor_key(&call.writer, "path");
  norn_cbor_write_literal(&call.writer, file->path);
  status = norn_call_finish(&attempt->channel, &call, NULL, false, error);
  norn_call_end(&call);
  return status;
}

norn_status norn_artifacts_finish(norn_attempt *attempt, norn_error *error) {
  norn_status status = NORN_OK;
  for (norn_artifact_file *file = attempt->files; status == NORN_OK && file != NULL; file = file->next)
    status = tell_file(attempt, file, error);
  return status;
}

void norn_artifacts_discard(norn_attempt *attempt) {
  while (attempt->files != NULL) {
    norn_artifact_file *file = attempt->files;
    attempt->files = file->next;
    if (file->fd >= 0) close(file->fd);
    free(file->path);
    free(file);
  }
}

const norn_artifacts norn_host_artifacts = {
    sizeof(norn_artifacts), 0, inputs, open_table, read_artifact, output_table, write_artifact,
};
