/* A component that does what no component may: the site must go on, and say what it was. */
#include <stdlib.h>
#include <string.h>

#include "deeds.h"

static norn_string text(const char *value) { return (norn_string){value, strlen(value)}; }

/* The text of a member of a small map of texts; longer heads than one byte and its length do not come here. */
static norn_string member(norn_bytes map, const char *name) {
  const norn_string none = {NULL, 0};
  uint64_t at = 1;
  if (map.count == 0 || map.data[0] >> 5 != 5) return none;
  norn_string texts[2];
  for (int members = map.data[0] & 31; members > 0; members--) {
    for (int side = 0; side < 2; side++) {
      if (at >= map.count || map.data[at] >> 5 != 3) return none;
      uint64_t count = map.data[at++] & 31;
      if (count == 24 && at < map.count) count = map.data[at++];
      if (count > map.count - at) return none;
      texts[side] = (norn_string){(const char *)map.data + at, count};
      at += count;
    }
    if (texts[0].count == strlen(name) && memcmp(texts[0].data, name, texts[0].count) == 0) return texts[1];
  }
  return none;
}

static norn_status describe(const norn_component *component, const norn_sink *sink, norn_error *error) {
  static const uint8_t bytes[] =
      "\xa6"
      "\x64name\x67Hostile"
      "\x65roles\x82\x65guest\x64host"
      "\x66inputs\x80"
      "\x67kernels\x80"
      "\x67outputs\x80"
      "\x6aparameters\xa2\x64" "deed\x60\x65place\x60";
  (void)component;
  return sink->write(sink->context, (norn_bytes){bytes, sizeof bytes - 1}, error);
}

static norn_status create(const norn_component *component, const norn_host *host, const norn_task *task, void **out,
                          norn_error *error) {
  (void)component;
  hostile_deed *deed = calloc(1, sizeof *deed);
  if (deed == NULL) return hostile_fail(error, NORN_RESOURCE_EXHAUSTED, "no memory");
  const int is_guest = task->role.count == 5 && memcmp(task->role.data, "guest", 5) == 0;
  deed->host = host;
  deed->task = task;
  deed->deed = is_guest ? member(task->parameters, "deed") : text("");
  deed->place = member(task->parameters, "place");
  *out = deed;
  return NORN_OK;
}

static norn_status run(void *context, norn_error *error) { return hostile_do(context, error); }

static void cancel(void *context, uint32_t reason) { (void)context, (void)reason; }

static const norn_component hostile = {
    .struct_size = sizeof(norn_component),
    .name = {"Hostile", 7},
    .describe = describe,
    .create = create,
    .run = run,
    .cancel = cancel,
    .destroy = free,
};

static const norn_component *const components[] = {&hostile};

static const norn_plugin plugin = {
    .struct_size = sizeof(norn_plugin),
    .level_min = NORN_LEVEL,
    .level_built = NORN_LEVEL,
    .component_count = 1,
    .id = {"test.hostile", 12},
    .version = {"0.1.0", 5},
    .components = components,
};

norn_status norn_plugin_entry_1(const norn_host *host, uint32_t level_low, uint32_t level_high,
                                const norn_plugin **out, norn_error *error) {
  (void)host;
  if (plugin.level_built < level_low || plugin.level_min > level_high)
    return hostile_fail(error, NORN_FAILED_PRECONDITION, "it works at the level of its header only");
  *out = &plugin;
  return NORN_OK;
}
