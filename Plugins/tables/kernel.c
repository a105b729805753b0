/* Kernels as the engine calls them. An engine in the component's process takes the reference's local short
 * cut. */
#include "operation.h"

norn_status tables_kernel_resolve(const norn_kernel_reference *reference, uint32_t kind,
                                  const norn_kernel **kernel, norn_error *error) {
  if (reference == NULL || reference->struct_size < NORN_KERNEL_REFERENCE_LEVEL_1_BYTES) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "the operation needs a kernel");
  }
  int count = reference->name.count > 128 ? 128 : (int)reference->name.count;
  const norn_kernel *found = reference->local;
  if (found == NULL) {
    return tables_fail(error, NORN_UNIMPLEMENTED, 0,
                       "kernel %.*s is not in this process, and this engine has no other", count,
                       reference->name.data);
  }
  if (found->struct_size < NORN_KERNEL_LEVEL_1_BYTES || found->step == NULL) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "kernel %.*s has no step", count,
                       reference->name.data);
  }
  if (found->kind != kind) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "kernel %.*s is of kind %u where kind %u is needed",
                       count, reference->name.data, found->kind, kind);
  }
  if (found->revision != reference->revision) {
    return tables_fail(error, NORN_FAILED_PRECONDITION, 0,
                       "kernel %.*s is of revision %u where %u is asked for", count, reference->name.data,
                       found->revision, reference->revision);
  }
  *kernel = found;
  return NORN_OK;
}

static norn_status take(void *context, const norn_batch *batch, norn_error *error) {
  tables_emission *emission = context;
  tables_shape shape;
  norn_status status = tables_batch_check(batch, false, "a kernel's output", &shape, error);
  if (status != NORN_OK || batch->rows == 0) return status;
  if (emission->router != NULL) return tables_router_put(emission->router, batch, error);
  bool trusted = emission->input != NULL && tables_same_keys(batch, emission->input);
  return tables_partition_writer_batch(emission->writer, batch, shape, trusted, error);
}

void tables_emission_begin(tables_emission *emission, tables_partition_writer *writer,
                           tables_router *router) {
  *emission = (tables_emission){.writer = writer, .router = router};
  emission->emit = (norn_emit){.struct_size = sizeof(norn_emit), .context = emission, .batch = take};
}

norn_status tables_kernel_explain(const norn_kernel *kernel, norn_status status, const char *where,
                                  norn_error *error) {
  if (status == NORN_OK || error == NULL || error->code != NORN_OK) return status;
  int count = kernel->name.count > 128 ? 128 : (int)kernel->name.count;
  return tables_fail(error, status, 0, "kernel %.*s failed in %s with status %u", count, kernel->name.data,
                     where, status);
}

norn_status tables_kernel_open(tables_kernel_run *run, tables_session *session, const norn_kernel *kernel,
                               const norn_kernel_reference *reference, uint32_t partition,
                               uint32_t partitions, norn_error *error) {
  *run = (tables_kernel_run){.kernel = kernel};
  if (kernel->open != NULL) {
    norn_status status =
        kernel->open(kernel, session->host, reference->closure, partition, partitions, &run->state, error);
    if (status != NORN_OK) return tables_kernel_explain(kernel, status, "open", error);
  }
  run->opened = true;
  return NORN_OK;
}

norn_status tables_kernel_step(tables_kernel_run *run, const norn_batch *left, const norn_batch *right,
                               tables_emission *emission, norn_error *error) {
  if (emission != NULL) emission->input = left;
  norn_status status =
      run->kernel->step(run->state, left, right, emission == NULL ? NULL : &emission->emit, error);
  if (emission != NULL) emission->input = NULL;
  return tables_kernel_explain(run->kernel, status, "step", error);
}

norn_status tables_kernel_finish(tables_kernel_run *run, tables_emission *emission, norn_error *error) {
  if (run->kernel->finish == NULL) return NORN_OK;
  return tables_kernel_explain(run->kernel, run->kernel->finish(run->state, &emission->emit, error), "finish",
                               error);
}

void tables_kernel_close(tables_kernel_run *run) {
  if (run->opened && run->kernel->close != NULL) run->kernel->close(run->state);
  run->opened = false;
}
