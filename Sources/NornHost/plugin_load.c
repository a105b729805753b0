/* From a path to a negotiated plugin. Nothing is ever closed again: unloading is the end of the process. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "attempt.h"

#ifndef RTLD_NODELETE
#define RTLD_NODELETE 0
#endif
#ifdef __APPLE__
#define MODIFIED(facts) ((facts).st_mtimespec)
#else
#define MODIFIED(facts) ((facts).st_mtim)
#endif

typedef norn_status (*plugin_entry)(const norn_host *, uint32_t, uint32_t, const norn_plugin **, norn_error *);

static norn_status refuse(norn_error *error, norn_string path, const char *what) {
  return norn_fail(error, NORN_FAILED_PRECONDITION, HOST_DOMAIN, "plugin %.*s: %s",
                   (int)(path.count < 300 ? path.count : 300), path.data, what);
}

/* The file that was admitted, by device, inode, size and time of modification: hashed then, compared now. */
static norn_status check_identity(const norn_plugin_location *location, const char *path, norn_error *error) {
  struct stat facts;
  if (stat(path, &facts) != 0) return refuse(error, location->path, strerror(errno));
  if (!location->has_identity) return NORN_OK;
  uint64_t modified = (uint64_t)MODIFIED(facts).tv_sec * 1000000000u + (uint64_t)MODIFIED(facts).tv_nsec;
  uint64_t now[4] = {(uint64_t)facts.st_dev, (uint64_t)facts.st_ino, (uint64_t)facts.st_size, modified};
  if (memcmp(now, location->identity, sizeof now) != 0)
    return refuse(error, location->path, "the file is not the one that was admitted");
  return NORN_OK;
}

static norn_status check_components(const norn_plugin *plugin, norn_string path, norn_error *error) {
  for (uint32_t i = 0; i < plugin->component_count; i++) {
    const norn_component *component = plugin->components[i];
    if (component == NULL || component->struct_size < NORN_COMPONENT_LEVEL_1_BYTES)
      return refuse(error, path, "a component's table is too short");
    if (component->describe == NULL || component->create == NULL || component->run == NULL ||
        component->cancel == NULL || component->destroy == NULL)
      return refuse(error, path, "a component's table has an empty slot");
    for (uint32_t k = 0; k < component->kernel_count; k++)
      if (component->kernels[k] == NULL || component->kernels[k]->struct_size < NORN_KERNEL_LEVEL_1_BYTES)
        return refuse(error, path, "a kernel's table is too short");
  }
  for (uint32_t i = 0; i < plugin->engine_count; i++)
    if (plugin->engines[i] == NULL || plugin->engines[i]->struct_size < NORN_ENGINE_LEVEL_1_BYTES)
      return refuse(error, path, "an engine's table is too short");
  return NORN_OK;
}

norn_status norn_plugin_negotiate(norn_attempt *attempt, const norn_plugin *plugin, norn_string path,
                                  norn_error *error) {
  if (plugin == NULL || plugin->struct_size < NORN_PLUGIN_LEVEL_1_BYTES)
    return refuse(error, path, "the plugin's table is missing or too short");
  if (plugin->level_min > attempt->host.level)
    return norn_fail(error, NORN_FAILED_PRECONDITION, HOST_DOMAIN,
                     "plugin %.*s needs level %u of the plugin ABI or later, this host has level %u: use a newer host",
                     (int)(path.count < 300 ? path.count : 300), path.data, plugin->level_min, attempt->host.level);
  if (plugin->level_built < NORN_LEVEL_LOWEST)
    return norn_fail(error, NORN_FAILED_PRECONDITION, HOST_DOMAIN,
                     "plugin %.*s is built for level %u of the plugin ABI, this host speaks %u and later: build it anew",
                     (int)(path.count < 300 ? path.count : 300), path.data, plugin->level_built, NORN_LEVEL_LOWEST);
  if (plugin->level_built < plugin->level_min) return refuse(error, path, "level_built is below level_min");
  return check_components(plugin, path, error);
}

norn_status norn_plugin_load(norn_attempt *attempt, const norn_plugin_location *location, const norn_plugin **out,
                             norn_error *error) {
  char path[PATH_BYTES_MAX];
  if (location->path.count == 0) return refuse(error, location->path, "no path is given");
  snprintf(path, sizeof path, "%.*s", (int)location->path.count, location->path.data);
  norn_status status = check_identity(location, path, error);
  if (status != NORN_OK) return status;
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == NULL) {
    const char *why = dlerror();
    return refuse(error, location->path, why == NULL ? "cannot be loaded" : why);
  }
  if ((status = check_identity(location, path, error)) != NORN_OK) return status;
  plugin_entry entry = NULL;
  *(void **)&entry = dlsym(library, "norn_plugin_entry_1");
  if (entry == NULL) return refuse(error, location->path, "has no norn_plugin_entry_1");
  *out = NULL;
  norn_error_clear(error);
  status = entry(&attempt->host, NORN_LEVEL_LOWEST, NORN_LEVEL, out, error);
  if (status != NORN_OK) {
    if (error != NULL && error->message_count == 0) norn_fail(error, status, HOST_DOMAIN, "the plugin's entry failed");
    return status;
  }
  return norn_plugin_negotiate(attempt, *out, location->path, error);
}

norn_status norn_plugin_component(const norn_plugin *plugin, norn_string name, const norn_component **out,
                                  norn_error *error) {
  for (uint32_t i = 0; i < plugin->component_count; i++)
    if (norn_same(plugin->components[i]->name, name)) {
      *out = plugin->components[i];
      return NORN_OK;
    }
  return norn_fail(error, NORN_NOT_FOUND, HOST_DOMAIN, "plugin %.*s has no component %.*s", (int)plugin->id.count,
                   plugin->id.data, (int)name.count, name.data);
}

norn_status norn_plugin_engine(const norn_plugin *plugin, norn_string name, const norn_engine **out,
                               norn_error *error) {
  for (uint32_t i = 0; i < plugin->engine_count; i++)
    if (norn_same(plugin->engines[i]->name, name)) {
      *out = plugin->engines[i];
      return NORN_OK;
    }
  return norn_fail(error, NORN_NOT_FOUND, HOST_DOMAIN, "plugin %.*s has no engine %.*s", (int)plugin->id.count,
                   plugin->id.data, (int)name.count, name.data);
}

const norn_kernel *norn_component_kernel(const norn_component *component, norn_string name) {
  for (uint32_t i = 0; i < component->kernel_count; i++)
    if (norn_same(component->kernels[i]->name, name)) return component->kernels[i];
  return NULL;
}
