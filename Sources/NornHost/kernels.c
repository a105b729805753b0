/* Kernels mode: a process that runs kernels by name, so that an engine may have them run anywhere.
   {"do":"kernel","id","digest","component","name","revision","closure","partition","partitions", bytes|payload}: the
   payload is a stream of frames, a right side following its left one with NORN_FRAME_RIGHT. The reply's payload is the
   frozen state of a REDUCE kernel, else the emitted rows as frames. {"do":"end"} ends the process. */
#include <stdlib.h>
#include <string.h>

#include "attempt.h"

typedef struct kernel_order {
  const norn_kernel *kernel;
  norn_bytes closure;
  uint32_t partition;
  uint32_t partitions;
  norn_bytes rows;
} kernel_order;

static norn_status refuse(norn_error *error, norn_status code, const char *what) {
  return norn_fail(error, code, HOST_DOMAIN, "kernel: %s", what);
}

static norn_status find_kernel(norn_attempt *attempt, const norn_cbor *order, const norn_kernel **out,
                               norn_error *error) {
  norn_cbor digest = norn_cbor_get(order, "digest"), component_name = norn_cbor_get(order, "component");
  norn_cbor name = norn_cbor_get(order, "name"), revision = norn_cbor_get(order, "revision");
  norn_bytes wanted = norn_cbor_bytes(&digest), loaded = attempt->start.component_plugin.sha256;
  const norn_component *component = NULL;
  if (wanted.count != 32 || loaded.count != 32 || memcmp(wanted.data, loaded.data, 32) != 0)
    return refuse(error, NORN_FAILED_PRECONDITION, "the digest is not that of the plugin loaded here");
  norn_status status = norn_plugin_component(attempt->plugin, norn_cbor_string(&component_name), &component, error);
  if (status != NORN_OK) return status;
  *out = norn_component_kernel(component, norn_cbor_string(&name));
  if (*out == NULL) return refuse(error, NORN_NOT_FOUND, "the component has no kernel of this name");
  if (norn_cbor_integer(&revision, -1) != (*out)->revision)
    return refuse(error, NORN_FAILED_PRECONDITION, "the revision is not the one of the plugin loaded here");
  return NORN_OK;
}

static norn_status emit_frame(void *context, const norn_batch *batch, norn_error *error) {
  norn_sink *sink = context;
  return norn_frame_write(sink, 0, NORN_FRAME_UNORDERED, batch, error); /* a shuffle sorts it */
}

static norn_status step_all(const kernel_order *order, void *state, const norn_emit *emit, norn_error *error) {
  norn_frame left, right;
  uint64_t position = 0;
  norn_status status = NORN_OK;
  while (status == NORN_OK && position < order->rows.count) {
    status = norn_frame_read(order->rows, &position, &left, error);
    if (status != NORN_OK) return status;
    bool zip = order->kernel->kind == NORN_KERNEL_ZIP;
    if (zip) status = norn_frame_read(order->rows, &position, &right, error);
    if (status != NORN_OK) return status;
    if ((left.flags & NORN_FRAME_RIGHT) != 0 || (zip && (right.flags & NORN_FRAME_RIGHT) == 0))
      return refuse(error, NORN_INVALID_ARGUMENT, "left and right frames do not alternate");
    status = order->kernel->step(state, &left.batch, zip ? &right.batch : NULL, emit, error);
  }
  return status;
}

static norn_status run_kernel(norn_attempt *attempt, const kernel_order *order, norn_payload_builder *out,
                              norn_error *error) {
  norn_sink sink = {sizeof sink, 0, out, norn_payload_builder_write};
  norn_emit emit = {sizeof emit, 0, &sink, emit_frame};
  void *state = NULL;
  norn_error_clear(error);
  norn_status status = order->kernel->open(order->kernel, &attempt->host, order->closure, order->partition,
                                           order->partitions, &state, error);
  if (status != NORN_OK) return status;
  status = step_all(order, state, &emit, error);
  if (status == NORN_OK && order->kernel->kind == NORN_KERNEL_REDUCE) {
    status = order->kernel->freeze(state, &sink, error);
  } else if (status == NORN_OK && order->kernel->finish != NULL) {
    status = order->kernel->finish(state, &emit, error);
  }
  order->kernel->close(state);
  return status;
}

