#include "cbor.h"

#include <string.h>

#define UNSIGNED 0u
#define TEXT 3u
#define ARRAY 4u
#define MAP 5u

static void append(cbor_writer *writer, const void *bytes, uint64_t count) {
  if (count > sizeof writer->bytes - writer->count) writer->full = true;
  if (writer->full || count == 0) return;
  memcpy(writer->bytes + writer->count, bytes, count);
  writer->count += count;
}

void cbor_head(cbor_writer *writer, uint32_t major, uint64_t argument) {
  uint8_t head[9];
  uint32_t width = argument < 24 ? 0 : argument <= 0xff ? 1 : argument <= 0xffff ? 2 : argument <= 0xffffffffu ? 4 : 8;
  uint32_t code = width == 0 ? (uint32_t)argument : width == 1 ? 24 : width == 2 ? 25 : width == 4 ? 26 : 27;
  head[0] = (uint8_t)(major << 5 | code);
  for (uint32_t i = 0; i < width; i++) head[1 + i] = (uint8_t)(argument >> 8 * (width - 1 - i));
  append(writer, head, 1 + width);
}

void cbor_integer(cbor_writer *writer, uint64_t value) { cbor_head(writer, UNSIGNED, value); }
void cbor_array(cbor_writer *writer, uint64_t items) { cbor_head(writer, ARRAY, items); }
void cbor_map(cbor_writer *writer, uint64_t entries) { cbor_head(writer, MAP, entries); }

void cbor_text(cbor_writer *writer, norn_string text) {
  cbor_head(writer, TEXT, text.count);
  append(writer, text.data, text.count);
}

void cbor_name(cbor_writer *writer, const char *text) {
  norn_string string = {text, strlen(text)};
  cbor_text(writer, string);
}

static uint64_t read_head(cbor_reader *reader, uint32_t *major) {
  uint64_t argument = 0;
  if (reader->failed || reader->next >= reader->end) return reader->failed = true, 0;
  uint32_t first = *reader->next++, information = first & 31;
  uint32_t width = information < 24 ? 0 : information < 28 ? 1u << (information - 24) : 99;
  *major = first >> 5;
  if (width == 0) return information;
  if (width > (uint64_t)(reader->end - reader->next)) return reader->failed = true, 0;
  for (uint32_t i = 0; i < width; i++) argument = argument << 8 | *reader->next++;
  return argument;
}

static uint64_t expect(cbor_reader *reader, uint32_t wanted) {
  uint32_t major = 99;
  uint64_t argument = read_head(reader, &major);
  if (major != wanted) reader->failed = true;
  return reader->failed ? 0 : argument;
}

uint64_t cbor_read_integer(cbor_reader *reader) { return expect(reader, UNSIGNED); }
uint64_t cbor_read_array(cbor_reader *reader) { return expect(reader, ARRAY); }
uint64_t cbor_read_map(cbor_reader *reader) { return expect(reader, MAP); }

norn_string cbor_read_text(cbor_reader *reader) {
  uint64_t count = expect(reader, TEXT);
  norn_string text = {(const char *)reader->next, 0};
  if (count > (uint64_t)(reader->end - reader->next)) reader->failed = true;
  if (reader->failed) return text;
  text.count = count;
  reader->next += count;
  return text;
}

void cbor_skip(cbor_reader *reader) {
  for (uint64_t pending = 1; pending > 0 && !reader->failed; pending--) {
    uint32_t major = 0;
    uint64_t argument = read_head(reader, &major);
    if (major == 2 || major == TEXT) {
      if (argument > (uint64_t)(reader->end - reader->next)) reader->failed = true;
      if (!reader->failed) reader->next += argument;
    } else if (major == ARRAY) {
      pending += argument;
    } else if (major == MAP) {
      pending += 2 * argument;
    }
  }
}
