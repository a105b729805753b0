#include "count.h"
#include "failure.h"

static const norn_component *const components[] = {&count_component};

static const norn_plugin plugin = {
    .struct_size = sizeof(norn_plugin),
    .level_min = 1,
    .level_built = NORN_LEVEL,
    .component_count = 1,
    .id = {"norn.count", 10},
    .version = {"0.1.0", 5},
    .components = components,
};

norn_status norn_plugin_entry_1(const norn_host *host, uint32_t level_low, uint32_t level_high,
                                const norn_plugin **out, norn_error *error) {
  (void)host;
  if (plugin.level_built < level_low || plugin.level_min > level_high) {
    return count_fail(error, NORN_FAILED_PRECONDITION, 0, "the plugin works at level 1 only; use a host that speaks it");
  }
  *out = &plugin;
  return NORN_OK;
}
