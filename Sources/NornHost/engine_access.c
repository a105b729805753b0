/* norn.engine: the component's view of its engine session, and its own kernels as things that travel. */
#include <string.h>

#include "attempt.h"

static norn_status session(const norn_host *host, const norn_engine **engine, void **out, norn_error *error) {
  norn_attempt *attempt = norn_attempt_of(host);
  if (attempt->engine.session == NULL)
    return norn_fail(error, NORN_FAILED_PRECONDITION, HOST_DOMAIN, "this attempt has no engine");
  *engine = attempt->engine.engine;
  *out = attempt->engine.session;
  return NORN_OK;
}

static norn_status kernel(const norn_host *host, norn_string name, norn_bytes closure, norn_kernel_reference *out,
                          norn_error *error) {
  norn_attempt *attempt = norn_attempt_of(host);
  const norn_kernel *found = norn_component_kernel(attempt->component, name);
  if (found == NULL)
    return norn_fail(error, NORN_NOT_FOUND, HOST_DOMAIN, "component %.*s has no kernel %.*s",
                     (int)attempt->component->name.count, attempt->component->name.data,
                     (int)(name.count < 200 ? name.count : 200), name.data);
  norn_kernel_reference reference = {sizeof reference,
                                     found->revision,
                                     found->kind,
                                     found->flags,
                                     attempt->start.component_plugin.sha256,
                                     attempt->component->name,
                                     found->name,
                                     closure,
                                     found};
  if (out->struct_size < NORN_KERNEL_REFERENCE_LEVEL_1_BYTES)
    return norn_fail(error, NORN_INVALID_ARGUMENT, HOST_DOMAIN, "a kernel reference of this ABI needs its struct_size");
  if (out->struct_size < reference.struct_size) reference.struct_size = out->struct_size;
  memcpy(out, &reference, reference.struct_size); /* the caller may have an older, shorter struct */
  return NORN_OK;
}

const norn_engine_access norn_host_engine_access = {sizeof(norn_engine_access), 0, session, kernel};
