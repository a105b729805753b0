/* What the host sees of the plugin: its entry, and the table of its component. */
#include <stdlib.h>

#include "cbor.h"
#include "component.h"

norn_status fail(norn_error *error, norn_status code, uint32_t flags, const char *message) {
  if (error == NULL || error->struct_size < sizeof *error) return code;
  memset(error->domain, 0, sizeof error->domain);
  memset(error->message, 0, sizeof error->message);
  strncpy(error->domain, "@NAME@", sizeof error->domain - 1);
  strncpy(error->message, message, sizeof error->message - 1);
  error->code = code;
  error->flags = flags;
  error->error_id = 0;
  error->message_count = (uint32_t)strlen(error->message);
  return code;
}

/* The same as in manifest.json, as all that is told of the component: the site compares them. */
#define VERSION "0.1.0"

static norn_status describe(const norn_component *component, const norn_sink *sink, norn_error *error) {
  cbor_writer out = {.count = 0};
  (void)component;
  cbor_put(&out, CBOR_MAP, 6);
  cbor_put_text(&out, "name");
  cbor_put_text(&out, "@MODULE@");
  cbor_put_text(&out, "roles");
  cbor_put(&out, CBOR_ARRAY, 2);
  cbor_put_text(&out, "guest");
  cbor_put_text(&out, "host");
  cbor_put_text(&out, "inputs");
  cbor_put(&out, CBOR_ARRAY, 1);
  cbor_put_text(&out, "data");
  cbor_put_text(&out, "kernels");
  cbor_put(&out, CBOR_ARRAY, 0);
  cbor_put_text(&out, "outputs");
  cbor_put(&out, CBOR_ARRAY, 0);
  cbor_put_text(&out, "parameters");
  cbor_put(&out, CBOR_MAP, 1);
  cbor_put_text(&out, "minimum_rows");
  cbor_put(&out, CBOR_INTEGER, 1);
  return sink->write(sink->context, (norn_bytes){out.bytes, out.count}, error);
}

/* Finds what the manifest's permissions ask for; the first that is not granted, or NULL. */
static const char *find_extensions(instance *self) {
  const norn_host *host = self->host;
  self->artifacts = host->get_extension(host, text(NORN_ARTIFACTS_ID), NORN_ARTIFACTS_REVISION);
  self->engine = host->get_extension(host, text(NORN_ENGINE_ACCESS_ID), NORN_ENGINE_ACCESS_REVISION);
  self->federation = host->get_extension(host, text(NORN_FEDERATION_ID), NORN_FEDERATION_REVISION);
  self->tracking = host->get_extension(host, text(NORN_TRACKING_ID), NORN_TRACKING_REVISION);
  if (self->artifacts == NULL) return "norn.artifacts is not granted";
  if (self->engine == NULL) return "norn.engine is not granted";
  if (self->federation == NULL) return "norn.federation is not granted";
  return self->tracking == NULL ? "norn.tracking is not granted" : NULL;
}

static norn_status create(const norn_component *component, const norn_host *host, const norn_task *task,
                          void **out, norn_error *error) {
  (void)component;
  instance *self = calloc(1, sizeof *self);
  if (self == NULL) return fail(error, NORN_RESOURCE_EXHAUSTED, 0, "no memory for an instance");
  self->host = host;
  self->task = task;
  const char *missing = find_extensions(self);
  if (missing != NULL) {
    free(self);
    return fail(error, NORN_PERMISSION_DENIED, NORN_ERROR_HOST_FAULT, missing);
  }
  *out = self;
  return NORN_OK;
}

/* Calls that block are the host's, and end by themselves; a long loop looks at task->cancel_flag. */
static void cancel(void *context, uint32_t reason) { (void)context, (void)reason; }

static const norn_component component = {
    .struct_size = sizeof(norn_component),
    .name = {"@MODULE@", sizeof "@MODULE@" - 1},
    .describe = describe,
    .create = create,
    .run = run,
    .cancel = cancel,
    .destroy = free,
};

static const norn_component *const components[] = {&component};

/* The lowest level of a host that this plugin works with: that of the newest item of norn.h that it uses. The manifest
   says the same. */
enum { LEVEL_NEEDED = 1 };

static const norn_plugin plugin = {
    .struct_size = sizeof(norn_plugin),
    .level_min = LEVEL_NEEDED,
    .level_built = NORN_LEVEL,
    .component_count = 1,
    .id = {"@NAME@", sizeof "@NAME@" - 1},
    .version = {VERSION, sizeof VERSION - 1},
    .components = components,
};

__attribute__((visibility("default"))) norn_status norn_plugin_entry_1(const norn_host *host, uint32_t level_low,
                                                                        uint32_t level_high,
                                                                        const norn_plugin **out, norn_error *error) {
  (void)host;
  if (plugin.level_built < level_low || plugin.level_min > level_high)
    return fail(error, NORN_FAILED_PRECONDITION, 0, "the plugin is built for another level of the plugin interface");
  *out = &plugin;
  return NORN_OK;
}
