/* The little of CBOR (RFC 8949, 4.2.1) that engines speak: unsigned numbers, text, bytes, definite arrays and maps. */
#ifndef TABLES_CBOR_H
#define TABLES_CBOR_H
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define TABLES_CBOR_UNSIGNED 0u
#define TABLES_CBOR_BYTES 2u
#define TABLES_CBOR_TEXT 3u
#define TABLES_CBOR_ARRAY 4u
#define TABLES_CBOR_MAP 5u

typedef struct tables_cbor {
  uint8_t *bytes;
  uint64_t count;    /* written, or the end of what is read */
  uint64_t place;    /* of the reader */
  uint64_t capacity; /* of the writer, which must be enough */
} tables_cbor;

static inline void tables_cbor_head(tables_cbor *cbor, uint32_t major, uint64_t value) {
  uint8_t *out = cbor->bytes + cbor->count;
  int extra = value < 24 ? 0 : value < 256 ? 1 : value < 65536 ? 2 : value <= UINT32_MAX ? 4 : 8;
  uint8_t info = extra == 0 ? (uint8_t)value : extra == 1 ? 24 : extra == 2 ? 25 : extra == 4 ? 26 : 27;
  out[0] = (uint8_t)(major << 5 | info);
  for (int i = 0; i < extra; i++) out[1 + i] = (uint8_t)(value >> (8 * (extra - 1 - i)));
  cbor->count += 1 + (uint64_t)extra;
}

static inline void tables_cbor_text(tables_cbor *cbor, const char *text, uint64_t count) {
  tables_cbor_head(cbor, TABLES_CBOR_TEXT, count);
  memcpy(cbor->bytes + cbor->count, text, count);
  cbor->count += count;
}

/* shortest forms only; false at the end or when the item is not of that major type */
static inline bool tables_cbor_read(tables_cbor *cbor, uint32_t major, uint64_t *value) {
  if (cbor->place >= cbor->count || cbor->bytes[cbor->place] >> 5 != major) return false;
  uint8_t info = cbor->bytes[cbor->place++] & 31;
  *value = info;
  if (info < 24) return true;
  if (info > 27) return false;
  uint64_t extra = 1u << (info - 24);
  if (cbor->count - cbor->place < extra) return false;
  *value = 0;
  for (uint64_t i = 0; i < extra; i++) *value = *value << 8 | cbor->bytes[cbor->place++];
  return extra == 1 ? *value >= 24 : *value >> (4 * extra) != 0;
}

static inline bool tables_cbor_read_text(tables_cbor *cbor, const char **text, uint64_t *count) {
  if (!tables_cbor_read(cbor, TABLES_CBOR_TEXT, count) || cbor->count - cbor->place < *count) return false;
  *text = (const char *)cbor->bytes + cbor->place;
  cbor->place += *count;
  return true;
}

/* the text is exactly this one */
static inline bool tables_cbor_expect(tables_cbor *cbor, const char *text, uint64_t count) {
  const char *found;
  uint64_t found_count;
  return tables_cbor_read_text(cbor, &found, &found_count) && found_count == count &&
         memcmp(found, text, count) == 0;
}
#endif
