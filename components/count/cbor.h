/* As much CBOR as this component speaks: a writer into a fixed buffer and a forward reader. */
#ifndef NORN_COMPONENT_COUNT_CBOR_H
#define NORN_COMPONENT_COUNT_CBOR_H
#include <stdbool.h>

#include "norn.h"

#define COUNT_CBOR_BYTES 4096

typedef struct cbor_writer {
  uint8_t bytes[COUNT_CBOR_BYTES];
  uint64_t count;
  bool full;
} cbor_writer;

void cbor_head(cbor_writer *writer, uint32_t major, uint64_t argument);
void cbor_integer(cbor_writer *writer, uint64_t value);
void cbor_text(cbor_writer *writer, norn_string text);
void cbor_name(cbor_writer *writer, const char *text);
void cbor_array(cbor_writer *writer, uint64_t items);
void cbor_map(cbor_writer *writer, uint64_t entries);

typedef struct cbor_reader {
  const uint8_t *next;
  const uint8_t *end;
  bool failed; /* cut off, or not what was asked for; everything more fails too */
} cbor_reader;

uint64_t cbor_read_integer(cbor_reader *reader);
norn_string cbor_read_text(cbor_reader *reader);
uint64_t cbor_read_array(cbor_reader *reader);
uint64_t cbor_read_map(cbor_reader *reader);
/* Passes one value; arrays and maps are passed with their content. */
void cbor_skip(cbor_reader *reader);
#endif
