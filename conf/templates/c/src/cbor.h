/* The little of CBOR (RFC 8949) that a component without a kit needs. */
#ifndef CBOR_H
#define CBOR_H
#include <stdbool.h>

#include "norn.h"

enum { CBOR_INTEGER = 0, CBOR_TEXT = 3, CBOR_ARRAY = 4, CBOR_MAP = 5 };

/* Gathers an encoding; what does not fit is cut, and overflowed says so. */
typedef struct cbor_writer {
  uint8_t bytes[1024];
  uint64_t count;
  bool overflowed;
} cbor_writer;

/* Writes the head of an item: an integer's value, a text's bytes, an array's or map's entries. */
void cbor_put(cbor_writer *out, uint8_t major, uint64_t value);
void cbor_put_text(cbor_writer *out, const char *text);

/* Reads the head of an item of that kind at *at and moves on; false when there is none. */
bool cbor_take(norn_bytes in, uint64_t *at, uint8_t major, uint64_t *value);
bool cbor_take_text(norn_bytes in, uint64_t *at, norn_string *text);

#endif
