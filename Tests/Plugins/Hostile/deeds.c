#include "deeds.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LEAK_BYTES = 1 << 20, PRINT_BYTES = 1 << 16, EAGER_ROWS = 1000000 };

norn_status hostile_fail(norn_error *error, norn_status code, const char *format, ...) {
  va_list arguments;
  if (error == NULL || error->struct_size < sizeof *error) return code;
  memset(error->domain, 0, sizeof error->domain);
  memcpy(error->domain, "hostile", sizeof "hostile");
  va_start(arguments, format);
  const int count = vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  error->code = code;
  error->flags = 0;
  error->error_id = 0;
  error->message_count = count < (int)sizeof error->message ? (uint32_t)count : (uint32_t)sizeof error->message - 1;
  return code;
}

static norn_string text(const char *value) { return (norn_string){value, strlen(value)}; }

static norn_status write_to_nowhere(void) {
  *(volatile int *)(uintptr_t)64 = 1;
  return NORN_OK;
}

static norn_status loop(void) {
  for (volatile uint64_t turn = 0;; turn++) continue;
  return NORN_OK;
}

static norn_status ignore_cancel(void) {
  const struct timespec pause = {0, 10000000L};
  for (;;) nanosleep(&pause, NULL);
  return NORN_OK;
}

static norn_status leak(void) {
  for (;;) {
    char *piece = malloc(LEAK_BYTES);
    if (piece == NULL) return ignore_cancel(); /* keeps what it has */
    memset(piece, 1, LEAK_BYTES);
  }
  return NORN_OK;
}

static norn_status flood_log(const hostile_deed *deed) {
  for (;;) deed->host->log(deed->host, NORN_LOG_INFO, text("the same line again"));
  return NORN_OK;
}

static norn_status flood_metrics(const hostile_deed *deed, norn_error *error) {
  const norn_tracking *tracking = deed->host->get_extension(deed->host, text(NORN_TRACKING_ID), NORN_TRACKING_REVISION);
  const norn_bytes metric = {(const uint8_t *)"\xa1\x64name\x61x", 8};
  if (tracking == NULL) return hostile_fail(error, NORN_INTERNAL, "no tracking");
  for (;;) tracking->metric(deed->host, metric, NULL);
  return NORN_OK;
}

/* No misdeed: a component that tells of every row. */
static norn_status tell_eagerly(const hostile_deed *deed, norn_error *error) {
  const norn_tracking *tracking = deed->host->get_extension(deed->host, text(NORN_TRACKING_ID), NORN_TRACKING_REVISION);
  if (tracking == NULL) return hostile_fail(error, NORN_INTERNAL, "no tracking");
  norn_status status = NORN_OK;
  for (uint64_t row = 1; row <= EAGER_ROWS && status == NORN_OK; row++)
    status = tracking->progress(deed->host, row, EAGER_ROWS, text("rows"), error);
  return status;
}

static norn_status flood_prints(void) {
  static char bytes[PRINT_BYTES];
  memset(bytes, '.', sizeof bytes);
  for (;;)
    if (write(STDOUT_FILENO, bytes, sizeof bytes) < 0 && errno != EINTR) break;
  return NORN_OK;
}

static int is(norn_string left, const char *right) {
  return left.count == strlen(right) && memcmp(left.data, right, left.count) == 0;
}

norn_status hostile_do(const hostile_deed *deed, norn_error *error) {
  const norn_string name = deed->deed;
  char place[512];
  snprintf(place, sizeof place, "%.*s", (int)deed->place.count, deed->place.data);
  if (is(name, "segfault")) return write_to_nowhere();
  if (is(name, "abort")) abort();
  if (is(name, "loop")) return loop();
  if (is(name, "ignore_cancel")) return ignore_cancel();
  if (is(name, "leak")) return leak();
  if (is(name, "sockets")) return hostile_open_sockets(error);
  if (is(name, "writes")) return hostile_write_elsewhere(place, error);
  if (is(name, "processes")) return hostile_make_processes(error);
  if (is(name, "threads")) return hostile_make_threads(error);
  if (is(name, "channel")) return hostile_lie_on_the_channel(error);
  if (is(name, "batch")) return hostile_lie_in_a_batch(deed->host, error);
  if (is(name, "undeclared")) return hostile_send_undeclared(deed, "secret", 8, error);
  if (is(name, "oversized")) return hostile_send_undeclared(deed, "greeting", 1000, error);
  if (is(name, "flood_log")) return flood_log(deed);
  if (is(name, "flood_metrics")) return flood_metrics(deed, error);
  if (is(name, "eager")) return tell_eagerly(deed, error);
  if (is(name, "flood_prints")) return flood_prints();
  if (is(name, "flood_messages")) return hostile_flood_messages(deed, error);
  return is(name, "") ? NORN_OK : hostile_fail(error, NORN_INVALID_ARGUMENT, "there is no such deed");
}
