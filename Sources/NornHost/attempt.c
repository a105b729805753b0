/* One attempt from its start message to its end message. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "attempt.h"

#define RUN_STACK_BYTES 8388608u

void norn_attempt_phase(norn_attempt *attempt, uint32_t phase) {
  norn_cbor_writer writer;
  __atomic_store_n(&attempt->box->phase, phase, __ATOMIC_SEQ_CST);
  norn_notice_begin(&writer, "phase");
  norn_cbor_key(&writer, "phase");
  norn_cbor_write_literal(&writer, norn_black_box_phase_name(phase));
  norn_notice_finish(&attempt->channel, &writer, NULL, NULL);
}

void norn_error_write(norn_cbor_writer *writer, const norn_error *error) {
  uint32_t count = error->message_count < sizeof error->message ? error->message_count : sizeof error->message - 1;
  norn_string message = {error->message, count};
  norn_string domain = {error->domain, strnlen(error->domain, sizeof error->domain)};
  while (message.count > 0 && ((uint8_t)message.data[message.count - 1] & 0xc0) == 0x80 &&
         (error->flags & NORN_ERROR_TRUNCATED) != 0)
    message.count--; /* a cut may have split a character */
  if (message.count > 0 && (uint8_t)message.data[message.count - 1] >= 0xc0) message.count--;
  norn_cbor_key(writer, "error");
  norn_cbor_map_begin(writer);
  norn_cbor_key(writer, "code");
  norn_cbor_write_integer(writer, error->code);
  norn_cbor_key(writer, "flags");
  norn_cbor_write_integer(writer, error->flags);
  norn_cbor_key(writer, "domain");
  norn_cbor_write_text(writer, domain);
  norn_cbor_key(writer, "message");
  norn_cbor_write_text(writer, message);
  norn_cbor_map_end(writer);
}

/* On the control thread. */
static void on_order(void *context, norn_message *message) {
  norn_attempt *attempt = context;
  norn_cbor name = norn_cbor_get(&message->map, "do"), reason = norn_cbor_get(&message->map, "reason");
  if (norn_same(norn_cbor_string(&name), norn_literal("cancel"))) {
    norn_attempt_cancel(attempt, (uint32_t)norn_cbor_integer(&reason, 1));
  } else if (norn_same(norn_cbor_string(&name), norn_literal("live"))) {
    norn_cbor until = norn_cbor_get(&message->map, "until");
    const int64_t time = norn_cbor_integer(&until, 0);
    if (time > 0) attempt->channel.live_until = (uint64_t)time;
  } else if (attempt->start.mode == NORN_MODE_KERNELS) {
    norn_attempt_push_order(attempt, message);
    return;
  }
  norn_message_free(message); /* an order of a later host is no order for this one */
}

static void on_lost(void *context) {
  norn_attempt *attempt = context;
  if (!attempt->options->in_process) {
    norn_black_box_note(attempt->box, NORN_EXIT_CHANNEL_LOST, "the channel to the site is closed");
    _exit(NORN_EXIT_CHANNEL_LOST);
  }
  norn_attempt_cancel(attempt, 1);
  norn_attempt_push_order(attempt, NULL);
}

/* The site did not say in time that the worker may live on: it is frozen, or has lost the job. Another attempt may begin
   elsewhere from now on. */
static void on_late(void *context) {
  norn_attempt *attempt = context;
  if (!attempt->options->in_process) {
    norn_black_box_note(attempt->box, NORN_EXIT_LEASE_ENDED, "the site did not renew the lease of its job");
    _exit(NORN_EXIT_LEASE_ENDED);
  }
  norn_attempt_cancel(attempt, 1);
}

static norn_status read_start(norn_attempt *attempt, norn_error *error) {
  norn_status status = norn_channel_receive(&attempt->channel, &attempt->start_message, error);
  if (status != NORN_OK) return status;
  attempt->start_bytes = norn_cbor_encoded(&attempt->start_message.map);
  if (norn_cbor_get(&attempt->start_message.map, "payload").kind == NORN_CBOR_INTEGER)
    status = norn_message_payload(&attempt->start_message, &attempt->start_bytes, error);
  if (status == NORN_OK) status = norn_start_parse(attempt->start_bytes, &attempt->start, error);
  if (status != NORN_OK) return status;
  attempt->channel.live_until = attempt->start.live_until;
  atomic_store(&attempt->spare_threads, (int)attempt->start.cores - 1);
  return NORN_OK;
}

static void *run_main(void *context) {
  norn_attempt *attempt = context;
  norn_error_clear(&attempt->error);
  switch (attempt->start.mode) {
    case NORN_MODE_RUN: attempt->status = norn_attempt_component(attempt, &attempt->error); break;
    case NORN_MODE_DESCRIBE: attempt->status = norn_attempt_describe(attempt, &attempt->error); break;
    default: attempt->status = norn_attempt_kernels(attempt, &attempt->error);
  }
  return NULL;
}

