/* Deterministic CBOR (RFC 8949, 4.2) as the channel and the parameters use it. Values: null, booleans, integers of
   64 bits, floats, text, bytes, arrays, maps with text keys. The reader copies nothing; the writer sorts map keys. */
#ifndef NORN_CBOR_H
#define NORN_CBOR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "norn.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NORN_CBOR_MAX_DEPTH 64u
#define NORN_CBOR_MAX_BYTES 67108864u

typedef uint32_t norn_cbor_kind;
#define NORN_CBOR_NONE 0u
#define NORN_CBOR_NULL 1u
#define NORN_CBOR_BOOL 2u
#define NORN_CBOR_INTEGER 3u
#define NORN_CBOR_DOUBLE 4u
#define NORN_CBOR_TEXT 5u
#define NORN_CBOR_BYTES 6u
#define NORN_CBOR_ARRAY 7u
#define NORN_CBOR_MAP 8u

/* One item inside a document that norn_cbor_parse accepted. Borrowed from the document's bytes. */
typedef struct norn_cbor {
  norn_cbor_kind kind;
  uint32_t boolean;
  int64_t integer;
  double number;
  uint64_t count;      /* bytes of text or bytes; items of an array; entries of a map */
  const uint8_t *data; /* text or bytes; first item of an array; first key of a map */
  const uint8_t *start;
  const uint8_t *end;
} norn_cbor;

/* Checks the whole document (depth, sizes, shortest heads, UTF-8, map keys ascending and unique, nothing behind it).
   INVALID_ARGUMENT names the fault and its offset. Integers below -2^63 or above 2^63 - 1 are refused. */
norn_status norn_cbor_parse(norn_bytes bytes, norn_cbor *out, norn_error *error);

/* An item of an accepted document by its first byte. */
norn_cbor norn_cbor_at(const uint8_t *start, const uint8_t *end);
/* The entry of a map; kind NONE when map is no map or has no such key. */
norn_cbor norn_cbor_get(const norn_cbor *map, const char *key);
/* Walks an array, or the keys and values of a map in turn: start with *position = NULL, false at the end. */
bool norn_cbor_next(const norn_cbor *container, const uint8_t **position, norn_cbor *out);

norn_string norn_cbor_string(const norn_cbor *value);                      /* empty when not text */
norn_bytes norn_cbor_bytes(const norn_cbor *value);                        /* empty when neither bytes nor text */
int64_t norn_cbor_integer(const norn_cbor *value, int64_t otherwise);      /* otherwise when not an integer */
bool norn_cbor_bool(const norn_cbor *value, bool otherwise);
static inline norn_bytes norn_cbor_encoded(const norn_cbor *value) {
  norn_bytes bytes = {value->start, (uint64_t)(value->end - value->start)};
  return bytes;
}

/* Grows by itself. After a failed allocation, or when a document gets too large or deep, failed is set and everything
   more is ignored. */
#define NORN_CBOR_WRITER_DEPTH 16u
typedef struct norn_cbor_writer {
  uint8_t *data;
  uint64_t count;
  uint64_t capacity;
  uint64_t *entries; /* where the keys of the open maps start */
  uint64_t entry_count;
  uint64_t entry_capacity;
  struct {
    uint64_t start;       /* where the content starts */
    uint64_t first_entry; /* in entries */
    uint64_t items;
    bool map;
  } open[NORN_CBOR_WRITER_DEPTH];
  uint32_t depth;
  bool failed;
} norn_cbor_writer;

void norn_cbor_writer_free(norn_cbor_writer *writer); /* a zeroed writer is an empty one; free leaves it so */
void norn_cbor_map_begin(norn_cbor_writer *writer);
void norn_cbor_map_end(norn_cbor_writer *writer);
void norn_cbor_array_begin(norn_cbor_writer *writer);
void norn_cbor_array_end(norn_cbor_writer *writer);
void norn_cbor_key(norn_cbor_writer *writer, const char *key);
void norn_cbor_write_null(norn_cbor_writer *writer);
void norn_cbor_write_bool(norn_cbor_writer *writer, bool value);
void norn_cbor_write_integer(norn_cbor_writer *writer, int64_t value);
void norn_cbor_write_double(norn_cbor_writer *writer, double value);
void norn_cbor_write_text(norn_cbor_writer *writer, norn_string text);
void norn_cbor_write_literal(norn_cbor_writer *writer, const char *text);
void norn_cbor_write_bytes(norn_cbor_writer *writer, norn_bytes bytes);
/* one item that is CBOR already */
void norn_cbor_write_encoded(norn_cbor_writer *writer, norn_bytes item);
bool norn_cbor_is_utf8(const uint8_t *text, uint64_t count);
norn_bytes norn_cbor_written(const norn_cbor_writer *writer);

#ifdef __cplusplus
}
#endif
#endif
