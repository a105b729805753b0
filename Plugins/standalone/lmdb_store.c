#define _GNU_SOURCE
#include "lmdb_store.h"

#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAP_START_BYTES 16777216u         /* address space of a writer; doubles when it is too small */
#define MAP_SLACK_BYTES 1048576u          /* for branch pages, meta pages and free lists of one transaction */
#define TRANSACTION_MAX_BYTES 67108864u   /* LMDB keeps what a transaction wrote in memory: 64 MiB, then commit */
#define OPEN_READERS_MAX 64u              /* environments (a descriptor each) that a session keeps without need */
#define SMALL_BLOCK_BYTES 65536u          /* a block should fill its pages: at most 6 % are lost */

#define FILE_MODE 0600
#define WRITE_FLAGS (MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC)
#define READ_FLAGS (MDB_NOSUBDIR | MDB_NOLOCK | MDB_RDONLY)

static norn_status fail(norn_error *error, int code, const char *what, const char *path) {
  if (code == MDB_MAP_FULL || code == MDB_TXN_FULL) {
    return tables_fail(error, NORN_RESOURCE_EXHAUSTED, 0, "%s %s: %s", what, path, mdb_strerror(code));
  }
  if (code < 0) return tables_fail(error, NORN_DATA_LOSS, 0, "%s %s: %s", what, path, mdb_strerror(code));
  return tables_fail_errno(error, code, what, path);
}

/* ---- writing ---- */

typedef struct lmdb_writer {
  MDB_env *environment;
  MDB_txn *transaction;
  MDB_dbi database;
  uint64_t map_bytes;
  uint64_t used_bytes;    /* pages that are taken, generously */
  uint64_t pending_bytes; /* of them, in the open transaction */
  char *path;
} lmdb_writer;

static void abandon(void *opaque) {
  lmdb_writer *writer = opaque;
  if (writer->transaction != NULL) mdb_txn_abort(writer->transaction);
  if (writer->environment != NULL) mdb_env_close(writer->environment);
  free(writer->path);
  free(writer);
}

static int begin(lmdb_writer *writer) {
  int code = mdb_txn_begin(writer->environment, NULL, 0, &writer->transaction);
  if (code != 0) writer->transaction = NULL;
  return code != 0 ? code : mdb_dbi_open(writer->transaction, NULL, 0, &writer->database);
}

static int commit(lmdb_writer *writer) {
  MDB_txn *transaction = writer->transaction;
  writer->transaction = NULL;
  writer->pending_bytes = 0;
  return transaction == NULL ? 0 : mdb_txn_commit(transaction);
}

static norn_status writer_open(const char *path, void **out, norn_error *error) {
  lmdb_writer *writer = calloc(1, sizeof *writer);
  if (writer == NULL) return tables_fail_memory(error, sizeof *writer);
  writer->path = strdup(path);
  writer->map_bytes = MAP_START_BYTES;
  writer->used_bytes = MAP_SLACK_BYTES;
  int code = writer->path == NULL ? ENOMEM : mdb_env_create(&writer->environment);
  if (code == 0) code = mdb_env_set_mapsize(writer->environment, writer->map_bytes);
  if (code == 0) code = mdb_env_open(writer->environment, path, WRITE_FLAGS, FILE_MODE);
  if (code == 0) code = begin(writer);
  if (code != 0) {
    norn_status status = fail(error, code, "make the environment", path);
    abandon(writer);
    return status;
  }
  *out = writer;
  return NORN_OK;
}

/* room for one more block: in memory by a commit, in the map by a larger one between two transactions */
static int make_room(lmdb_writer *writer, uint64_t needed) {
  uint64_t wanted = writer->used_bytes + needed + MAP_SLACK_BYTES;
  bool grow = wanted > writer->map_bytes;
  if (!grow && writer->pending_bytes < TRANSACTION_MAX_BYTES) return 0;
  int code = commit(writer);
  if (code == 0 && grow) {
    while (writer->map_bytes < wanted) writer->map_bytes *= 2;
    code = mdb_env_set_mapsize(writer->environment, writer->map_bytes);
  }
  writer->used_bytes += MAP_SLACK_BYTES / 16; /* pages that a new transaction copies */
  return code != 0 ? code : begin(writer);
}

static norn_status writer_block(void *opaque, norn_bytes first_key, const struct iovec *parts, int count,
                                uint64_t bytes, norn_error *error) {
  lmdb_writer *writer = opaque;
  uint64_t taken = (bytes + 2 * 4096 - 1) & ~(uint64_t)4095; /* whole pages with their header */
  int code = make_room(writer, taken);
  MDB_val key = {first_key.count, (void *)(uintptr_t)first_key.data}, value = {bytes, NULL};
  if (code == 0) code = mdb_put(writer->transaction, writer->database, &key, &value, MDB_APPEND | MDB_RESERVE);
  if (code != 0) return fail(error, code, "write", writer->path);
  uint8_t *place = value.mv_data;
  for (int i = 0; i < count; i++) {
    memcpy(place, parts[i].iov_base, parts[i].iov_len);
    place += parts[i].iov_len;
  }
  writer->used_bytes += taken;
  writer->pending_bytes += taken;
  return NORN_OK;
}