static norn_status run_on_thread(norn_attempt *attempt) {
  pthread_t thread;
  pthread_attr_t attributes;
  norn_status status = norn_channel_listen(&attempt->channel, &attempt->error);
  if (status != NORN_OK) return status;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, RUN_STACK_BYTES);
  int failed = pthread_create(&thread, &attributes, run_main, attempt);
  pthread_attr_destroy(&attributes);
  if (failed) return norn_fail(&attempt->error, NORN_RESOURCE_EXHAUSTED, HOST_DOMAIN, "no run thread");
  pthread_join(thread, NULL);
  return attempt->status;
}

/* On Linux ru_maxrss survives exec and would tell the site's own size; VmHWM starts anew. */
static int64_t peak_memory_bytes(const struct rusage *usage) {
#ifdef __APPLE__
  return usage->ru_maxrss;
#else
  char text[4096];
  int64_t peak = usage->ru_maxrss * 1024;
  int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  ssize_t count = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  if (count <= 0) return peak;
  text[count] = 0;
  const char *found = strstr(text, "VmHWM:");
  return found == NULL ? peak : strtoll(found + strlen("VmHWM:"), NULL, 10) * 1024;
#endif
}

static void tell_usage(norn_attempt *attempt) {
  struct rusage usage;
  norn_cbor_writer writer;
  getrusage(RUSAGE_SELF, &usage);
  int64_t milliseconds = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
                         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
  int64_t peak_bytes = peak_memory_bytes(&usage);
  norn_notice_begin(&writer, "usage");
  norn_cbor_key(&writer, "peak_memory_bytes");
  norn_cbor_write_integer(&writer, peak_bytes);
  norn_cbor_key(&writer, "cpu_milliseconds");
  norn_cbor_write_integer(&writer, milliseconds);
  norn_notice_finish(&attempt->channel, &writer, NULL, NULL);
}

static norn_status tell_end(norn_attempt *attempt) {
  norn_cbor_writer writer;
  tell_usage(attempt);
  norn_channel_expect_end(&attempt->channel);
  attempt->box->phase = NORN_PHASE_ENDED;
  norn_notice_begin(&writer, "end");
  norn_cbor_key(&writer, "status");
  norn_cbor_write_integer(&writer, attempt->status);
  if (attempt->status != NORN_OK) norn_error_write(&writer, &attempt->error);
  return norn_notice_finish(&attempt->channel, &writer, NULL, NULL);
}

/* Before any thread is made: a sandbox applied here holds for all of them. */
static norn_status prepare(norn_attempt *attempt) {
  const norn_attempt_options *options = attempt->options;
  if (options->prepare == NULL) return NORN_OK;
  norn_status status = options->prepare(options->context, attempt, &attempt->start, attempt->box, &attempt->error);
  if (status == NORN_OK || options->in_process) return status;
  attempt->status = status;
  norn_black_box_note(attempt->box, NORN_EXIT_SANDBOX_REFUSED, attempt->error.message);
  tell_end(attempt);
  _exit(NORN_EXIT_SANDBOX_REFUSED);
}

norn_status norn_attempt_run(const norn_attempt_options *options, norn_error *error) {
  norn_attempt *attempt = calloc(1, sizeof *attempt);
  if (attempt == NULL) return norn_fail(error, NORN_RESOURCE_EXHAUSTED, HOST_DOMAIN, "no memory for an attempt");
  attempt->error.struct_size = sizeof attempt->error;
  attempt->options = options;
  attempt->start_message.fd = -1;
  pthread_mutex_init(&attempt->lock, NULL);
  pthread_mutex_init(&attempt->cancel_lock, NULL);
  norn_orders_open(attempt);
  norn_channel_open(&attempt->channel, options->channel_fd);
  attempt->channel.context = attempt;
  attempt->channel.on_order = on_order;
  attempt->channel.on_lost = on_lost;
  attempt->channel.on_late = on_late;
  norn_host_table_make(attempt);
  attempt->box = norn_black_box_open(options->black_box_fd);
  if (attempt->box == NULL) {
    attempt->status = norn_fail(&attempt->error, NORN_INTERNAL, HOST_DOMAIN, "the black box cannot be mapped");
  } else {
    attempt->box->phase = NORN_PHASE_STARTING;
    attempt->status = read_start(attempt, &attempt->error);
    if (attempt->status == NORN_OK) attempt->status = prepare(attempt);
    if (attempt->status == NORN_OK) attempt->status = run_on_thread(attempt);
    norn_status told = tell_end(attempt);
    if (attempt->status == NORN_OK && told != NORN_OK)
      attempt->status = norn_fail(&attempt->error, told, HOST_DOMAIN, "the attempt's end cannot be told");
  }
  norn_status status = attempt->status;
  if (error != NULL && error->struct_size >= sizeof *error) *error = attempt->error;
  norn_channel_close(&attempt->channel);
  if (attempt->box != NULL) norn_black_box_close(attempt->box); /* the control thread has ended */
  norn_orders_close(attempt);
  norn_message_free(&attempt->start_message);
  pthread_mutex_destroy(&attempt->lock);
  pthread_mutex_destroy(&attempt->cancel_lock);
  free(attempt);
  return status;
}
