#include <string.h>

#include "norn_cbor.h"
#include "norn_host.h"

typedef struct reader {
  const uint8_t *base;
  const uint8_t *end;
  norn_error *error;
} reader;

static norn_status refuse(const reader *r, const uint8_t *at, const char *what) {
  return norn_fail(r->error, NORN_INVALID_ARGUMENT, "norn.cbor", "%s at byte %llu", what,
                   (unsigned long long)(at - r->base));
}

/* The argument of an item's head; false when it is cut off or of an unused form. */
static bool read_head(const uint8_t **position, const uint8_t *end, uint64_t *argument, uint32_t *width) {
  const uint8_t *p = *position;
  uint32_t information = *p++ & 31u;
  *width = information < 24 ? 0 : information < 28 ? 1u << (information - 24) : 99;
  if (*width == 99 || (uint64_t)(end - p) < *width) return false;
  *argument = information;
  if (*width > 0) {
    *argument = 0;
    for (uint32_t i = 0; i < *width; i++) *argument = *argument << 8 | *p++;
  }
  *position = p;
  return true;
}

static bool is_shortest(uint64_t argument, uint32_t width) {
  switch (width) {
    case 0: return argument < 24;
    case 1: return argument >= 24;
    case 2: return argument > 0xff;
    case 4: return argument > 0xffff;
    default: return argument > 0xffffffffu;
  }
}

bool norn_cbor_is_utf8(const uint8_t *p, uint64_t count) {
  const uint8_t *end = p + count;
  while (p < end) {
    uint32_t first = *p++;
    if (first < 0x80) continue;
    uint32_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || (uint64_t)(end - p) < more) return false;
    uint32_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint32_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (*p < low || *p > high) return false;
    for (uint32_t i = 1; i < more; i++)
      if ((p[i] & 0xc0) != 0x80) return false;
    p += more;
  }
  return true;
}

static double half_to_double(uint64_t bits) {
  uint64_t exponent = bits >> 10 & 31, fraction = bits & 1023, sign = bits >> 15;
  uint64_t wide;
  double value;
  if (exponent == 0) {
    value = (double)fraction / 16777216.0; /* 2^-24 */
    return sign ? -value : value;
  }
  wide = sign << 63 | (exponent == 31 ? 2047 : exponent + 1008) << 52 | fraction << 42;
  memcpy(&value, &wide, sizeof value);
  return value;
}

static double float_of(uint64_t bits, uint32_t width) {
  double value;
  float narrow;
  uint32_t narrow_bits = (uint32_t)bits;
  if (width == 2) return half_to_double(bits);
  if (width == 4) {
    memcpy(&narrow, &narrow_bits, sizeof narrow);
    return narrow;
  }
  memcpy(&value, &bits, sizeof value);
  return value;
}

static int compare_keys(norn_bytes a, norn_bytes b) {
  int order = memcmp(a.data, b.data, a.count < b.count ? a.count : b.count);
  return order != 0 ? order : a.count < b.count ? -1 : a.count > b.count;
}

static norn_status check(const reader *r, const uint8_t **position, uint32_t depth);

static norn_status check_map(const reader *r, const uint8_t **position, uint64_t entries, uint32_t depth) {
  norn_bytes previous = {NULL, 0};
  for (uint64_t i = 0; i < entries; i++) {
    const uint8_t *key = *position;
    if (key >= r->end) return refuse(r, key, "the bytes end inside a map");
    if (*key >> 5 != 3) return refuse(r, key, "a map key is not text");
    norn_status status = check(r, position, depth);
    if (status != NORN_OK) return status;
    norn_bytes encoded = {key, (uint64_t)(*position - key)};
    if (i > 0) {
      int order = compare_keys(previous, encoded);
      if (order == 0) return refuse(r, key, "a map key is there twice");
      if (order > 0) return refuse(r, key, "map keys are not in order");
    }
    previous = encoded;
    status = check(r, position, depth);
    if (status != NORN_OK) return status;
  }
  return NORN_OK;
}

static norn_status check(const reader *r, const uint8_t **position, uint32_t depth) {
  const uint8_t *start = *position;
  uint64_t argument;
  uint32_t width;
  if (start >= r->end) return refuse(r, start, "the bytes end inside a value");
  uint32_t major = *start >> 5;
  if ((*start & 31) > 27) return refuse(r, start, "indefinite lengths and reserved forms are not used here");
  if (!read_head(position, r->end, &argument, &width)) return refuse(r, start, "the bytes end inside a head");
  if (major != 7 && !is_shortest(argument, width)) return refuse(r, start, "a head is not in its shortest form");
  uint64_t left = (uint64_t)(r->end - *position);
  switch (major) {
    case 0:
    case 1:
      return argument > INT64_MAX ? refuse(r, start, "an integer needs more than 64 bits") : NORN_OK;
    case 2:
    case 3:
      if (argument > left) return refuse(r, start, "a length reaches beyond the end");
      if (major == 3 && !norn_cbor_is_utf8(*position, argument)) return refuse(r, start, "a text is not UTF-8");
      *position += argument;
      return NORN_OK;
    case 4:
    case 5:
      if (depth >= NORN_CBOR_MAX_DEPTH) return refuse(r, start, "values are nested too deeply");
      if (argument > left / (major - 3)) return refuse(r, start, "a length reaches beyond the end");
      if (major == 5) return check_map(r, position, argument, depth + 1);
      for (uint64_t i = 0; i < argument; i++) {
        norn_status status = check(r, position, depth + 1);
        if (status != NORN_OK) return status;
      }
      return NORN_OK;
    case 7:
      if (width == 0 && argument >= 20 && argument <= 22) return NORN_OK;
      if (width >= 2) return NORN_OK;
      return refuse(r, start, "this simple value is not used here");
    default:
      return refuse(r, start, "tags are not used here");
  }
}

