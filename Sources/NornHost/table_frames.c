/* Frames of rows, little endian: magic, partition, rows, flags (u32 each), key bytes, value bytes (u64 each), padded
   to 64; then key offsets, value offsets (u32, rows + 1, from 0), keys, values, validity bitmap if flagged; each
   section padded to 64 bytes with zeros. */
#include <string.h>

#include "norn_host.h"

#define DOMAIN "norn.frames"
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "frames are copied as they lie in memory, which must be little endian"
#endif

typedef struct frame_head {
  uint32_t magic, partition, rows, flags;
  uint64_t key_bytes, value_bytes;
  uint8_t zeros[32];
} frame_head;

_Static_assert(sizeof(frame_head) == NORN_FRAME_ALIGNMENT, "the head is one section");

static uint64_t padded(uint64_t bytes) { return (bytes + NORN_FRAME_ALIGNMENT - 1) & ~(uint64_t)(NORN_FRAME_ALIGNMENT - 1); }

static uint64_t span(const uint32_t *offsets, uint32_t rows) {
  return rows == 0 ? 0 : (uint64_t)(offsets[rows] - offsets[0]);
}

uint64_t norn_frame_bytes(const norn_batch *batch) {
  uint64_t offsets = padded(((uint64_t)batch->rows + 1) * 4);
  uint64_t validity = batch->validity == NULL ? 0 : padded(((uint64_t)batch->rows + 7) / 8);
  return sizeof(frame_head) + 2 * offsets + padded(span(batch->key_offsets, batch->rows)) +
         padded(span(batch->value_offsets, batch->rows)) + validity;
}

static norn_status write_section(const norn_sink *sink, const void *data, uint64_t count, norn_error *error) {
  static const uint8_t zeros[NORN_FRAME_ALIGNMENT];
  norn_bytes bytes = {data, count}, padding = {zeros, padded(count) - count};
  norn_status status = count == 0 ? NORN_OK : sink->write(sink->context, bytes, error);
  return status != NORN_OK || padding.count == 0 ? status : sink->write(sink->context, padding, error);
}

/* Offsets are written from 0, in pieces, whatever they start with in the batch. */
static norn_status write_offsets(const norn_sink *sink, const uint32_t *offsets, uint32_t rows, norn_error *error) {
  static const uint8_t zeros[NORN_FRAME_ALIGNMENT];
  uint32_t piece[1024];
  uint64_t total = (uint64_t)rows + 1;
  for (uint64_t first = 0; first < total; first += 1024) {
    uint64_t count = total - first < 1024 ? total - first : 1024;
    for (uint64_t i = 0; i < count; i++) piece[i] = rows == 0 ? 0 : offsets[first + i] - offsets[0];
    norn_bytes bytes = {(const uint8_t *)piece, count * 4};
    norn_status status = sink->write(sink->context, bytes, error);
    if (status != NORN_OK) return status;
  }
  norn_bytes padding = {zeros, padded(total * 4) - total * 4};
  return padding.count == 0 ? NORN_OK : sink->write(sink->context, padding, error);
}

norn_status norn_frame_write(const norn_sink *sink, uint32_t partition, uint32_t flags, const norn_batch *batch,
                             norn_error *error) {
  frame_head head = {.magic = NORN_FRAME_MAGIC, .partition = partition, .rows = batch->rows};
  head.flags = flags | (batch->validity == NULL ? 0 : NORN_FRAME_VALIDITY);
  head.key_bytes = span(batch->key_offsets, batch->rows);
  head.value_bytes = span(batch->value_offsets, batch->rows);
  const uint8_t *keys = batch->rows == 0 ? NULL : batch->keys + batch->key_offsets[0];
  const uint8_t *values = batch->rows == 0 ? NULL : batch->values + batch->value_offsets[0];
  norn_status status = write_section(sink, &head, sizeof head, error);
  if (status == NORN_OK) status = write_offsets(sink, batch->key_offsets, batch->rows, error);
  if (status == NORN_OK) status = write_offsets(sink, batch->value_offsets, batch->rows, error);
  if (status == NORN_OK) status = write_section(sink, keys, head.key_bytes, error);
  if (status == NORN_OK) status = write_section(sink, values, head.value_bytes, error);
  if (status == NORN_OK && batch->validity != NULL)
    status = write_section(sink, batch->validity, ((uint64_t)batch->rows + 7) / 8, error);
  return status;
}

static norn_status refuse(norn_error *error, uint64_t at, const char *what) {
  return norn_fail(error, NORN_DATA_LOSS, DOMAIN, "the frame at byte %llu %s", (unsigned long long)at, what);
}

static bool offsets_are_sound(const uint32_t *offsets, uint32_t rows, uint64_t bytes) {
  if (offsets[0] != 0 || offsets[rows] != bytes) return false;
  for (uint32_t i = 0; i < rows; i++)
    if (offsets[i] > offsets[i + 1]) return false;
  return true;
}

static bool keys_ascend(const norn_batch *batch) {
  for (uint32_t i = 0; i < batch->rows; i++) {
    uint32_t start = batch->key_offsets[i], count = batch->key_offsets[i + 1] - start;
    if (count > NORN_KEY_MAX_BYTES) return false;
    if (i == 0) continue;
    uint32_t before = batch->key_offsets[i - 1], before_count = start - before;
    int order = memcmp(batch->keys + before, batch->keys + start, before_count < count ? before_count : count);
    if (order > 0 || (order == 0 && before_count > count)) return false;
  }
  return true;
}

norn_status norn_frame_read(norn_bytes bytes, uint64_t *position, norn_frame *out, norn_error *error) {
  frame_head head;
  uint64_t at = *position, left = bytes.count - at;
  if (((uintptr_t)bytes.data & 3) != 0) return norn_fail(error, NORN_INVALID_ARGUMENT, DOMAIN, "frames are not aligned");
  if (left < sizeof head) return refuse(error, at, "is cut off");
  memcpy(&head, bytes.data + at, sizeof head);
  if (head.magic != NORN_FRAME_MAGIC) return refuse(error, at, "has no magic number");
  if (head.rows > NORN_BATCH_MAX_ROWS) return refuse(error, at, "has too many rows");
  if (head.key_bytes > UINT32_MAX || head.value_bytes > UINT32_MAX) return refuse(error, at, "is too large");
  uint64_t offsets = padded(((uint64_t)head.rows + 1) * 4);
  uint64_t validity = head.flags & NORN_FRAME_VALIDITY ? padded(((uint64_t)head.rows + 7) / 8) : 0;
  uint64_t total = sizeof head + 2 * offsets + padded(head.key_bytes) + padded(head.value_bytes) + validity;
  if (total > left) return refuse(error, at, "is cut off");
  const uint8_t *body = bytes.data + at + sizeof head;
  norn_batch batch = {sizeof batch, head.rows, (const uint32_t *)(const void *)body, body + 2 * offsets,
                      (const uint32_t *)(const void *)(body + offsets),
                      body + 2 * offsets + padded(head.key_bytes), NULL};
  if (validity > 0) batch.validity = body + 2 * offsets + padded(head.key_bytes) + padded(head.value_bytes);
  if (!offsets_are_sound(batch.key_offsets, head.rows, head.key_bytes) ||
      !offsets_are_sound(batch.value_offsets, head.rows, head.value_bytes))
    return refuse(error, at, "has offsets out of order");
  if (!keys_ascend(&batch)) return refuse(error, at, "has keys out of order or too long");
  out->partition = head.partition;
  out->flags = head.flags;
  out->batch = batch;
  *position = at + total;
  return NORN_OK;
}
