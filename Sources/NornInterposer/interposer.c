/* A plugin's components, watched. */
#include <stdlib.h>

#include "watched.h"

typedef struct watched_instance {
  watched_host host;
  const norn_component *component;
  void *original;
} watched_instance;

static norn_status describe(const norn_component *component, const norn_sink *sink, norn_error *error) {
  const norn_component *original = ((const watched_component *)component)->original;
  return original->describe(original, sink, error);
}

static norn_status create(const norn_component *component, const norn_host *host, const norn_task *task,
                          void **out, norn_error *error) {
  const watched_component *watched = (const watched_component *)component;
  watched_instance *instance = calloc(1, sizeof *instance);
  if (instance == NULL) return NORN_RESOURCE_EXHAUSTED;
  watched_host_make(&instance->host, host, watched->watcher);
  instance->component = watched->original;
  norn_status status =
      watched->original->create(watched->original, &instance->host.table, task, &instance->original, error);
  if (status != NORN_OK) {
    free(instance);
    return status;
  }
  *out = instance;
  watched->watcher->created(watched->watcher->context, task);
  return NORN_OK;
}

static norn_status run(void *context, norn_error *error) {
  watched_instance *instance = context;
  const norn_watcher *watcher = instance->host.watcher;
  norn_status status = instance->component->run(instance->original, error);
  watcher->returned(watcher->context, status, error);
  return status;
}

static void cancel(void *context, uint32_t reason) {
  watched_instance *instance = context;
  instance->component->cancel(instance->original, reason);
}

/* The instance's host stays: a plugin that calls it afterwards is to be caught, not to crash the kit. */
static void destroy(void *context) {
  watched_instance *instance = context;
  const norn_watcher *watcher = instance->host.watcher;
  instance->component->destroy(instance->original);
  watcher->destroyed(watcher->context);
}

static bool make_component(watched_component *out, const norn_component *original, const norn_watcher *watcher) {
  watched_kernel *kernels = calloc(original->kernel_count + 1u, sizeof *kernels);
  const norn_kernel **list = calloc(original->kernel_count + 1u, sizeof *list);
  if (kernels == NULL || list == NULL) {
    free(kernels);
    free(list);
    return false;
  }
  for (uint32_t i = 0; i < original->kernel_count; i++) {
    watched_kernel_make(&kernels[i], original->kernels[i], watcher);
    list[i] = &kernels[i].table;
  }
  *out = (watched_component){{sizeof(norn_component), original->kernel_count, original->name, NULL, list, describe,
                              create, run, cancel, destroy},
                             original, watcher};
  return true;
}

const norn_plugin *norn_interpose(const norn_plugin *plugin, const norn_watcher *watcher) {
  norn_plugin *out = calloc(1, sizeof *out);
  norn_watcher *kept = malloc(sizeof *kept);
  watched_component *components = calloc(plugin->component_count + 1u, sizeof *components);
  const norn_component **list = calloc(plugin->component_count + 1u, sizeof *list);
  bool made = out != NULL && kept != NULL && components != NULL && list != NULL;
  if (made) *kept = *watcher;
  for (uint32_t i = 0; made && i < plugin->component_count; i++) {
    made = make_component(&components[i], plugin->components[i], kept);
    list[i] = &components[i].table;
  }
  if (!made) {
    free(out);
    free(kept);
    free(components);
    free(list);
    return NULL;
  }
  *out = (norn_plugin){sizeof *out,  plugin->level_min, plugin->level_built, plugin->component_count, plugin->id,
                       plugin->version, list,           NULL,                0,                       0};
  return out;
}