static norn_status writer_close(void *opaque, bool durable, uint64_t *file_bytes, uint64_t *checksum,
                                norn_error *error) {
  lmdb_writer *writer = opaque;
  int code = commit(writer);
  if (code == 0 && durable) code = mdb_env_sync(writer->environment, 1);
  mdb_env_close(writer->environment);
  writer->environment = NULL;
  norn_status status = code == 0 ? tables_file_checksum(writer->path, file_bytes, checksum, error)
                                 : fail(error, code, "write", writer->path);
  abandon(writer);
  return status;
}

/* ---- reading ---- */

typedef struct lmdb_reader {
  MDB_env *environment;
  MDB_dbi database;
} lmdb_reader;

typedef struct lmdb_cursor {
  MDB_txn *transaction;
  MDB_cursor *cursor;
} lmdb_cursor;

static void reader_close(void *opaque) {
  lmdb_reader *reader = opaque;
  if (reader->environment != NULL) mdb_env_close(reader->environment);
  free(reader);
}

/* opens the unnamed database once, so that cursors of many threads find it open */
static int open_database(lmdb_reader *reader) {
  MDB_txn *transaction;
  int code = mdb_txn_begin(reader->environment, NULL, MDB_RDONLY, &transaction);
  if (code != 0) return code;
  code = mdb_dbi_open(transaction, NULL, 0, &reader->database);
  mdb_txn_abort(transaction);
  return code;
}

static norn_status reader_open(const char *path, void **out, norn_error *error) {
  lmdb_reader *reader = calloc(1, sizeof *reader);
  if (reader == NULL) return tables_fail_memory(error, sizeof *reader);
  int code = mdb_env_create(&reader->environment);
  if (code != 0) reader->environment = NULL;
  if (code == 0) code = mdb_env_set_mapsize(reader->environment, 1); /* LMDB raises it to what the file needs */
  if (code == 0) code = mdb_env_open(reader->environment, path, READ_FLAGS, FILE_MODE);
  if (code == 0) code = open_database(reader);
  if (code != 0) {
    norn_status status = fail(error, code, "open", path);
    reader_close(reader);
    return status;
  }
  *out = reader;
  return NORN_OK;
}

static void cursor_close(void *opaque) {
  lmdb_cursor *cursor = opaque;
  if (cursor->cursor != NULL) mdb_cursor_close(cursor->cursor);
  if (cursor->transaction != NULL) mdb_txn_abort(cursor->transaction);
  free(cursor);
}

static norn_status cursor_open(void *opaque, void **out, norn_error *error) {
  lmdb_reader *reader = opaque;
  lmdb_cursor *cursor = calloc(1, sizeof *cursor);
  if (cursor == NULL) return tables_fail_memory(error, sizeof *cursor);
  int code = mdb_txn_begin(reader->environment, NULL, MDB_RDONLY, &cursor->transaction);
  if (code != 0) cursor->transaction = NULL;
  if (code == 0) code = mdb_cursor_open(cursor->transaction, reader->database, &cursor->cursor);
  if (code != 0) {
    norn_status status = fail(error, code, "read", "a partition");
    cursor_close(cursor);
    return status;
  }
  *out = cursor;
  return NORN_OK;
}

static norn_status found(int code, const MDB_val *value, norn_bytes *block, norn_error *error) {
  *block = (norn_bytes){NULL, 0};
  if (code == MDB_NOTFOUND) return NORN_OK;
  if (code != 0) return fail(error, code, "read", "a partition");
  *block = (norn_bytes){value->mv_data, value->mv_size};
  return NORN_OK;
}

static norn_status cursor_next(void *opaque, norn_bytes *block, norn_error *error) {
  lmdb_cursor *cursor = opaque;
  MDB_val key, value;
  int code = mdb_cursor_get(cursor->cursor, &key, &value, MDB_NEXT);
  return found(code, &value, block, error);
}

static norn_status cursor_seek(void *opaque, norn_bytes wanted, norn_bytes *block, norn_error *error) {
  lmdb_cursor *cursor = opaque;
  MDB_val key = {wanted.count, (void *)(uintptr_t)wanted.data}, value;
  int code = mdb_cursor_get(cursor->cursor, &key, &value, MDB_SET_RANGE);
  if (code == MDB_NOTFOUND) code = mdb_cursor_get(cursor->cursor, &key, &value, MDB_LAST);
  else if (code == 0 && (key.mv_size != wanted.count || memcmp(key.mv_data, wanted.data, wanted.count) != 0)) {
    code = mdb_cursor_get(cursor->cursor, &key, &value, MDB_PREV);
  }
  return found(code, &value, block, error);
}

const tables_store standalone_lmdb_store = {.engine = {"standalone", 10},
                                            .suffix = "mdb",
                                            .open_readers_max = OPEN_READERS_MAX,
                                            .small_block_bytes = SMALL_BLOCK_BYTES,
                                            .writer_open = writer_open,
                                            .writer_block = writer_block,
                                            .writer_close = writer_close,
                                            .writer_abandon = abandon,
                                            .reader_open = reader_open,
                                            .reader_close = reader_close,
                                            .cursor_open = cursor_open,
                                            .cursor_next = cursor_next,
                                            .cursor_seek = cursor_seek,
                                            .cursor_close = cursor_close};
