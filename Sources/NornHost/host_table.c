/* The frozen host table. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/random.h>
#endif

#include "attempt.h"
#include "clock.h"

static bool is_granted(const norn_attempt *attempt, norn_string id) {
  norn_cbor item;
  const uint8_t *position = NULL;
  while (norn_cbor_next(&attempt->start.extensions, &position, &item))
    if (norn_same(norn_cbor_string(&item), id)) return true;
  return false;
}

static const void *get_extension(const norn_host *host, norn_string id, uint32_t revision) {
  const norn_attempt *attempt = norn_attempt_of(host);
  const struct {
    const char *id;
    uint32_t revision;
    const void *table;
  } known[] = {
      {NORN_ARTIFACTS_ID, NORN_ARTIFACTS_REVISION, &norn_host_artifacts},
      {NORN_ENGINE_ACCESS_ID, NORN_ENGINE_ACCESS_REVISION, &norn_host_engine_access},
      {NORN_FEDERATION_ID, NORN_FEDERATION_REVISION, &norn_host_federation},
      {NORN_TRACKING_ID, NORN_TRACKING_REVISION, &norn_host_tracking},
      {NORN_WORKERS_ID, NORN_WORKERS_REVISION, &norn_host_workers},
  };
  norn_black_box_enter(attempt->box, "get_extension");
  norn_black_box_leave(attempt->box);
  if (attempt->start.mode != NORN_MODE_RUN || !is_granted(attempt, id)) return NULL;
  for (uint32_t i = 0; i < sizeof known / sizeof *known; i++)
    if (known[i].revision == revision && norn_same(id, norn_literal(known[i].id))) return known[i].table;
  return NULL;
}

static void log_text(norn_attempt *attempt, uint32_t severity, norn_string text) {
  norn_cbor_writer writer;
  if (text.count > MAX_LOG_BYTES) {
    text.count = MAX_LOG_BYTES;
    while (text.count > 0 && ((uint8_t)text.data[text.count] & 0xc0) == 0x80) text.count--;
  }
  norn_black_box_log(attempt->box, severity, text.data, text.count);
  norn_notice_begin(&writer, "log");
  norn_cbor_key(&writer, "level");
  norn_cbor_write_integer(&writer, severity);
  norn_cbor_key(&writer, "text");
  norn_cbor_write_text(&writer, text);
  norn_notice_finish(&attempt->channel, &writer, NULL, NULL);
}

static void host_log(const norn_host *host, uint32_t severity, norn_string text) {
  norn_attempt *attempt = norn_attempt_of(host);
  norn_black_box_enter(attempt->box, "log");
  log_text(attempt, severity > NORN_LOG_PLUGIN_FAULT ? NORN_LOG_PLUGIN_FAULT : severity, text);
  norn_black_box_leave(attempt->box);
}

void norn_attempt_log(norn_attempt *attempt, uint32_t severity, const char *format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  int count = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (count < 0) return;
  norn_string text = {line, (uint64_t)(count < (int)sizeof line ? count : (int)sizeof line - 1)};
  log_text(attempt, severity, text);
}

static void *host_alloc(const norn_host *host, uint64_t count, uint64_t alignment) {
  void *pointer = NULL;
  (void)host;
  if (alignment <= _Alignof(max_align_t)) return malloc(count == 0 ? 1 : count);
  return posix_memalign(&pointer, alignment, count == 0 ? 1 : count) == 0 ? pointer : NULL;
}

static void host_dealloc(const norn_host *host, void *pointer, uint64_t count, uint64_t alignment) {
  (void)host, (void)count, (void)alignment;
  free(pointer);
}

static uint64_t monotonic_nanoseconds(const norn_host *host) {
  (void)host;
  return norn_clock_nanoseconds(CLOCK_MONOTONIC);
}

static uint64_t unix_nanoseconds(const norn_host *host) {
  (void)host;
  return norn_clock_nanoseconds(CLOCK_REALTIME);
}

static norn_status host_random(const norn_host *host, uint8_t *out, uint64_t count, norn_error *error) {
  (void)host;
#ifdef __linux__
  while (count > 0) {
    ssize_t filled = getrandom(out, count < 65536 ? count : 65536, 0);
    if (filled < 0 && errno == EINTR) continue;
    if (filled <= 0) return norn_fail(error, NORN_INTERNAL, HOST_DOMAIN, "no randomness: %s", strerror(errno));
    out += filled;
    count -= (uint64_t)filled;
  }
#else
  (void)error;
  arc4random_buf(out, count);
#endif
  return NORN_OK;
}

void norn_host_table_make(norn_attempt *attempt) {
  norn_host table = {sizeof table,    NORN_LEVEL,   attempt,
                     get_extension,   host_log,     host_alloc,
                     host_dealloc,    monotonic_nanoseconds, unix_nanoseconds,
                     host_random};
  attempt->host = table;
}
