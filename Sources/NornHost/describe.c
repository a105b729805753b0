/* Describe mode: what a plugin says about itself, for admission. */
#include <string.h>

#include "attempt.h"

#define DESCRIPTION_MAX_BYTES 1048576u

static norn_status write_description(norn_cbor_writer *writer, norn_payload_builder *builder, norn_status status,
                                     norn_string name, norn_error *error) {
  if (status != NORN_OK) return status;
  if (builder->count == 0 || builder->count > DESCRIPTION_MAX_BYTES)
    return norn_fail(error, NORN_FAILED_PRECONDITION, HOST_DOMAIN, "%.*s describes itself in %llu bytes",
                     (int)name.count, name.data, (unsigned long long)builder->count);
  norn_bytes bytes = {builder->data, builder->count};
  norn_cbor checked;
  status = norn_cbor_parse(bytes, &checked, error);
  if (status == NORN_OK) norn_cbor_write_bytes(writer, bytes);
  return status;
}

static norn_status describe_components(const norn_plugin *plugin, norn_cbor_writer *writer, norn_error *error) {
  norn_status status = NORN_OK;
  norn_cbor_array_begin(writer);
  for (uint32_t i = 0; status == NORN_OK && i < plugin->component_count; i++) {
    const norn_component *component = plugin->components[i];
    norn_payload_builder builder = {.fd = -1};
    norn_sink sink = {sizeof sink, 0, &builder, norn_payload_builder_write};
    status = component->describe(component, &sink, error);
    status = write_description(writer, &builder, status, component->name, error);
    norn_payload_builder_free(&builder);
  }
  norn_cbor_array_end(writer);
  return status;
}

static norn_status describe_engines(const norn_plugin *plugin, norn_cbor_writer *writer, norn_error *error) {
  norn_status status = NORN_OK;
  norn_cbor_array_begin(writer);
  for (uint32_t i = 0; status == NORN_OK && i < plugin->engine_count; i++) {
    const norn_engine *engine = plugin->engines[i];
    norn_payload_builder builder = {.fd = -1};
    norn_sink sink = {sizeof sink, 0, &builder, norn_payload_builder_write};
    status = engine->describe(engine, &sink, error);
    status = write_description(writer, &builder, status, engine->name, error);
    norn_payload_builder_free(&builder);
  }
  norn_cbor_array_end(writer);
  return status;
}

static norn_status write_plugin(const norn_plugin *plugin, norn_cbor_writer *writer, norn_error *error) {
  norn_cbor_map_begin(writer);
  norn_cbor_key(writer, "plugin");
  norn_cbor_map_begin(writer);
  norn_cbor_key(writer, "id");
  norn_cbor_write_text(writer, plugin->id);
  norn_cbor_key(writer, "version");
  norn_cbor_write_text(writer, plugin->version);
  norn_cbor_key(writer, "level_min");
  norn_cbor_write_integer(writer, plugin->level_min);
  norn_cbor_key(writer, "level_built");
  norn_cbor_write_integer(writer, plugin->level_built);
  norn_cbor_map_end(writer);
  norn_cbor_key(writer, "components");
  norn_status status = describe_components(plugin, writer, error);
  norn_cbor_key(writer, "engines");
  if (status == NORN_OK) status = describe_engines(plugin, writer, error);
  norn_cbor_map_end(writer);
  if (status == NORN_OK && writer->failed)
    status = norn_fail(error, NORN_RESOURCE_EXHAUSTED, HOST_DOMAIN, "the description cannot be held");
  return status;
}

norn_status norn_attempt_describe(norn_attempt *attempt, norn_error *error) {
  norn_cbor_writer description = {0}, packet;
  norn_payload payload;
  norn_status status = NORN_OK;
  norn_attempt_phase(attempt, NORN_PHASE_LOADING);
  attempt->plugin = attempt->options->component_plugin;
  if (attempt->plugin == NULL)
    status = norn_plugin_load(attempt, &attempt->start.component_plugin, &attempt->plugin, error);
  if (status != NORN_OK) return status;
  if (attempt->options->loaded != NULL)
    attempt->options->loaded(attempt->options->context, &attempt->start, attempt->box);
  norn_attempt_phase(attempt, NORN_PHASE_DESCRIBING);
  norn_error_clear(error);
  status = write_plugin(attempt->plugin, &description, error);
  norn_bytes bytes = norn_cbor_written(&description);
  if (status == NORN_OK) status = norn_payload_of_bytes(bytes, attempt->start.scratch, &payload, error);
  if (status == NORN_OK) {
    norn_notice_begin(&packet, "described");
    status = norn_notice_finish(&attempt->channel, &packet, &payload, error);
    norn_payload_free(&payload);
  } else if (error->message_count == 0) {
    norn_fail(error, status, HOST_DOMAIN, "describe failed with status %u and said nothing", status);
  }
  norn_cbor_writer_free(&description);
  return status;
}
