/* A block: one batch as bytes, the unit that a store keeps. Little-endian, every section padded to 64 bytes.

     header (64 bytes) | key offsets u32[rows + 1] | value offsets u32[rows + 1] | keys | values

   Offsets start at 0. When all keys (values) have one width, it stands in the header and their offsets are not
   stored. */
#ifndef TABLES_BLOCK_H
#define TABLES_BLOCK_H
#include "batch.h"

#define TABLES_BLOCK_MAGIC 0x3142544eu /* "NTB1" */
#define TABLES_BLOCK_PARTS 9

typedef struct tables_block_header {
  uint32_t magic;
  uint32_t rows;
  uint32_t key_width;   /* TABLES_VARIABLE: offsets are stored */
  uint32_t value_width;
  uint32_t key_bytes;
  uint32_t value_bytes;
  uint32_t reserved[10];
} tables_block_header;

/* Room for the parts of a block that the batch does not hold itself. */
typedef struct tables_block_parts {
  tables_block_header header;
  struct iovec parts[TABLES_BLOCK_PARTS];
  int count;
  uint64_t bytes;
  uint32_t *offsets; /* for offsets that do not start at 0 */
} tables_block_parts;
/* `parts` must start zeroed and may be used again; it borrows the batch */
norn_status tables_block_encode(tables_block_parts *parts, const norn_batch *batch, tables_shape shape,
                                norn_error *error);
void tables_block_parts_close(tables_block_parts *parts);

/* Offsets for blocks of one width, made when they are first needed. */
typedef struct tables_strides {
  uint32_t *offsets;
  uint32_t width;
  uint32_t rows;
} tables_strides;
typedef struct tables_block_decoder {
  tables_strides keys;
  tables_strides values;
  uint32_t *aligned; /* stored offsets, when the store's bytes are not aligned */
} tables_block_decoder;
/* the batch borrows the block and the decoder */
norn_status tables_block_decode(tables_block_decoder *decoder, norn_bytes block, norn_batch *batch,
                                norn_error *error);
void tables_block_decoder_close(tables_block_decoder *decoder);
#endif
