#include "meta.h"

#include <stdlib.h>

#include "cbor.h"

#define TEXT(literal) literal, sizeof(literal) - 1

static void put_number(tables_cbor *cbor, const char *name, uint64_t name_count, uint64_t value) {
  tables_cbor_text(cbor, name, name_count);
  tables_cbor_head(cbor, TABLES_CBOR_UNSIGNED, value);
}

norn_status tables_meta_encode(const tables_meta *meta, norn_string engine, norn_bytes *encoded, norn_error *error) {
  tables_cbor cbor = {.bytes = malloc(TABLES_META_MAX_BYTES), .capacity = TABLES_META_MAX_BYTES};
  if (cbor.bytes == NULL) return tables_fail_memory(error, TABLES_META_MAX_BYTES);
  tables_cbor_head(&cbor, TABLES_CBOR_MAP, 8);
  put_number(&cbor, TEXT("rows"), meta->rows);
  put_number(&cbor, TEXT("bytes"), meta->bytes);
  tables_cbor_text(&cbor, TEXT("files"));
  tables_cbor_head(&cbor, TABLES_CBOR_ARRAY, meta->spec.partitions);
  for (uint32_t i = 0; i < meta->spec.partitions; i++) {
    const tables_file *file = &meta->files[i];
    tables_cbor_head(&cbor, TABLES_CBOR_ARRAY, 4);
    tables_cbor_head(&cbor, TABLES_CBOR_UNSIGNED, file->file_bytes);
    tables_cbor_head(&cbor, TABLES_CBOR_UNSIGNED, file->rows);
    tables_cbor_head(&cbor, TABLES_CBOR_UNSIGNED, file->bytes);
    tables_cbor_head(&cbor, TABLES_CBOR_UNSIGNED, file->checksum);
  }
  tables_cbor_text(&cbor, TEXT("engine"));
  tables_cbor_text(&cbor, engine.data, engine.count);
  put_number(&cbor, TEXT("format"), TABLES_FORMAT);
  tables_cbor_text(&cbor, TEXT("checksum"));
  tables_cbor_head(&cbor, TABLES_CBOR_BYTES, 8);
  uint64_t place = cbor.count;
  memset(cbor.bytes + place, 0, 8);
  cbor.count += 8;
  put_number(&cbor, TEXT("partitions"), meta->spec.partitions);
  put_number(&cbor, TEXT("partitioner"), meta->spec.partitioner);
  uint64_t checksum = __builtin_bswap64(tables_xxh64_of(cbor.bytes, cbor.count));
  memcpy(cbor.bytes + place, &checksum, 8);
  *encoded = (norn_bytes){cbor.bytes, cbor.count};
  return NORN_OK;
}

static bool read_number(tables_cbor *cbor, const char *name, uint64_t name_count, uint64_t *value) {
  return tables_cbor_expect(cbor, name, name_count) && tables_cbor_read(cbor, TABLES_CBOR_UNSIGNED, value);
}

static bool read_files(tables_cbor *cbor, tables_meta *meta, uint64_t count) {
  uint64_t four, rows = 0, bytes = 0;
  for (uint64_t i = 0; i < count; i++) {
    tables_file *file = &meta->files[i];
    if (!tables_cbor_read(cbor, TABLES_CBOR_ARRAY, &four) || four != 4) return false;
    if (!tables_cbor_read(cbor, TABLES_CBOR_UNSIGNED, &file->file_bytes)) return false;
    if (!tables_cbor_read(cbor, TABLES_CBOR_UNSIGNED, &file->rows)) return false;
    if (!tables_cbor_read(cbor, TABLES_CBOR_UNSIGNED, &file->bytes)) return false;
    if (!tables_cbor_read(cbor, TABLES_CBOR_UNSIGNED, &file->checksum)) return false;
    rows += file->rows, bytes += file->bytes;
  }
  return rows == meta->rows && bytes == meta->bytes;
}

