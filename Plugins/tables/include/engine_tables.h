/* What the built-in engines share. An engine is this library plus a store: where one partition's sorted blocks of
   rows are kept, and how they are found again. `tables_engine_*` are the functions of norn_engine; the engine's
   `context` is its tables_store. Nothing here is global and mutable: any number of sessions may live in one process. */
#ifndef ENGINE_TABLES_H
#define ENGINE_TABLES_H
#include <stdbool.h>
#include <sys/uio.h>

#include "norn.h"

typedef struct tables_store tables_store;

/* A store keeps one partition as blocks (block.h gives their layout) in ascending order of their first keys.
   A writer or a cursor is used by one thread at a time; a reader by many. */
struct tables_store {
  norn_string engine;         /* the name in `meta` */
  const char *suffix;         /* of a partition's file: p00000.<suffix> */
  uint32_t open_readers_max;  /* idle readers kept open in a session (files or descriptors are finite) */
  uint32_t small_block_bytes; /* a batch of fewer bytes is collected with the next ones before it becomes a block */

  norn_status (*writer_open)(const char *path, void **writer, norn_error *error);
  /* one block, in `count` parts of `bytes` altogether; its first key is above every key written before */
  norn_status (*writer_block)(void *writer, norn_bytes first_key, const struct iovec *parts, int count,
                              uint64_t bytes, norn_error *error);
  /* ends the file; `checksum` is XXH64 (seed 0) of all its `file_bytes` bytes. Frees the writer in any case. */
  norn_status (*writer_close)(void *writer, bool durable, uint64_t *file_bytes, uint64_t *checksum,
                              norn_error *error);
  /* frees the writer; the caller removes the file */
  void (*writer_abandon)(void *writer);

  norn_status (*reader_open)(const char *path, void **reader, norn_error *error);
  void (*reader_close)(void *reader);
  norn_status (*cursor_open)(void *reader, void **cursor, norn_error *error);
  /* the next block, borrowed until the cursor closes; zero bytes at the end */
  norn_status (*cursor_next)(void *cursor, norn_bytes *block, norn_error *error);
  /* the block that would hold `key`: the last whose first key is not above it; zero bytes when there is none */
  norn_status (*cursor_seek)(void *cursor, norn_bytes key, norn_bytes *block, norn_error *error);
  void (*cursor_close)(void *cursor);
};

/* ---- for stores ---- */

/* fills the caller's error (NULL is allowed) and returns `code` */
norn_status tables_fail(norn_error *error, norn_status code, uint32_t flags, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* a failed system call: `what` failed on `path` with `number`; a full disk is RESOURCE_EXHAUSTED */
norn_status tables_fail_errno(norn_error *error, int number, const char *what, const char *path);
norn_status tables_fail_memory(norn_error *error, uint64_t bytes);

typedef struct tables_xxh64 {
  uint64_t lanes[4];
  uint64_t total;
  uint8_t tail[32];
  uint32_t tail_count;
  uint32_t _pad0;
} tables_xxh64;
void tables_xxh64_begin(tables_xxh64 *hash);
void tables_xxh64_update(tables_xxh64 *hash, const void *data, uint64_t count);
uint64_t tables_xxh64_end(const tables_xxh64 *hash);
uint64_t tables_xxh64_of(const void *data, uint64_t count);

/* reads a whole file: its size and XXH64 */
norn_status tables_file_checksum(const char *path, uint64_t *file_bytes, uint64_t *checksum, norn_error *error);

/* first key of a block that is at least a header long and self-consistent; false when it is not */
bool tables_block_first_key(norn_bytes block, norn_bytes *key);

/* ---- for the plugins' entries ---- */

norn_status tables_engine_describe(const norn_engine *engine, const norn_sink *sink, norn_error *error);
norn_status tables_engine_open(const norn_engine *engine, const norn_host *host, const norn_engine_options *options,
                               void **session, norn_error *error);
void tables_engine_cancel(void *session);
void tables_engine_close(void *session);
norn_status tables_engine_create(void *session, const norn_table_spec *spec, uint64_t *table, norn_error *error);
norn_status tables_engine_put(void *session, uint64_t table, const norn_batch *batch, norn_error *error);
norn_status tables_engine_seal(void *session, uint64_t table, norn_error *error);
norn_status tables_engine_publish(void *session, uint64_t table, const norn_sink *descriptor, norn_error *error);
norn_status tables_engine_open_table(void *session, norn_bytes descriptor, uint64_t *table, norn_error *error);
norn_status tables_engine_info(void *session, uint64_t table, norn_table_info *info, norn_error *error);
void tables_engine_release(void *session, uint64_t table);
norn_status tables_engine_destroy(void *session, uint64_t table, norn_error *error);
norn_status tables_engine_get(void *session, uint64_t table, const norn_batch *keys, const norn_emit *emit,
                              norn_error *error);
norn_status tables_engine_scan(void *session, uint64_t table, uint32_t partition, uint64_t limit_rows,
                               const norn_emit *emit, norn_error *error);
norn_status tables_engine_map_reduce(void *session, uint64_t table, const norn_kernel_reference *map,
                                     const norn_kernel_reference *group, const norn_table_spec *spec, uint64_t *out,
                                     norn_error *error);
norn_status tables_engine_zip(void *session, uint64_t left, uint64_t right, uint32_t mode,
                              const norn_kernel_reference *kernel, const norn_table_spec *spec, uint64_t *out,
                              norn_error *error);
norn_status tables_engine_reduce(void *session, uint64_t table, const norn_kernel_reference *kernel,
                                 const norn_sink *result, norn_error *error);
norn_status tables_engine_repartition(void *session, uint64_t table, const norn_table_spec *spec, uint64_t *out,
                                      norn_error *error);

/* an initialiser of norn_engine over a tables_store */
#define TABLES_ENGINE(engine_name, store)                                                                  \
  {.struct_size = sizeof(norn_engine),                                                                     \
   .name = {engine_name, sizeof(engine_name) - 1},                                                         \
   .context = (store),                                                                                     \
   .describe = tables_engine_describe,                                                                     \
   .open = tables_engine_open,                                                                             \
   .cancel = tables_engine_cancel,                                                                         \
   .close = tables_engine_close,                                                                           \
   .table_create = tables_engine_create,                                                                   \
   .table_put = tables_engine_put,                                                                         \
   .table_seal = tables_engine_seal,                                                                       \
   .table_publish = tables_engine_publish,                                                                 \
   .table_open = tables_engine_open_table,                                                                 \
   .table_info = tables_engine_info,                                                                       \
   .table_release = tables_engine_release,                                                                 \
   .table_destroy = tables_engine_destroy,                                                                 \
   .table_get = tables_engine_get,                                                                         \
   .table_scan = tables_engine_scan,                                                                       \
   .map_reduce = tables_engine_map_reduce,                                                                 \
   .zip = tables_engine_zip,                                                                               \
   .reduce = tables_engine_reduce,                                                                         \
   .repartition = tables_engine_repartition}

/* the whole of norn_plugin_entry_1 for a plugin that is one engine: refuses a host without level 0 */
norn_status tables_plugin_entry(const norn_plugin *plugin, uint32_t level_low, uint32_t level_high,
                                const norn_plugin **out, norn_error *error);
#endif
