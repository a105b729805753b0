// What the host sees of the plugin: its entry.
#include "component.hpp"

// The lowest level of a host that this plugin works with: that of the newest item of norn.h that it uses. The manifest
// says the same.
static constexpr uint32_t level_needed = 1;

extern "C" __attribute__((visibility("default"))) norn_status norn_plugin_entry_1(const norn_host *,
                                                                                   uint32_t level_low,
                                                                                   uint32_t level_high,
                                                                                   const norn_plugin **out,
                                                                                   norn_error *error) {
  static const norn_component *const components[] = {norn::component<@MODULE@>()};
  static const norn_plugin plugin = {
      sizeof(norn_plugin), level_needed, NORN_LEVEL, 1, norn::string("@NAME@"), norn::string("0.1.0"), components,
      nullptr,             0,            0,
  };
  return norn::enter(plugin, level_low, level_high, out, error);
}
