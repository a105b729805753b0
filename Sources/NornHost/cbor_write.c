#include <stdlib.h>
#include <string.h>

#include "norn_cbor.h"

static bool reserve(norn_cbor_writer *writer, uint64_t more) {
  if (writer->failed) return false;
  if (more > NORN_CBOR_MAX_BYTES || writer->count + more > NORN_CBOR_MAX_BYTES) return !(writer->failed = true);
  if (writer->count + more <= writer->capacity) return true;
  uint64_t capacity = writer->capacity * 2 < 256 ? 256 : writer->capacity * 2;
  if (capacity < writer->count + more) capacity = writer->count + more;
  uint8_t *data = realloc(writer->data, capacity);
  if (data == NULL) return !(writer->failed = true);
  writer->data = data;
  writer->capacity = capacity;
  return true;
}

static void append(norn_cbor_writer *writer, const void *bytes, uint64_t count) {
  if (count == 0 || !reserve(writer, count)) return;
  memcpy(writer->data + writer->count, bytes, count);
  writer->count += count;
}

static uint32_t encode_head(uint8_t head[9], uint32_t major, uint64_t argument) {
  uint32_t width = argument < 24 ? 0 : argument <= 0xff ? 1 : argument <= 0xffff ? 2 : argument <= 0xffffffffu ? 4 : 8;
  uint32_t code = width == 0 ? (uint32_t)argument : width == 1 ? 24 : width == 2 ? 25 : width == 4 ? 26 : 27;
  head[0] = (uint8_t)(major << 5 | code);
  for (uint32_t i = 0; i < width; i++) head[1 + i] = (uint8_t)(argument >> 8 * (width - 1 - i));
  return 1 + width;
}

static void append_head(norn_cbor_writer *writer, uint32_t major, uint64_t argument) {
  uint8_t head[9];
  append(writer, head, encode_head(head, major, argument));
}

/* Counts an item of the innermost array; a map counts its keys. */
static void count_item(norn_cbor_writer *writer) {
  if (writer->depth > 0 && !writer->open[writer->depth - 1].map) writer->open[writer->depth - 1].items++;
}

static void begin(norn_cbor_writer *writer, bool map) {
  count_item(writer);
  if (writer->depth == NORN_CBOR_WRITER_DEPTH) writer->failed = true;
  if (writer->failed) return;
  writer->open[writer->depth].start = writer->count;
  writer->open[writer->depth].first_entry = writer->entry_count;
  writer->open[writer->depth].items = 0;
  writer->open[writer->depth].map = map;
  writer->depth++;
}

void norn_cbor_map_begin(norn_cbor_writer *writer) { begin(writer, true); }
void norn_cbor_array_begin(norn_cbor_writer *writer) { begin(writer, false); }

static void insert_head(norn_cbor_writer *writer, uint64_t start, uint32_t major, uint64_t argument) {
  uint8_t head[9];
  uint32_t count = encode_head(head, major, argument);
  if (!reserve(writer, count)) return;
  memmove(writer->data + start + count, writer->data + start, writer->count - start);
  memcpy(writer->data + start, head, count);
  writer->count += count;
}

void norn_cbor_array_end(norn_cbor_writer *writer) {
  if (writer->failed || writer->depth == 0) return;
  writer->depth--;
  insert_head(writer, writer->open[writer->depth].start, 4, writer->open[writer->depth].items);
}

/* An encoded key starts with its length, so comparing until one ends is enough for text keys. */
static int compare_entries(const uint8_t *a, const uint8_t *b, const uint8_t *end) {
  uint64_t left = (uint64_t)(end - (a > b ? a : b));
  return memcmp(a, b, left);
}

/* Insertion sort by key: our maps have tens of entries, written nearly in order. */
static void sort_entries(const uint8_t *data, const uint8_t *end, uint64_t (*spans)[2], uint64_t count) {
  for (uint64_t i = 1; i < count; i++) {
    uint64_t start = spans[i][0], stop = spans[i][1], j = i;
    while (j > 0 && compare_entries(data + spans[j - 1][0], data + start, end) > 0) {
      spans[j][0] = spans[j - 1][0], spans[j][1] = spans[j - 1][1];
      j--;
    }
    spans[j][0] = start, spans[j][1] = stop;
  }
}

