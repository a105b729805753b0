/* A plugin of the future: its entry answers, but it needs a level that no host of today has. */
#include "norn.h"

static const norn_plugin plugin = {
    .struct_size = sizeof(norn_plugin),
    .level_min = NORN_LEVEL + 7,
    .level_built = NORN_LEVEL + 9,
    .id = {"test.later", 10},
    .version = {"9.0.0", 5},
};

norn_status norn_plugin_entry_1(const norn_host *host, uint32_t level_low, uint32_t level_high,
                                const norn_plugin **out, norn_error *error) {
  (void)host, (void)level_low, (void)level_high, (void)error;
  *out = &plugin;
  return NORN_OK;
}