static void reply(norn_attempt *attempt, int64_t id, norn_status status, const norn_payload *payload,
                  const norn_error *error) {
  norn_cbor_writer packet = {0};
  norn_cbor_map_begin(&packet);
  norn_cbor_key(&packet, "reply");
  norn_cbor_write_integer(&packet, id);
  norn_cbor_key(&packet, "status");
  norn_cbor_write_integer(&packet, status);
  if (status != NORN_OK) norn_error_write(&packet, error);
  norn_notice_finish(&attempt->channel, &packet, payload, NULL);
}

/* The rows of an order, aligned for frames: an inline payload lies anywhere in its packet. */
static norn_status order_rows(norn_message *message, norn_bytes *rows, void **copy, norn_error *error) {
  norn_status status = norn_message_payload(message, rows, error);
  if (status != NORN_OK || rows->count == 0 || ((uintptr_t)rows->data & 7) == 0) return status;
  if ((*copy = malloc(rows->count)) == NULL) return refuse(error, NORN_RESOURCE_EXHAUSTED, "no memory for its rows");
  memcpy(*copy, rows->data, rows->count);
  rows->data = *copy;
  return NORN_OK;
}

static void serve(norn_attempt *attempt, norn_message *message) {
  norn_error error = {.struct_size = sizeof error};
  norn_cbor id = norn_cbor_get(&message->map, "id"), closure = norn_cbor_get(&message->map, "closure");
  norn_cbor partition = norn_cbor_get(&message->map, "partition");
  norn_cbor partitions = norn_cbor_get(&message->map, "partitions");
  kernel_order order = {NULL, norn_cbor_bytes(&closure), (uint32_t)norn_cbor_integer(&partition, 0),
                        (uint32_t)norn_cbor_integer(&partitions, 1), {NULL, 0}};
  norn_payload_builder builder = {.scratch = attempt->start.scratch, .fd = -1};
  norn_payload payload = {.fd = -1};
  void *copy = NULL;
  norn_status status = find_kernel(attempt, &message->map, &order.kernel, &error);
  if (status == NORN_OK) status = order_rows(message, &order.rows, &copy, &error);
  if (status == NORN_OK) status = run_kernel(attempt, &order, &builder, &error);
  if (status == NORN_OK) status = norn_payload_builder_finish(&builder, &payload, &error);
  reply(attempt, norn_cbor_integer(&id, 0), status, status == NORN_OK ? &payload : NULL, &error);
  norn_payload_free(&payload);
  norn_payload_builder_free(&builder);
  free(copy);
}

norn_status norn_attempt_kernels(norn_attempt *attempt, norn_error *error) {
  norn_status status = NORN_OK;
  norn_message message;
  norn_attempt_phase(attempt, NORN_PHASE_LOADING);
  attempt->plugin = attempt->options->component_plugin;
  if (attempt->plugin == NULL)
    status = norn_plugin_load(attempt, &attempt->start.component_plugin, &attempt->plugin, error);
  if (status != NORN_OK) return status;
  if (attempt->options->loaded != NULL)
    attempt->options->loaded(attempt->options->context, &attempt->start, attempt->box);
  norn_attempt_phase(attempt, NORN_PHASE_RUNNING);
  while (norn_attempt_next_order(attempt, &message)) {
    norn_cbor name = norn_cbor_get(&message.map, "do");
    bool end = norn_same(norn_cbor_string(&name), norn_literal("end"));
    if (norn_same(norn_cbor_string(&name), norn_literal("kernel"))) serve(attempt, &message);
    norn_message_free(&message);
    if (end) break;
  }
  return NORN_OK;
}
