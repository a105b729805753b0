/* What a plugin with one engine says of itself. */
#include "cbor.h"
#include "engine_tables.h"
#include "limits.h"

#define TEXT(literal) literal, sizeof(literal) - 1
#define DESCRIPTION_MAX_BYTES 512u

norn_status tables_engine_describe(const norn_engine *engine, const norn_sink *sink, norn_error *error) {
  if (engine == NULL || sink == NULL || sink->write == NULL) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "describe needs an engine and a sink");
  }
  uint8_t bytes[DESCRIPTION_MAX_BYTES];
  tables_cbor cbor = {.bytes = bytes, .capacity = sizeof bytes};
  tables_cbor_head(&cbor, TABLES_CBOR_MAP, 5);
  tables_cbor_text(&cbor, TEXT("name"));
  tables_cbor_text(&cbor, engine->name.data, engine->name.count);
  tables_cbor_text(&cbor, TEXT("durable"));
  bytes[cbor.count++] = 0xf5; /* true */
  tables_cbor_text(&cbor, TEXT("distributed"));
  bytes[cbor.count++] = 0xf4; /* false */
  tables_cbor_text(&cbor, TEXT("key_max_bytes"));
  tables_cbor_head(&cbor, TABLES_CBOR_UNSIGNED, TABLES_KEY_MAX_BYTES);
  tables_cbor_text(&cbor, TEXT("partitions_max"));
  tables_cbor_head(&cbor, TABLES_CBOR_UNSIGNED, TABLES_PARTITIONS_MAX);
  return sink->write(sink->context, (norn_bytes){bytes, cbor.count}, error);
}

norn_status tables_plugin_entry(const norn_plugin *plugin, uint32_t level_low, uint32_t level_high,
                                const norn_plugin **out, norn_error *error) {
  if (out == NULL) return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "no place for the plugin");
  if (level_high < plugin->level_min || level_low > plugin->level_built) {
    return tables_fail(error, NORN_FAILED_PRECONDITION, 0,
                       "the host speaks ABI levels %u to %u, this plugin %u to %u", level_low, level_high,
                       plugin->level_min, plugin->level_built);
  }
  *out = plugin;
  return NORN_OK;
}
