#include "fixture_plugin.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct instance {
  const norn_host *host;
  norn_status (*run)(const norn_host *host, norn_error *error);
} instance;

norn_status fixture_fail(norn_error *error, norn_status code, const char *message) {
  if (error == NULL || error->struct_size < sizeof *error) return code;
  memset(error, 0, sizeof *error);
  error->struct_size = sizeof *error;
  error->code = code;
  strcpy(error->domain, "test.fixture");
  strncpy(error->message, message, sizeof error->message - 1);
  error->message_count = (uint32_t)strlen(error->message);
  return code;
}

const void *fixture_extension(const norn_host *host, const char *id) {
  norn_string text = {id, strlen(id)};
  return host->get_extension(host, text, 1);
}

static void say(const norn_host *host, const char *text) {
  norn_string line = {text, strlen(text)};
  host->log(host, NORN_LOG_INFO, line);
}

static void pause_for_ever(void) {
  const struct timespec second = {1, 0};
  for (;;) nanosleep(&second, NULL);
}

static norn_status run_crash(const norn_host *host, norn_error *error) {
  (void)error;
  say(host, "the last words");
  *(volatile int *)8 = 1;
  return NORN_OK;
}

#pragma clang diagnostic ignored "-Winfinite-recursion"
static int recurse(volatile int *depth) {
  volatile char frame[4096];
  frame[0] = (char)++*depth;
  return recurse(depth) + frame[0];
}

static norn_status run_overflow(const norn_host *host, norn_error *error) {
  volatile int depth = 0;
  (void)host, (void)error;
  return recurse(&depth) == 0 ? NORN_OK : NORN_INTERNAL;
}

static norn_status run_deaf(const norn_host *host, norn_error *error) {
  (void)error;
  say(host, "not listening");
  pause_for_ever();
  return NORN_OK;
}

static norn_status run_patient(const norn_host *host, norn_error *error) {
  const norn_federation *federation = fixture_extension(host, NORN_FEDERATION_ID);
  norn_string name = {"never", 5}, role = {"guest", 5}, party = {"9999", 4};
  uint64_t ticket = 0;
  uint8_t done = 0;
  norn_status status = federation->post(host, name, name, role, party, &ticket, error);
  if (status != NORN_OK) return status;
  say(host, "waiting");
  return federation->wait(host, &ticket, 1, NORN_WAIT_ALL, NORN_NO_TIMEOUT, &done, error);
}

static norn_status run_eater(const norn_host *host, norn_error *error) {
  (void)host, (void)error;
  for (;;) {
    void *piece = malloc(4u << 20);
    if (piece != NULL) memset(piece, 1, 4u << 20);
    const struct timespec moment = {0, 1000000};
    nanosleep(&moment, NULL);
  }
  return NORN_OK;
}

static norn_status run_silent(const norn_host *host, norn_error *error) {
  (void)host, (void)error;
  return NORN_INTERNAL; /* fails and says nothing: a fault of the plugin */
}

static norn_status double_index(void *context, uint64_t index, norn_error *error) {
  ((uint64_t *)context)[index] = index * 2;
  return index == 40 || index == 70 ? fixture_fail(error, NORN_OUT_OF_RANGE, index == 40 ? "forty" : "seventy")
                                    : NORN_OK;
}

static norn_status run_parallel(const norn_host *host, norn_error *error) {
  const norn_workers *workers = fixture_extension(host, NORN_WORKERS_ID);
  uint64_t results[100] = {0};
  norn_status status = workers->parallel_for(host, 100, results, double_index, error);
  for (uint64_t i = 0; i < 100; i++)
    if (results[i] != i * 2) return fixture_fail(error, NORN_INTERNAL, "an index was left out");
  return status;
}