/* "checksum" and its eight bytes, against the encoding with zeros in their place */
static bool read_checksum(tables_cbor *cbor) {
  uint64_t count, checksum;
  if (!tables_cbor_expect(cbor, TEXT("checksum"))) return false;
  if (!tables_cbor_read(cbor, TABLES_CBOR_BYTES, &count) || count != 8 || cbor->count - cbor->place < 8) return false;
  memcpy(&checksum, cbor->bytes + cbor->place, 8);
  uint8_t *copy = malloc(cbor->count);
  if (copy == NULL) return false;
  memcpy(copy, cbor->bytes, cbor->count);
  memset(copy + cbor->place, 0, 8);
  bool equal = tables_xxh64_of(copy, cbor->count) == __builtin_bswap64(checksum);
  free(copy);
  cbor->place += 8;
  return equal;
}

static bool read_meta(tables_cbor *cbor, norn_string engine, tables_meta *meta) {
  uint64_t entries, count, format, partitions, partitioner;
  if (!tables_cbor_read(cbor, TABLES_CBOR_MAP, &entries) || entries != 8) return false;
  if (!read_number(cbor, TEXT("rows"), &meta->rows) || !read_number(cbor, TEXT("bytes"), &meta->bytes)) return false;
  if (!tables_cbor_expect(cbor, TEXT("files")) || !tables_cbor_read(cbor, TABLES_CBOR_ARRAY, &count)) return false;
  if (count == 0 || count > TABLES_PARTITIONS_MAX) return false;
  meta->files = calloc(count, sizeof *meta->files);
  if (meta->files == NULL || !read_files(cbor, meta, count)) return false;
  if (!tables_cbor_expect(cbor, TEXT("engine")) || !tables_cbor_expect(cbor, engine.data, engine.count)) return false;
  if (!read_number(cbor, TEXT("format"), &format) || format != TABLES_FORMAT) return false;
  if (!read_checksum(cbor)) return false;
  if (!read_number(cbor, TEXT("partitions"), &partitions) || partitions != count) return false;
  if (!read_number(cbor, TEXT("partitioner"), &partitioner)) return false;
  if (partitioner != NORN_PARTITIONER_HASH && partitioner != NORN_PARTITIONER_ORDINAL) return false;
  meta->spec = (norn_table_spec){sizeof(norn_table_spec), (uint32_t)partitions, (uint32_t)partitioner, 0};
  return cbor->place == cbor->count;
}

norn_status tables_meta_decode(norn_bytes encoded, norn_string engine, tables_meta *meta, norn_error *error) {
  tables_cbor cbor = {.bytes = (uint8_t *)(uintptr_t)encoded.data, .count = encoded.count};
  *meta = (tables_meta){.files = NULL};
  if (read_meta(&cbor, engine, meta)) return NORN_OK;
  free(meta->files);
  meta->files = NULL;
  return tables_fail(error, NORN_DATA_LOSS, 0, "meta is not that of a whole table of the engine %.*s",
                     (int)engine.count, engine.data);
}

norn_status tables_options_read(norn_bytes encoded, void *context,
                                norn_status (*number)(void *context, norn_string name, uint64_t value,
                                                      norn_error *error),
                                norn_error *error) {
  if (encoded.count == 0) return NORN_OK;
  if (encoded.count > TABLES_OPTIONS_MAX_BYTES || encoded.data == NULL) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "engine options of %llu bytes",
                       (unsigned long long)encoded.count);
  }
  tables_cbor cbor = {.bytes = (uint8_t *)(uintptr_t)encoded.data, .count = encoded.count};
  uint64_t entries, value;
  bool valid = tables_cbor_read(&cbor, TABLES_CBOR_MAP, &entries);
  for (uint64_t i = 0; valid && i < entries; i++) {
    norn_string name;
    valid = tables_cbor_read_text(&cbor, &name.data, &name.count);
    if (valid && !tables_cbor_read(&cbor, TABLES_CBOR_UNSIGNED, &value)) {
      return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "engine option %.*s is not a number of 0 or more",
                         (int)name.count, name.data);
    }
    norn_status status = valid ? number(context, name, value, error) : NORN_OK;
    if (status != NORN_OK) return status;
  }
  if (valid && cbor.place == cbor.count) return NORN_OK;
  return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "engine options are not a CBOR map of names to numbers");
}
