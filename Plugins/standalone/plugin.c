#include "engine_standalone.h"
#include "lmdb_store.h"

static const norn_engine engine = TABLES_ENGINE("standalone", &standalone_lmdb_store);
static const norn_engine *const engines[] = {&engine};
static const norn_plugin plugin = {.struct_size = sizeof(norn_plugin),
                                   .level_min = NORN_LEVEL,
                                   .level_built = NORN_LEVEL,
                                   .id = {"norn.engine.standalone", 22},
                                   .version = {"0.1.0", 5},
                                   .engines = engines,
                                   .engine_count = 1};

norn_status norn_plugin_entry_1(const norn_host *host, uint32_t level_low, uint32_t level_high,
                                const norn_plugin **out, norn_error *error) {
  (void)host;
  return tables_plugin_entry(&plugin, level_low, level_high, out, error);
}