static const struct {
  norn_string name;
  norn_status (*run)(const norn_host *host, norn_error *error);
} behaviours[] = {
    {{"Crash", 5}, run_crash},   {{"Overflow", 8}, run_overflow},       {{"Deaf", 4}, run_deaf},
    {{"Eater", 5}, run_eater},   {{"Patient", 7}, run_patient},         {{"Silent", 6}, run_silent},
    {{"Probe", 5}, fixture_run_probe}, {{"Courier", 7}, fixture_run_courier}, {{"Parallel", 8}, run_parallel},
};

#define BEHAVIOURS (sizeof behaviours / sizeof *behaviours)

static norn_status describe(const norn_component *component, const norn_sink *sink, norn_error *error) {
  uint8_t bytes[64] = {0xa1, 0x64, 'n', 'a', 'm', 'e'};
  bytes[6] = (uint8_t)(0x60 + component->name.count);
  memcpy(bytes + 7, component->name.data, component->name.count);
  norn_bytes all = {bytes, 7 + component->name.count};
  return sink->write(sink->context, all, error);
}

static norn_status create(const norn_component *component, const norn_host *host, const norn_task *task,
                          void **out, norn_error *error) {
  instance *self = calloc(1, sizeof *self);
  (void)task;
  if (self == NULL) return fixture_fail(error, NORN_RESOURCE_EXHAUSTED, "no memory");
  self->host = host;
  for (size_t i = 0; i < BEHAVIOURS; i++)
    if (behaviours[i].name.count == component->name.count &&
        memcmp(behaviours[i].name.data, component->name.data, component->name.count) == 0)
      self->run = behaviours[i].run;
  *out = self;
  return NORN_OK;
}

static norn_status run(void *self, norn_error *error) {
  return ((instance *)self)->run(((instance *)self)->host, error);
}

static void cancel(void *self, uint32_t reason) {
  (void)reason;
  say(((instance *)self)->host, "cancel was called");
}

static void destroy(void *self) { free(self); }

static const norn_kernel *const kernels[] = {&fixture_prefix_kernel, &fixture_length_kernel, &fixture_pair_kernel};

#define FIXTURE_COMPONENT(text)                                                                              \
  {                                                                                                          \
    .struct_size = sizeof(norn_component), .kernel_count = 3, .name = {text, sizeof(text) - 1},              \
    .kernels = kernels, .describe = describe, .create = create, .run = run, .cancel = cancel,                \
    .destroy = destroy,                                                                                      \
  }

static const norn_component all[BEHAVIOURS] = {
    FIXTURE_COMPONENT("Crash"),   FIXTURE_COMPONENT("Overflow"), FIXTURE_COMPONENT("Deaf"),
    FIXTURE_COMPONENT("Eater"),   FIXTURE_COMPONENT("Patient"),  FIXTURE_COMPONENT("Silent"),
    FIXTURE_COMPONENT("Probe"),   FIXTURE_COMPONENT("Courier"),  FIXTURE_COMPONENT("Parallel"),
};
static const norn_component *const components[BEHAVIOURS] = {&all[0], &all[1], &all[2], &all[3], &all[4],
                                                             &all[5], &all[6], &all[7], &all[8]};
static const norn_engine *const engines[] = {&fixture_engine, &fixture_foreign_engine};

static const norn_plugin plugin = {
    .struct_size = sizeof(norn_plugin),
    .level_min = NORN_LEVEL_LOWEST,
    .level_built = NORN_LEVEL,
    .component_count = BEHAVIOURS,
    .id = {"test.fixture", 12},
    .version = {"1.0.0", 5},
    .components = components,
    .engines = engines,
    .engine_count = 2,
};

const norn_plugin *fixture_plugin(void) { return &plugin; }

norn_status norn_plugin_entry_1(const norn_host *host, uint32_t level_low, uint32_t level_high,
                                const norn_plugin **out, norn_error *error) {
  (void)host, (void)error;
  if (level_low > plugin.level_built || level_high < plugin.level_min) return NORN_FAILED_PRECONDITION;
  *out = &plugin;
  return NORN_OK;
}
