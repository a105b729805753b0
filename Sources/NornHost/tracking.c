/* norn.tracking: one-way, so that telling about work never waits for the site. */
#include "attempt.h"
#include "clock.h"

/* Progress so soon after the last is not told: a later one would replace it before anybody saw it. */
#define PROGRESS_NANOSECONDS 10000000u

static norn_status tell(norn_attempt *attempt, const char *call, const norn_string *name, norn_bytes bytes,
                        norn_error *error) {
  norn_cbor checked;
  norn_payload payload;
  norn_cbor_writer writer;
  norn_status status = norn_cbor_parse(bytes, &checked, error);
  if (status == NORN_OK && name != NULL && name->count > NORN_NAME_MAX_BYTES)
    status = norn_fail(error, NORN_INVALID_ARGUMENT, HOST_DOMAIN, "a name is longer than %u bytes",
                       NORN_NAME_MAX_BYTES);
  if (status == NORN_OK) status = norn_payload_of_bytes(bytes, attempt->start.scratch, &payload, error);
  if (status != NORN_OK) return status;
  norn_notice_begin(&writer, call);
  if (name != NULL) {
    norn_cbor_key(&writer, "name");
    norn_cbor_write_text(&writer, *name);
  }
  status = norn_notice_finish(&attempt->channel, &writer, &payload, error);
  norn_payload_free(&payload);
  return status;
}

static norn_status metric(const norn_host *host, norn_bytes bytes, norn_error *error) {
  norn_attempt *attempt = norn_attempt_of(host);
  norn_black_box_enter(attempt->box, "tracking.metric");
  norn_status status = tell(attempt, "metric", NULL, bytes, error);
  norn_black_box_leave(attempt->box);
  return status;
}

static bool is_too_soon(norn_attempt *attempt, uint64_t done, uint64_t total) {
  const uint64_t now = norn_clock_nanoseconds(CLOCK_MONOTONIC);
  const uint64_t told = __atomic_load_n(&attempt->progress_told, __ATOMIC_RELAXED);
  const bool cancelled = __atomic_load_n(&attempt->cancel_flag, __ATOMIC_RELAXED) != 0; /* which the call is to say */
  if (!cancelled && done < total && now - told < PROGRESS_NANOSECONDS) return true;
  __atomic_store_n(&attempt->progress_told, now, __ATOMIC_RELAXED);
  return false;
}

static norn_status progress(const norn_host *host, uint64_t done, uint64_t total, norn_string what,
                            norn_error *error) {
  norn_attempt *attempt = norn_attempt_of(host);
  norn_cbor_writer writer;
  if (is_too_soon(attempt, done, total)) return NORN_OK;
  norn_black_box_enter(attempt->box, "tracking.progress");
  norn_notice_begin(&writer, "progress");
  norn_cbor_key(&writer, "done");
  norn_cbor_write_integer(&writer, done > INT64_MAX ? INT64_MAX : (int64_t)done);
  norn_cbor_key(&writer, "total");
  norn_cbor_write_integer(&writer, total > INT64_MAX ? INT64_MAX : (int64_t)total);
  norn_cbor_key(&writer, "text");
  norn_cbor_write_text(&writer, what);
  norn_status status = norn_notice_finish(&attempt->channel, &writer, NULL, error);
  norn_black_box_leave(attempt->box);
  return status;
}

static norn_status summary(const norn_host *host, norn_bytes bytes, norn_error *error) {
  norn_attempt *attempt = norn_attempt_of(host);
  norn_black_box_enter(attempt->box, "tracking.summary");
  norn_status status = tell(attempt, "summary", NULL, bytes, error);
  norn_black_box_leave(attempt->box);
  return status;
}

static norn_status model(const norn_host *host, norn_string name, norn_bytes bytes, norn_error *error) {
  norn_attempt *attempt = norn_attempt_of(host);
  norn_black_box_enter(attempt->box, "tracking.model");
  norn_status status = tell(attempt, "model", &name, bytes, error);
  norn_black_box_leave(attempt->box);
  return status;
}

const norn_tracking norn_host_tracking = {sizeof(norn_tracking), 0, metric, progress, summary, model};
