/* `meta` of a sealed table: one deterministic CBOR map, written last.

     {"rows", "bytes", "files": [[file bytes, rows, key and value bytes, XXH64], ...], "engine", "format": 1,
      "checksum": 8 bytes, "partitions", "partitioner"}

   checksum is XXH64 (big-endian) of the whole encoding with these eight bytes set to zero. */
#ifndef TABLES_META_H
#define TABLES_META_H
#include "engine_tables.h"
#include "limits.h"

#define TABLES_FORMAT 1u

typedef struct tables_file {
  uint64_t file_bytes;
  uint64_t rows;
  uint64_t bytes;
  uint64_t checksum;
} tables_file;

typedef struct tables_meta {
  norn_table_spec spec;
  uint64_t rows;
  uint64_t bytes;
  tables_file *files; /* spec.partitions of them */
} tables_meta;

/* *encoded is the caller's to free */
norn_status tables_meta_encode(const tables_meta *meta, norn_string engine, norn_bytes *encoded, norn_error *error);
/* files are the caller's to free; DATA_LOSS when anything is off */
norn_status tables_meta_decode(norn_bytes encoded, norn_string engine, tables_meta *meta, norn_error *error);

/* a CBOR map of text to unsigned numbers, as in an engine's options; `number` sees each entry */
norn_status tables_options_read(norn_bytes encoded, void *context,
                                norn_status (*number)(void *context, norn_string name, uint64_t value,
                                                      norn_error *error),
                                norn_error *error);
#endif