norn_status norn_cbor_parse(norn_bytes bytes, norn_cbor *out, norn_error *error) {
  reader r = {bytes.data, bytes.data + bytes.count, error};
  const uint8_t *position = bytes.data;
  memset(out, 0, sizeof *out);
  if (bytes.count == 0) return refuse(&r, position, "there are no bytes");
  if (bytes.count > NORN_CBOR_MAX_BYTES) return refuse(&r, position, "the document is larger than 64 MiB");
  norn_status status = check(&r, &position, 0);
  if (status != NORN_OK) return status;
  if (position != r.end) return refuse(&r, position, "there are bytes after the value");
  *out = norn_cbor_at(bytes.data, r.end);
  return NORN_OK;
}

/* The first byte behind an accepted item. Without recursion: `pending` items are still to be passed. */
static const uint8_t *skip(const uint8_t *p, const uint8_t *end) {
  uint64_t pending = 1;
  while (pending > 0 && p < end) {
    uint32_t major = *p >> 5, width;
    uint64_t argument;
    if (!read_head(&p, end, &argument, &width)) return end;
    pending--;
    if (major == 2 || major == 3) p += argument;
    if (major == 4) pending += argument;
    if (major == 5) pending += argument * 2;
  }
  return p;
}

norn_cbor norn_cbor_at(const uint8_t *start, const uint8_t *end) {
  norn_cbor value;
  uint32_t width;
  uint64_t argument;
  const uint8_t *position = start;
  memset(&value, 0, sizeof value);
  if (start == NULL || start >= end || !read_head(&position, end, &argument, &width)) return value;
  value.start = start;
  value.end = skip(start, end);
  value.data = position;
  switch (*start >> 5) {
    case 0: value.kind = NORN_CBOR_INTEGER, value.integer = (int64_t)argument; break;
    case 1: value.kind = NORN_CBOR_INTEGER, value.integer = -1 - (int64_t)argument; break;
    case 2: value.kind = NORN_CBOR_BYTES, value.count = argument; break;
    case 3: value.kind = NORN_CBOR_TEXT, value.count = argument; break;
    case 4: value.kind = NORN_CBOR_ARRAY, value.count = argument; break;
    case 5: value.kind = NORN_CBOR_MAP, value.count = argument; break;
    default:
      if (width >= 2) {
        value.kind = NORN_CBOR_DOUBLE, value.number = float_of(argument, width);
      } else if (argument == 22) {
        value.kind = NORN_CBOR_NULL;
      } else {
        value.kind = NORN_CBOR_BOOL, value.boolean = argument == 21;
      }
  }
  return value;
}

bool norn_cbor_next(const norn_cbor *container, const uint8_t **position, norn_cbor *out) {
  if (container->kind != NORN_CBOR_ARRAY && container->kind != NORN_CBOR_MAP) return false;
  const uint8_t *p = *position == NULL ? container->data : *position;
  if (p >= container->end) return false;
  *out = norn_cbor_at(p, container->end);
  *position = out->end;
  return true;
}

norn_cbor norn_cbor_get(const norn_cbor *map, const char *key) {
  norn_cbor name, value, none;
  const uint8_t *position = NULL;
  uint64_t count = strlen(key);
  memset(&none, 0, sizeof none);
  if (map->kind != NORN_CBOR_MAP) return none;
  while (norn_cbor_next(map, &position, &name) && norn_cbor_next(map, &position, &value))
    if (name.count == count && memcmp(name.data, key, count) == 0) return value;
  return none;
}

norn_string norn_cbor_string(const norn_cbor *value) {
  norn_string text = {"", 0};
  if (value->kind == NORN_CBOR_TEXT) text.data = (const char *)value->data, text.count = value->count;
  return text;
}

norn_bytes norn_cbor_bytes(const norn_cbor *value) {
  norn_bytes bytes = {(const uint8_t *)"", 0};
  if (value->kind == NORN_CBOR_TEXT || value->kind == NORN_CBOR_BYTES) {
    bytes.data = value->data;
    bytes.count = value->count;
  }
  return bytes;
}

int64_t norn_cbor_integer(const norn_cbor *value, int64_t otherwise) {
  return value->kind == NORN_CBOR_INTEGER ? value->integer : otherwise;
}

bool norn_cbor_bool(const norn_cbor *value, bool otherwise) {
  return value->kind == NORN_CBOR_BOOL ? value->boolean != 0 : otherwise;
}
