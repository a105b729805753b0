#include "block.h"

#include <stdlib.h>

static const uint8_t zeros[64];

static uint64_t padded(uint64_t count) { return (count + 63) & ~(uint64_t)63; }

static void add_part(tables_block_parts *parts, const void *data, uint64_t count) {
  if (count == 0) return;
  parts->parts[parts->count++] = (struct iovec){(void *)(uintptr_t)data, count};
  if (padded(count) > count) {
    parts->parts[parts->count++] = (struct iovec){(void *)(uintptr_t)zeros, padded(count) - count};
  }
  parts->bytes += padded(count);
}

/* offsets that start at 0, in the second array of `parts->offsets` for values */
static const uint32_t *rebased(tables_block_parts *parts, const uint32_t *offsets, uint32_t rows, bool values) {
  if (offsets[0] == 0) return offsets;
  uint32_t *copy = parts->offsets + (values ? TABLES_BLOCK_MAX_ROWS + 1 : 0);
  for (uint32_t i = 0; i <= rows; i++) copy[i] = offsets[i] - offsets[0];
  return copy;
}

norn_status tables_block_encode(tables_block_parts *parts, const norn_batch *batch, tables_shape shape,
                                norn_error *error) {
  uint64_t offset_bytes = ((uint64_t)batch->rows + 1) * sizeof(uint32_t);
  if (parts->offsets == NULL) {
    uint64_t count = 2 * ((uint64_t)TABLES_BLOCK_MAX_ROWS + 1) * sizeof(uint32_t);
    parts->offsets = malloc(count);
    if (parts->offsets == NULL) return tables_fail_memory(error, count);
  }
  parts->header = (tables_block_header){.magic = TABLES_BLOCK_MAGIC,
                                        .rows = batch->rows,
                                        .key_width = shape.key_width,
                                        .value_width = shape.value_width,
                                        .key_bytes = (uint32_t)tables_key_bytes(batch),
                                        .value_bytes = (uint32_t)tables_value_bytes(batch)};
  parts->count = 0;
  parts->bytes = 0;
  add_part(parts, &parts->header, sizeof parts->header);
  if (shape.key_width == TABLES_VARIABLE) {
    add_part(parts, rebased(parts, batch->key_offsets, batch->rows, false), offset_bytes);
  }
  if (shape.value_width == TABLES_VARIABLE) {
    add_part(parts, rebased(parts, batch->value_offsets, batch->rows, true), offset_bytes);
  }
  add_part(parts, batch->keys + batch->key_offsets[0], parts->header.key_bytes);
  if (parts->header.value_bytes > 0) {
    add_part(parts, batch->values + batch->value_offsets[0], parts->header.value_bytes);
  }
  return NORN_OK;
}

void tables_block_parts_close(tables_block_parts *parts) {
  free(parts->offsets);
  parts->offsets = NULL;
}

/* header of a block whose sections fit in it; widths agree with the byte counts */
static bool read_header(norn_bytes block, tables_block_header *header) {
  if (block.count < sizeof *header) return false;
  memcpy(header, block.data, sizeof *header);
  if (header->magic != TABLES_BLOCK_MAGIC || header->rows == 0 || header->rows > TABLES_BLOCK_MAX_ROWS) return false;
  uint64_t offset_bytes = padded(((uint64_t)header->rows + 1) * sizeof(uint32_t)), bytes = sizeof *header;
  if (header->key_width == TABLES_VARIABLE) bytes += offset_bytes;
  else if ((uint64_t)header->key_width * header->rows != header->key_bytes) return false;
  if (header->value_width == TABLES_VARIABLE) bytes += offset_bytes;
  else if ((uint64_t)header->value_width * header->rows != header->value_bytes) return false;
  return bytes + padded(header->key_bytes) + padded(header->value_bytes) == block.count;
}

