/* What the component does: double the numbers, sum the bytes, tell the guest the host's sum. */
#include "bad.h"

#if defined(BAD_BUSY) || defined(BAD_THREAD_LEFT) || defined(BAD_LATE_CALL)
#include <time.h>
#include <unistd.h>
#endif

static norn_status take_sum(void *context, norn_bytes bytes, norn_error *error) {
  if (bytes.count != sizeof(uint64_t)) return bad_fail(error, NORN_DATA_LOSS, "a sum is not eight bytes long");
  memcpy(context, bytes.data, bytes.count);
  return NORN_OK;
}

#ifdef BAD_RETRIES
/* Tries again for a long time, whatever the host says. */
#define TRIED(call)                                                              \
  for (int tries = 0; tries < 1000; tries++) {                                   \
    status = (call);                                                             \
    if (status == NORN_OK) break;                                                \
  }
#else
#define TRIED(call) status = (call)
#endif

static norn_status sum_rows(const instance *self, uint64_t *sum, norn_error *error) {
  static const uint8_t empty_map[1] = {0xa0};
  const norn_engine *engine = NULL;
  void *session = NULL;
  uint64_t table = 0, doubled = 0;
  norn_kernel_reference map = {.struct_size = sizeof map}, fold = {.struct_size = sizeof fold};
  const norn_bytes none = {NULL, 0}, schema = {empty_map, 1};
  const norn_sink sink = {sizeof sink, 0, sum, take_sum};
  norn_status status;
  TRIED(self->engine->session(self->host, &engine, &session, error));
  if (status == NORN_OK) TRIED(self->artifacts->open_table(self->host, bad_text("data"), 0, &table, error));
  if (status == NORN_OK) TRIED(self->engine->kernel(self->host, bad_text("double"), none, &map, error));
  if (status == NORN_OK) TRIED(self->engine->kernel(self->host, bad_text("sum"), none, &fold, error));
  if (status == NORN_OK) TRIED(engine->map_reduce(session, table, &map, NULL, NULL, &doubled, error));
  if (status == NORN_OK) TRIED(engine->reduce(session, table, &fold, &sink, error));
  if (status == NORN_OK) TRIED(self->artifacts->output_table(self->host, bad_text("data"), doubled, schema, error));
  return status;
}

static norn_status exchange(const instance *self, uint64_t *sum, norn_error *error) {
  const norn_federation *federation = self->federation;
  uint64_t ticket = 0;
  uint8_t done = 0;
  norn_status status;
  if (self->task->role.count == 4) {
#ifdef BAD_LARGE_MESSAGE
    uint8_t large[100] = {0};
    norn_bytes bytes = {large, sizeof large};
    status = federation->send(self->host, bad_text("more"), bad_text("0"), bad_text("guest"), bad_text("9999"), bytes,
                              error);
    if (status != NORN_OK) return status;
#endif
#ifdef BAD_MESSAGE
    norn_bytes secret = {(const uint8_t *)"secret", 6};
    status = federation->send(self->host, bad_text("secret"), bad_text("0"), bad_text("guest"), bad_text("9999"),
                              secret, error);
    if (status != NORN_OK) return status;
#endif
    norn_bytes bytes_of_sum = {(const uint8_t *)sum, sizeof *sum};
    TRIED(federation->send(self->host, bad_text("sum"), bad_text("0"), bad_text("guest"), bad_text("9999"),
                           bytes_of_sum, error));
    return status;
  }
  uint64_t other = 0;
  const norn_sink sink = {sizeof sink, 0, &other, take_sum};
  TRIED(federation->post(self->host, bad_text("sum"), bad_text("0"), bad_text("host"), bad_text("10000"), &ticket,
                         error));
  if (status == NORN_OK)
    TRIED(federation->wait(self->host, &ticket, 1, NORN_WAIT_ALL, NORN_NO_TIMEOUT, &done, error));
  if (status == NORN_OK) TRIED(federation->take(self->host, ticket, &sink, error));
  *sum += other;
  return status;
}

#ifdef BAD_BUSY
static void *spin(void *context) {
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  do clock_gettime(CLOCK_MONOTONIC, &now);
  while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < 700);
  return context;
}
#endif

#ifdef BAD_THREAD_LEFT
static void *stay(void *context) {
  for (;;) pause();
  return context;
}
#endif

#ifdef BAD_LATE_CALL
static void *call_late(void *context) {
  const norn_host *host = context;
  usleep(200000);
  host->log(host, NORN_LOG_INFO, bad_text("too late"));
  return NULL;
}
#endif

static norn_status misbehave(const instance *self) {
  (void)self;
#ifdef BAD_BUSY
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, spin, NULL);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
#endif
#ifdef BAD_MEMORY
  const size_t count = 160u << 20;
  uint8_t *memory = malloc(count);
  if (memory != NULL) memset(memory, 1, count);
  __asm__ volatile("" : : "r"(memory) : "memory");
  free(memory);
#endif
#ifdef BAD_THREAD_LEFT
  pthread_t thread;
  pthread_create(&thread, NULL, stay, NULL);
#endif
#ifdef BAD_LATE_CALL
  pthread_t thread;
  pthread_create(&thread, NULL, call_late, (void *)self->host);
  pthread_detach(thread);
#endif
  return NORN_OK;
}

norn_status bad_run(void *context, norn_error *error) {
  instance *self = context;
  uint64_t sum = 0;
  self->buffer = malloc(16);
  if (self->buffer == NULL) return bad_fail(error, NORN_RESOURCE_EXHAUSTED, "no memory for a buffer");
  memset(self->buffer, 0, 16);
#ifdef BAD_FAILING
  return bad_fail(error, NORN_INTERNAL, "it never works");
#endif
#ifdef BAD_CRASH
  *(volatile int *)8 = 1;
#endif
  norn_status status = misbehave(self);
  if (status == NORN_OK) status = sum_rows(self, &sum, error);
  if (status == NORN_OK) status = exchange(self, &sum, error);
#ifdef BAD_STUBBORN
  if (status == NORN_CANCELLED)
    for (volatile int i = 0;; i++) continue;
#endif
#ifdef BAD_WRONG_STATUS
  if (status == NORN_CANCELLED) return bad_fail(error, NORN_INTERNAL, "something went wrong");
#endif
  if (status != NORN_OK) return status;
  norn_bytes bytes = {(const uint8_t *)&sum, sizeof sum};
#ifdef BAD_OUTPUT
  self->artifacts->write(self->host, bad_text("secret"), bytes, NULL);
#endif
  status = self->artifacts->write(self->host, bad_text("model"), bytes, error);
#ifdef BAD_CARELESS
  status = NORN_OK;
#endif
#ifdef BAD_MUTE_FAILURE
  if (status != NORN_OK && error != NULL) memset(error->message, 0, sizeof error->message), error->message_count = 0;
#endif
  static const uint8_t empty_map[1] = {0xa0};
  norn_bytes summary = {empty_map, 1};
  if (status == NORN_OK) self->tracking->summary(self->host, summary, NULL);
  return status;
}