void norn_cbor_map_end(norn_cbor_writer *writer) {
  if (writer->failed || writer->depth == 0) return;
  writer->depth--;
  uint64_t start = writer->open[writer->depth].start, first = writer->open[writer->depth].first_entry;
  uint64_t entries = writer->entry_count - first, bytes = writer->count - start;
  if (entries > 1) {
    uint64_t(*spans)[2] = malloc(entries * sizeof *spans);
    uint8_t *sorted = malloc(bytes);
    writer->failed = spans == NULL || sorted == NULL;
    if (!writer->failed) {
      for (uint64_t i = 0; i < entries; i++) {
        spans[i][0] = writer->entries[first + i];
        spans[i][1] = i + 1 < entries ? writer->entries[first + i + 1] : writer->count;
      }
      sort_entries(writer->data, writer->data + writer->count, spans, entries);
      uint64_t filled = 0;
      for (uint64_t i = 0; i < entries; i++) {
        memcpy(sorted + filled, writer->data + spans[i][0], spans[i][1] - spans[i][0]);
        filled += spans[i][1] - spans[i][0];
      }
      memcpy(writer->data + start, sorted, bytes);
    }
    free(spans);
    free(sorted);
  }
  writer->entry_count = first;
  insert_head(writer, start, 5, entries);
}

void norn_cbor_key(norn_cbor_writer *writer, const char *key) {
  if (writer->failed) return;
  if (writer->entry_count == writer->entry_capacity) {
    uint64_t capacity = writer->entry_capacity * 2 < 32 ? 32 : writer->entry_capacity * 2;
    uint64_t *entries = realloc(writer->entries, capacity * sizeof *entries);
    if (entries == NULL) {
      writer->failed = true;
      return;
    }
    writer->entries = entries;
    writer->entry_capacity = capacity;
  }
  writer->entries[writer->entry_count++] = writer->count;
  append_head(writer, 3, strlen(key));
  append(writer, key, strlen(key));
}

static void append_byte(norn_cbor_writer *writer, uint8_t byte) {
  count_item(writer);
  append(writer, &byte, 1);
}

void norn_cbor_write_null(norn_cbor_writer *writer) { append_byte(writer, 0xf6); }
void norn_cbor_write_bool(norn_cbor_writer *writer, bool value) { append_byte(writer, value ? 0xf5 : 0xf4); }

void norn_cbor_write_integer(norn_cbor_writer *writer, int64_t value) {
  count_item(writer);
  append_head(writer, value < 0 ? 1 : 0, value < 0 ? (uint64_t)(-1 - value) : (uint64_t)value);
}

void norn_cbor_write_double(norn_cbor_writer *writer, double value) {
  uint8_t item[9] = {0xfb};
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (value != value) bits = 0x7ff8000000000000u; /* one NaN only */
  for (uint32_t i = 0; i < 8; i++) item[1 + i] = (uint8_t)(bits >> 8 * (7 - i));
  count_item(writer);
  append(writer, item, sizeof item);
}

/* Text comes from plugins too: what is not UTF-8 must not make a packet that the site refuses. */
void norn_cbor_write_text(norn_cbor_writer *writer, norn_string text) {
  count_item(writer);
  append_head(writer, 3, text.count);
  if (norn_cbor_is_utf8((const uint8_t *)text.data, text.count)) {
    append(writer, text.data, text.count);
  } else if (reserve(writer, text.count)) {
    for (uint64_t i = 0; i < text.count; i++)
      writer->data[writer->count++] = (uint8_t)text.data[i] < 0x80 ? (uint8_t)text.data[i] : '?';
  }
}

void norn_cbor_write_literal(norn_cbor_writer *writer, const char *text) {
  norn_string string = {text, strlen(text)};
  norn_cbor_write_text(writer, string);
}

void norn_cbor_write_bytes(norn_cbor_writer *writer, norn_bytes bytes) {
  count_item(writer);
  append_head(writer, 2, bytes.count);
  append(writer, bytes.data, bytes.count);
}

void norn_cbor_write_encoded(norn_cbor_writer *writer, norn_bytes item) {
  count_item(writer);
  append(writer, item.data, item.count);
}

norn_bytes norn_cbor_written(const norn_cbor_writer *writer) {
  norn_bytes bytes = {writer->data, writer->count};
  return bytes;
}

void norn_cbor_writer_free(norn_cbor_writer *writer) {
  free(writer->data);
  free(writer->entries);
  memset(writer, 0, sizeof *writer);
}
