/* Tables between parties: scanned into frames and put from frames, through the engine's own primitives. */
#include <stdlib.h>
#include <string.h>

#include "attempt.h"

typedef struct frame_target {
  norn_sink sink;
  uint32_t partition;
  uint32_t flags;
  uint64_t frames;
} frame_target;

static norn_status write_batch(void *context, const norn_batch *batch, norn_error *error) {
  frame_target *target = context;
  target->frames++;
  return norn_frame_write(&target->sink, target->partition, target->flags, batch, error);
}

/* An empty partition gives a frame without rows, so that the receiver makes as many partitions. */
static norn_status write_partition(norn_attempt *attempt, uint64_t table, frame_target *target, norn_error *error) {
  norn_opened_engine *own = &attempt->engine;
  norn_emit emit = {sizeof emit, 0, target, write_batch};
  norn_batch empty = {.struct_size = sizeof empty};
  target->frames = 0;
  norn_status status = own->engine->table_scan(own->session, table, target->partition, UINT64_MAX, &emit, error);
  if (status != NORN_OK || target->frames > 0) return status;
  return norn_frame_write(&target->sink, target->partition, target->flags, &empty, error);
}

norn_status norn_table_send(norn_attempt *attempt, uint64_t table, norn_payload *payload, norn_table_info *info,
                            norn_error *error) {
  norn_opened_engine *own = &attempt->engine;
  norn_payload_builder builder = {.scratch = attempt->start.scratch, .fd = -1};
  frame_target target = {.sink = {sizeof(norn_sink), 0, &builder, norn_payload_builder_write}};
  if (own->session == NULL) return norn_fail(error, NORN_FAILED_PRECONDITION, HOST_DOMAIN, "this attempt has no engine");
  norn_status status = own->engine->table_info(own->session, table, info, error);
  target.flags = info->partitioner == NORN_PARTITIONER_ORDINAL ? NORN_FRAME_ORDINAL : 0;
  for (uint32_t i = 0; status == NORN_OK && i < info->partitions; i++) {
    target.partition = i;
    status = write_partition(attempt, table, &target, error);
  }
  if (status == NORN_OK) status = norn_payload_builder_finish(&builder, payload, error);
  /* an inline payload borrows the builder's bytes, which the payload then owns until the packet is written */
  if (status == NORN_OK && payload->fd < 0) {
    static const uint8_t nothing[1];
    payload->bytes.data = builder.data == NULL ? nothing : builder.data;
    payload->owned = builder.data;
    builder.data = NULL;
  }
  norn_payload_builder_free(&builder);
  return status;
}

/* Reads every frame before a row is stored: a bad stream leaves no table. */
static norn_status survey(norn_bytes stream, norn_table_spec *spec, norn_error *error) {
  norn_frame frame;
  uint64_t position = 0;
  spec->partitions = 0;
  spec->partitioner = NORN_PARTITIONER_HASH;
  while (position < stream.count) {
    norn_status status = norn_frame_read(stream, &position, &frame, error);
    if (status != NORN_OK) return status;
    if (frame.partition >= 65536) return norn_fail(error, NORN_DATA_LOSS, HOST_DOMAIN, "a frame's partition is absurd");
    if (frame.partition >= spec->partitions) spec->partitions = frame.partition + 1;
    if (frame.flags & NORN_FRAME_ORDINAL) spec->partitioner = NORN_PARTITIONER_ORDINAL;
  }
  return spec->partitions == 0 ? norn_fail(error, NORN_DATA_LOSS, HOST_DOMAIN, "a table came without frames") : NORN_OK;
}

static norn_status store(norn_attempt *attempt, norn_bytes stream, uint64_t *table, norn_error *error) {
  norn_opened_engine *own = &attempt->engine;
  norn_table_spec spec = {.struct_size = sizeof spec, .flags = NORN_TABLE_TEMPORARY};
  norn_frame frame;
  uint64_t position = 0;
  norn_status status = survey(stream, &spec, error);
  if (status != NORN_OK) return status;
  if ((status = own->engine->table_create(own->session, &spec, table, error)) != NORN_OK) return status;
  while (status == NORN_OK && position < stream.count) {
    status = norn_frame_read(stream, &position, &frame, error);
    if (status == NORN_OK && frame.batch.rows > 0)
      status = own->engine->table_put(own->session, *table, &frame.batch, error);
  }
  if (status == NORN_OK) status = own->engine->table_seal(own->session, *table, error);
  if (status != NORN_OK) own->engine->table_release(own->session, *table);
  return status;
}

norn_status norn_table_receive(norn_attempt *attempt, norn_bytes stream, uint64_t *table, norn_error *error) {
  if (attempt->engine.session == NULL)
    return norn_fail(error, NORN_FAILED_PRECONDITION, HOST_DOMAIN, "this attempt has no engine");
  if (((uintptr_t)stream.data & 7) == 0) return store(attempt, stream, table, error);
  void *aligned = malloc(stream.count); /* inline in a packet, hence small */
  if (aligned == NULL) return norn_fail(error, NORN_RESOURCE_EXHAUSTED, HOST_DOMAIN, "no memory for a table");
  memcpy(aligned, stream.data, stream.count);
  norn_bytes copy = {aligned, stream.count};
  norn_status status = store(attempt, copy, table, error);
  free(aligned);
  return status;
}
