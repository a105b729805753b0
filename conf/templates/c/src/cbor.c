#include "cbor.h"

#include <string.h>

static void append(cbor_writer *out, const void *bytes, uint64_t count) {
  if (count > sizeof out->bytes - out->count) {
    out->overflowed = true;
    return;
  }
  memcpy(out->bytes + out->count, bytes, count);
  out->count += count;
}

/* Bytes after the head's first for a value: 0, 1, 2, 4 or 8, the fewest that hold it. */
static int argument_bytes(uint64_t value) {
  if (value < 24) return 0;
  if (value <= UINT8_MAX) return 1;
  if (value <= UINT16_MAX) return 2;
  return value <= UINT32_MAX ? 4 : 8;
}

void cbor_put(cbor_writer *out, uint8_t major, uint64_t value) {
  const int width = argument_bytes(value);
  uint8_t head[9];
  uint8_t code = (uint8_t)value;
  for (int power = 0; power < 4; power++) {
    if (width == 1 << power) code = (uint8_t)(24 + power);
  }
  head[0] = (uint8_t)(major << 5 | code);
  for (int index = 0; index < width; index++) head[1 + index] = (uint8_t)(value >> 8 * (width - 1 - index));
  append(out, head, (uint64_t)width + 1);
}

void cbor_put_text(cbor_writer *out, const char *text) {
  cbor_put(out, CBOR_TEXT, strlen(text));
  append(out, text, strlen(text));
}

bool cbor_take(norn_bytes in, uint64_t *at, uint8_t major, uint64_t *value) {
  if (*at >= in.count || in.data[*at] >> 5 != major) return false;
  const uint8_t code = in.data[(*at)++] & 31;
  if (code < 24) {
    *value = code;
    return true;
  }
  if (code > 27) return false;
  const uint64_t width = 1u << (code - 24);
  if (width > in.count - *at) return false;
  *value = 0;
  for (uint64_t read = 0; read < width; read++) *value = *value << 8 | in.data[(*at)++];
  return true;
}

bool cbor_take_text(norn_bytes in, uint64_t *at, norn_string *text) {
  uint64_t count;
  if (!cbor_take(in, at, CBOR_TEXT, &count) || count > in.count - *at) return false;
  *text = (norn_string){(const char *)in.data + *at, count};
  *at += count;
  return true;
}
