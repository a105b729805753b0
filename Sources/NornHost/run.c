/* A component from load to destroy, on the run thread. */
#include <string.h>

#include "attempt.h"

static norn_string attempt_text(const norn_attempt *attempt, const char *field) {
  norn_cbor value = norn_cbor_get(&attempt->start.attempt, field);
  return norn_cbor_string(&value);
}

static void make_task(norn_attempt *attempt, norn_task *task) {
  static const uint8_t empty_map[1] = {0xa0};
  const norn_bytes nothing = {empty_map, 1};
  norn_cbor number = norn_cbor_get(&attempt->start.attempt, "attempt");
  norn_cbor parties = norn_cbor_get(&attempt->start.attempt, "parties");
  norn_cbor parameters = norn_cbor_get(&attempt->start.map, "parameters");
  memset(task, 0, sizeof *task);
  task->struct_size = sizeof *task;
  task->attempt = (uint32_t)norn_cbor_integer(&number, 0);
  task->job = attempt_text(attempt, "job");
  task->task = attempt_text(attempt, "task");
  task->component = attempt->start.component;
  task->role = attempt_text(attempt, "role");
  task->party = attempt_text(attempt, "party");
  task->parties = parties.kind == NORN_CBOR_MAP ? norn_cbor_encoded(&parties) : nothing;
  task->parameters = parameters.kind == NORN_CBOR_BYTES ? norn_cbor_bytes(&parameters) : nothing;
  task->cancel_flag = &attempt->cancel_flag;
  task->memory_bytes = attempt->start.memory_bytes;
  task->cores = attempt->start.cores;
  task->partitions = attempt->start.partitions;
}

static norn_status load_component(norn_attempt *attempt, norn_error *error) {
  norn_status status = NORN_OK;
  attempt->plugin = attempt->options->component_plugin;
  if (attempt->plugin == NULL)
    status = norn_plugin_load(attempt, &attempt->start.component_plugin, &attempt->plugin, error);
  else
    status = norn_plugin_negotiate(attempt, attempt->plugin, attempt->plugin->id, error);
  if (status != NORN_OK) return status;
  return norn_plugin_component(attempt->plugin, attempt->start.component, &attempt->component, error);
}

static norn_status load_engine(norn_attempt *attempt, norn_error *error) {
  norn_status status = NORN_OK;
  if (attempt->start.engine.count == 0) return NORN_OK;
  attempt->engine_plugin = attempt->options->engine_plugin;
  if (attempt->engine_plugin == NULL)
    status = norn_plugin_load(attempt, &attempt->start.engine_plugin, &attempt->engine_plugin, error);
  else
    status = norn_plugin_negotiate(attempt, attempt->engine_plugin, attempt->engine_plugin->id, error);
  return status;
}

/* A failure must say something: an empty error is the plugin's fault, and is said to be. */
static norn_status explain(norn_attempt *attempt, norn_status status, const char *call, norn_error *error) {
  if (status == NORN_OK || error->message_count > 0) return status;
  if (status == NORN_CANCELLED && attempt->cancel_flag != 0)
    return norn_fail(error, status, HOST_DOMAIN, "the component stopped as it was told to");
  norn_attempt_log(attempt, NORN_LOG_PLUGIN_FAULT, "%s failed with status %u and said nothing", call, status);
  return norn_fail(error, status, HOST_DOMAIN, "%s failed with status %u and said nothing", call, status);
}

static norn_status create_and_run(norn_attempt *attempt, norn_error *error) {
  const norn_component *component = attempt->component;
  norn_task task;
  void *instance = NULL;
  make_task(attempt, &task);
  norn_attempt_phase(attempt, NORN_PHASE_CREATING);
  norn_error_clear(error);
  norn_status status = component->create(component, &attempt->host, &task, &instance, error);
  if (status != NORN_OK) return explain(attempt, status, "create", error);
  norn_attempt_phase(attempt, NORN_PHASE_RUNNING);
  norn_attempt_cancel_begin(attempt, instance);
  norn_error_clear(error);
  status = explain(attempt, component->run(instance, error), "run", error);
  norn_attempt_cancel_end(attempt);
  if (status == NORN_OK) status = norn_artifacts_finish(attempt, error);
  norn_attempt_phase(attempt, NORN_PHASE_DESTROYING);
  component->destroy(instance);
  return status;
}

norn_status norn_attempt_component(norn_attempt *attempt, norn_error *error) {
  norn_attempt_phase(attempt, NORN_PHASE_LOADING);
  norn_status status = load_component(attempt, error);
  if (status == NORN_OK) status = load_engine(attempt, error);
  if (status == NORN_OK && attempt->options->loaded != NULL)
    attempt->options->loaded(attempt->options->context, &attempt->start, attempt->box);
  if (status == NORN_OK && attempt->engine_plugin != NULL) {
    norn_error_clear(error);
    status = norn_engine_open(attempt, attempt->engine_plugin, attempt->start.engine, false, &attempt->engine, error);
    status = explain(attempt, status, "the engine's open", error);
  }
  if (status == NORN_OK) status = create_and_run(attempt, error);
  norn_artifacts_discard(attempt);
  for (uint32_t i = 0; i < attempt->foreign_count; i++) norn_engine_close(&attempt->foreign[i]);
  norn_engine_close(&attempt->engine);
  return status;
}
