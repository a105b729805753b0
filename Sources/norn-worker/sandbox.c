#include "sandbox.h"

static norn_status missing(norn_attempt *attempt, const norn_start *start, worker_guard guard, const char *name,
                           const char *why, norn_error *error) {
  if (guard == WORKER_GUARDED) return NORN_OK;
  if (start->sandbox_required)
    return norn_fail(error, NORN_FAILED_PRECONDITION, "norn.worker", "the sandbox lacks %s (%s) and is required", name,
                     why);
  norn_attempt_log(attempt, NORN_LOG_WARNING, "sandbox: runs without %s (%s)", name, why);
  return NORN_OK;
}

norn_status worker_apply_sandbox(worker_options *options, norn_attempt *attempt, const norn_start *start,
                                 norn_error *error) {
  const char *why = "";
  norn_status status = NORN_OK;
  options->status_fd = worker_open_memory_status();
  worker_limit_resources(start->memory_bytes, start->cores);
  bool wants_mounts = start->sandbox_mounts || (start->sandbox_landlock && !worker_has_file_rules());
  if (wants_mounts && start->mode == NORN_MODE_RUN) {
    worker_guard guard = worker_restrict_mounts(start, &why);
    status = missing(attempt, start, guard, "read-only mounts", why, error);
    if (status != NORN_OK) return status;
  }
  if (!worker_give_up_privileges(options->backtrace))
    return norn_fail(error, NORN_FAILED_PRECONDITION, "norn.worker", "the kernel does not let privileges be given up");
  if (start->sandbox_landlock) {
    worker_guard guard = worker_restrict_files(start, &why);
    status = missing(attempt, start, guard, "file rules", why, error);
  }
  if (status == NORN_OK && start->sandbox_seccomp) {
    worker_install_denial_handler(options->box);
    worker_guard guard = worker_restrict_calls(start->sandbox_network, &why);
    status = missing(attempt, start, guard, "call filters", why, error);
  }
  return status;
}