bool tables_block_first_key(norn_bytes block, norn_bytes *key) {
  tables_block_header header;
  if (!read_header(block, &header)) return false;
  uint64_t offset_bytes = padded(((uint64_t)header.rows + 1) * sizeof(uint32_t)), start = sizeof header;
  uint32_t count = header.key_width;
  if (header.key_width == TABLES_VARIABLE) {
    memcpy(&count, block.data + start + sizeof(uint32_t), sizeof count);
    start += offset_bytes;
  }
  if (header.value_width == TABLES_VARIABLE) start += offset_bytes;
  if (count > header.key_bytes) return false;
  *key = (norn_bytes){block.data + start, count};
  return true;
}

static norn_status stride(tables_strides *strides, uint32_t width, uint32_t rows, norn_error *error) {
  if (strides->offsets == NULL) {
    uint64_t count = ((uint64_t)TABLES_BLOCK_MAX_ROWS + 1) * sizeof(uint32_t);
    strides->offsets = malloc(count);
    if (strides->offsets == NULL) return tables_fail_memory(error, count);
    strides->width = TABLES_VARIABLE;
  }
  if (strides->width != width || strides->rows < rows) {
    for (uint32_t i = 0; i <= rows; i++) strides->offsets[i] = i * width;
    strides->width = width;
    strides->rows = rows;
  }
  return NORN_OK;
}

static norn_status stored(tables_block_decoder *decoder, const uint8_t *section, uint32_t rows, bool values,
                          const uint32_t **offsets, norn_error *error) {
  if (((uintptr_t)section & (sizeof(uint32_t) - 1)) == 0) {
    *offsets = (const uint32_t *)(const void *)section;
    return NORN_OK;
  }
  if (decoder->aligned == NULL) {
    uint64_t count = 2 * ((uint64_t)TABLES_BLOCK_MAX_ROWS + 1) * sizeof(uint32_t);
    decoder->aligned = malloc(count);
    if (decoder->aligned == NULL) return tables_fail_memory(error, count);
  }
  uint32_t *copy = decoder->aligned + (values ? TABLES_BLOCK_MAX_ROWS + 1 : 0);
  memcpy(copy, section, ((size_t)rows + 1) * sizeof(uint32_t));
  *offsets = copy;
  return NORN_OK;
}

norn_status tables_block_decode(tables_block_decoder *decoder, norn_bytes block, norn_batch *batch,
                                norn_error *error) {
  tables_block_header header;
  if (!read_header(block, &header)) {
    return tables_fail(error, NORN_DATA_LOSS, 0, "a block of the table is damaged; make the table again");
  }
  *batch = (norn_batch){.struct_size = sizeof(norn_batch), .rows = header.rows};
  const uint8_t *section = block.data + sizeof header;
  uint64_t offset_bytes = padded(((uint64_t)header.rows + 1) * sizeof(uint32_t));
  norn_status status;
  if (header.key_width == TABLES_VARIABLE) {
    status = stored(decoder, section, header.rows, false, &batch->key_offsets, error);
    section += offset_bytes;
  } else {
    status = stride(&decoder->keys, header.key_width, header.rows, error);
    batch->key_offsets = decoder->keys.offsets;
  }
  if (status != NORN_OK) return status;
  if (header.value_width == TABLES_VARIABLE) {
    status = stored(decoder, section, header.rows, true, &batch->value_offsets, error);
    section += offset_bytes;
  } else {
    status = stride(&decoder->values, header.value_width, header.rows, error);
    batch->value_offsets = decoder->values.offsets;
  }
  if (status != NORN_OK) return status;
  if (batch->key_offsets[0] != 0 || batch->key_offsets[header.rows] != header.key_bytes ||
      batch->value_offsets[0] != 0 || batch->value_offsets[header.rows] != header.value_bytes) {
    return tables_fail(error, NORN_DATA_LOSS, 0, "a block of the table has wrong offsets; make the table again");
  }
  batch->keys = section;
  batch->values = section + padded(header.key_bytes);
  return NORN_OK;
}

void tables_block_decoder_close(tables_block_decoder *decoder) {
  free(decoder->keys.offsets);
  free(decoder->values.offsets);
  free(decoder->aligned);
  memset(decoder, 0, sizeof *decoder);
}
