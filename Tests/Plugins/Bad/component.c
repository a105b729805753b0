/* The component's table: describe, create, cancel, destroy. */
#include "bad.h"

#if defined(BAD_IMPORT)
#include <sys/socket.h>
#endif
#ifdef BAD_LEAKED_FILE
#include <fcntl.h>
#endif

/* {"kernels": [{"name": "sum", "revision": 1}, {"name": "double", "revision": 1}], ...} in deterministic CBOR. */
static const uint8_t description[] =
    "\xa6"
    "\x64" "name" "\x66" "Sample"
    "\x65" "roles" "\x82" "\x65" "guest" "\x64" "host"
    "\x66" "inputs" "\x81" "\x64" "data"
    "\x67" "kernels" "\x82"
    "\xa2" "\x64" "name" "\x66" "double" "\x68" "revision" "\x01"
    "\xa2" "\x64" "name" "\x63" "sum" "\x68" "revision" "\x01"
    "\x67" "outputs" "\x82" "\x64" "data" "\x65" "model"
    "\x6a" "parameters" "\xa1" "\x64" "note" "\x60";

static norn_status describe(const norn_component *component, const norn_sink *sink, norn_error *error) {
  (void)component;
  norn_bytes bytes = {description, sizeof description - 1};
#ifdef BAD_CHANGING_DESCRIPTION
  static uint8_t copy[sizeof description];
  static uint8_t turns;
  memcpy(copy, description, sizeof description);
  copy[sizeof description - 2] = 0x60;
  for (uint64_t i = 0; i + 6 < bytes.count; i++)
    if (memcmp(copy + i, "Sample", 6) == 0) copy[i] = (uint8_t)('A' + turns++ % 26);
  bytes.data = copy;
#endif
#ifdef BAD_IGNORED_SINK
  sink->write(sink->context, bytes, error);
  return NORN_OK;
#else
  return sink->write(sink->context, bytes, error);
#endif
}

static const char *find_extensions(instance *self) {
  const norn_host *host = self->host;
  self->artifacts = host->get_extension(host, bad_text(NORN_ARTIFACTS_ID), NORN_ARTIFACTS_REVISION);
  self->engine = host->get_extension(host, bad_text(NORN_ENGINE_ACCESS_ID), NORN_ENGINE_ACCESS_REVISION);
  self->federation = host->get_extension(host, bad_text(NORN_FEDERATION_ID), NORN_FEDERATION_REVISION);
  self->tracking = host->get_extension(host, bad_text(NORN_TRACKING_ID), NORN_TRACKING_REVISION);
#ifdef BAD_PERMISSION
  host->get_extension(host, bad_text(NORN_WORKERS_ID), NORN_WORKERS_REVISION);
#endif
#ifdef BAD_TRUSTING
  if (self->federation->struct_size == 0) return "an empty table";
#endif
  if (self->artifacts == NULL) return "norn.artifacts is not granted";
  if (self->engine == NULL) return "norn.engine is not granted";
  if (self->federation == NULL) return "norn.federation is not granted";
  return self->tracking == NULL ? "norn.tracking is not granted" : NULL;
}

static norn_status create(const norn_component *component, const norn_host *host, const norn_task *task, void **out,
                          norn_error *error) {
  (void)component;
  if (!NORN_HAS(host, norn_host, random)) return bad_fail(error, NORN_FAILED_PRECONDITION, "the host's table is too short");
#ifdef BAD_PARAMETERS
  if (task->parameters.count > 256) abort();
#endif
#ifdef BAD_IMPORT
  if (task->attempt == UINT32_MAX) socket(AF_INET, SOCK_STREAM, 0);
#endif
  instance *self = calloc(1, sizeof *self);
  if (self == NULL) return bad_fail(error, NORN_RESOURCE_EXHAUSTED, "no memory for an instance");
  self->host = host;
  self->task = task;
  const char *missing = find_extensions(self);
  if (missing != NULL) {
    free(self);
#ifdef BAD_MUTE
    return NORN_PERMISSION_DENIED;
#else
#ifdef BAD_ERROR_OVERFLOW
    if (error != NULL) memset((uint8_t *)error + sizeof *error, 0x41, 8);
#endif
    return bad_fail(error, NORN_PERMISSION_DENIED, missing);
#endif
  }
#ifdef BAD_LEAK
  void *leaked = malloc(1024);
  __asm__ volatile("" : : "r"(leaked) : "memory"); /* or the compiler sees that nobody needs it */
#endif
#ifdef BAD_LEAKED_FILE
  if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) return bad_fail(error, NORN_INTERNAL, "no more files");
#endif
  *out = self;
  return NORN_OK;
}

/* Every call that blocks is the host's, and ends by itself when the attempt is cancelled. */
__attribute__((unused)) static void cancel(void *context, uint32_t reason) {
  (void)context, (void)reason;
#ifdef BAD_CANCEL_UNRUN
  if (((instance *)context)->buffer[0] == 1) abort();
#endif
}

static void destroy(void *context) {
  instance *self = context;
#ifdef BAD_DESTROY_UNRUN
  self->buffer[0] = 0;
#endif
  free(self->buffer);
  free(self);
}

static const norn_kernel *const kernels[] = {&bad_double, &bad_sum};

const norn_component bad_component = {
    .struct_size = sizeof(norn_component),
    .kernel_count = 2,
    .name = {"Sample", 6},
    .kernels = kernels,
    .describe = describe,
    .create = create,
    .run = bad_run,
#ifndef BAD_EMPTY_SLOT
    .cancel = cancel,
#endif
    .destroy = destroy,
};
