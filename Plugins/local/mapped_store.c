#define _GNU_SOURCE
#include "mapped_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_BYTES 64u                 /* of header and trailer, and the alignment */
#define BLOCK_BYTES_MIN 128u           /* a block's header and one key */
#define OPEN_READERS_MAX 4096u         /* mappings that a session keeps without need */
#define SMALL_BLOCK_BYTES 65536u
#define PARTS_MAX 16

static const char header_magic[8] = {'N', 'O', 'R', 'N', 'T', 'B', 'L', '1'};
static const char trailer_magic[8] = {'N', 'O', 'R', 'N', 'E', 'N', 'D', '1'};

typedef struct mapped_trailer {
  uint64_t directory_offset;
  uint64_t blocks;
  char magic[8];
  uint8_t reserved[40];
} mapped_trailer;

/* ---- writing ---- */

typedef struct mapped_writer {
  int file;
  uint64_t count; /* bytes written */
  uint64_t *offsets;
  uint64_t blocks;
  uint64_t capacity;
  tables_xxh64 hash;
  char *path;
} mapped_writer;

static void abandon(void *opaque) {
  mapped_writer *writer = opaque;
  if (writer->file >= 0) close(writer->file);
  free(writer->offsets);
  free(writer->path);
  free(writer);
}

static norn_status write_parts(mapped_writer *writer, const struct iovec *parts, int count, norn_error *error) {
  struct iovec left[PARTS_MAX];
  memcpy(left, parts, (size_t)count * sizeof *left);
  for (int i = 0; i < count; i++) tables_xxh64_update(&writer->hash, parts[i].iov_base, parts[i].iov_len);
  for (int first = 0; first < count;) {
    ssize_t written = writev(writer->file, left + first, count - first);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return tables_fail_errno(error, errno, "write", writer->path);
    writer->count += (uint64_t)written;
    for (size_t done = (size_t)written; first < count; first++) {
      if (done < left[first].iov_len) {
        left[first].iov_base = (uint8_t *)left[first].iov_base + done;
        left[first].iov_len -= done;
        break;
      }
      done -= left[first].iov_len;
    }
  }
  return NORN_OK;
}

static norn_status writer_open(const char *path, void **out, norn_error *error) {
  mapped_writer *writer = calloc(1, sizeof *writer);
  if (writer == NULL) return tables_fail_memory(error, sizeof *writer);
  writer->file = -1;
  writer->path = strdup(path);
  if (writer->path != NULL) writer->file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (writer->file < 0) {
    norn_status status = tables_fail_errno(error, writer->path == NULL ? ENOMEM : errno, "make the file", path);
    abandon(writer);
    return status;
  }
  tables_xxh64_begin(&writer->hash);
  uint8_t header[PART_BYTES] = {0};
  memcpy(header, header_magic, sizeof header_magic);
  norn_status status = write_parts(writer, &(struct iovec){header, sizeof header}, 1, error);
  if (status != NORN_OK) abandon(writer);
  else *out = writer;
  return status;
}

static norn_status note_offset(mapped_writer *writer, norn_error *error) {
  if (writer->blocks == writer->capacity) {
    uint64_t capacity = writer->capacity == 0 ? 16 : writer->capacity * 2;
    uint64_t *grown = realloc(writer->offsets, capacity * sizeof *grown);
    if (grown == NULL) return tables_fail_memory(error, capacity * sizeof *grown);
    writer->offsets = grown;
    writer->capacity = capacity;
  }
  writer->offsets[writer->blocks++] = writer->count;
  return NORN_OK;
}

static norn_status writer_block(void *opaque, norn_bytes first_key, const struct iovec *parts, int count,
                                uint64_t bytes, norn_error *error) {
  (void)first_key, (void)bytes;
  norn_status status = note_offset(opaque, error);
  return status == NORN_OK ? write_parts(opaque, parts, count, error) : status;
}

static norn_status write_end(mapped_writer *writer, norn_error *error) {
  mapped_trailer trailer = {.directory_offset = writer->count, .blocks = writer->blocks};
  memcpy(trailer.magic, trailer_magic, sizeof trailer_magic);
  norn_status status = note_offset(writer, error); /* the end of the last block */
  if (status != NORN_OK) return status;
  uint64_t bytes = writer->blocks * sizeof *writer->offsets, padding = -bytes % PART_BYTES;
  uint8_t zeros[PART_BYTES] = {0};
  struct iovec parts[3] = {{writer->offsets, bytes}, {zeros, padding}, {&trailer, sizeof trailer}};
  return write_parts(writer, parts, 3, error);
}

static norn_status writer_close(void *opaque, bool durable, uint64_t *file_bytes, uint64_t *checksum,
                                norn_error *error) {
  mapped_writer *writer = opaque;
  norn_status status = write_end(writer, error);
  if (status == NORN_OK && durable && fsync(writer->file) != 0) {
    status = tables_fail_errno(error, errno, "sync", writer->path);
  }
  *file_bytes = writer->count;
  *checksum = tables_xxh64_end(&writer->hash);
  int file = writer->file;
  writer->file = -1;
  if (close(file) != 0 && status == NORN_OK) status = tables_fail_errno(error, errno, "close", writer->path);
  abandon(writer);
  return status;
}

/* ---- reading ---- */

typedef struct mapped_reader {
  const uint8_t *bytes;
  uint64_t count;
  const uint64_t *offsets; /* of the blocks, then of their end */
  uint64_t blocks;
} mapped_reader;

typedef struct mapped_cursor {
  const mapped_reader *reader;
  uint64_t next;
} mapped_cursor;

static norn_status damaged(const char *path, norn_error *error) {
  return tables_fail(error, NORN_DATA_LOSS, 0, "%s is not a whole partition; make the table again", path);
}

/* every block lies between the header and the directory */
static bool read_directory(mapped_reader *reader) {
  mapped_trailer trailer;
  if (reader->count < 2 * PART_BYTES + sizeof(uint64_t) || reader->count % PART_BYTES != 0) return false;
  if (memcmp(reader->bytes, header_magic, sizeof header_magic) != 0) return false;
  memcpy(&trailer, reader->bytes + reader->count - sizeof trailer, sizeof trailer);
  if (memcmp(trailer.magic, trailer_magic, sizeof trailer_magic) != 0) return false;
  if (trailer.directory_offset < PART_BYTES || trailer.directory_offset % PART_BYTES != 0) return false;
  if (trailer.directory_offset > reader->count - PART_BYTES) return false;
  uint64_t room = reader->count - PART_BYTES - trailer.directory_offset;
  if (trailer.blocks >= room / sizeof(uint64_t)) return false;
  reader->offsets = (const uint64_t *)(const void *)(reader->bytes + trailer.directory_offset);
  reader->blocks = trailer.blocks;
  if (reader->offsets[0] != PART_BYTES || reader->offsets[reader->blocks] != trailer.directory_offset) return false;
  for (uint64_t i = 0; i < reader->blocks; i++) {
    if (reader->offsets[i + 1] < reader->offsets[i] + BLOCK_BYTES_MIN) return false;
  }
  return true;
}

static void reader_close(void *opaque) {
  mapped_reader *reader = opaque;
  if (reader->bytes != NULL) munmap((void *)(uintptr_t)reader->bytes, reader->count);
  free(reader);
}

static norn_status map_file(mapped_reader *reader, const char *path, norn_error *error) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return tables_fail_errno(error, errno, "open", path);
  struct stat status;
  norn_status result = NORN_OK;
  if (fstat(file, &status) != 0) result = tables_fail_errno(error, errno, "look at", path);
  else if (status.st_size == 0) result = damaged(path, error);
  else {
    void *mapped = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) result = tables_fail_errno(error, errno, "map", path);
    else reader->bytes = mapped, reader->count = (uint64_t)status.st_size;
  }
  close(file);
  return result;
}

static norn_status reader_open(const char *path, void **out, norn_error *error) {
  mapped_reader *reader = calloc(1, sizeof *reader);
  if (reader == NULL) return tables_fail_memory(error, sizeof *reader);
  norn_status status = map_file(reader, path, error);
  if (status == NORN_OK && !read_directory(reader)) status = damaged(path, error);
  if (status != NORN_OK) reader_close(reader);
  else *out = reader;
  return status;
}

static norn_status cursor_open(void *reader, void **out, norn_error *error) {
  mapped_cursor *cursor = calloc(1, sizeof *cursor);
  if (cursor == NULL) return tables_fail_memory(error, sizeof *cursor);
  cursor->reader = reader;
  *out = cursor;
  return NORN_OK;
}

static norn_bytes block_at(const mapped_reader *reader, uint64_t index) {
  return (norn_bytes){reader->bytes + reader->offsets[index], reader->offsets[index + 1] - reader->offsets[index]};
}

static norn_status cursor_next(void *opaque, norn_bytes *block, norn_error *error) {
  (void)error;
  mapped_cursor *cursor = opaque;
  *block = (norn_bytes){NULL, 0};
  if (cursor->next < cursor->reader->blocks) *block = block_at(cursor->reader, cursor->next++);
  return NORN_OK;
}

static int compare_keys(norn_bytes a, norn_bytes b) {
  uint64_t count = a.count < b.count ? a.count : b.count;
  int order = memcmp(a.data, b.data, count);
  return order != 0 ? order : a.count < b.count ? -1 : a.count > b.count;
}

static norn_status cursor_seek(void *opaque, norn_bytes key, norn_bytes *block, norn_error *error) {
  mapped_cursor *cursor = opaque;
  uint64_t low = 0, high = cursor->reader->blocks; /* blocks below low start at or before the key */
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    norn_bytes first;
    if (!tables_block_first_key(block_at(cursor->reader, middle), &first)) return damaged("a block", error);
    if (compare_keys(first, key) <= 0) low = middle + 1;
    else high = middle;
  }
  *block = low == 0 ? (norn_bytes){NULL, 0} : block_at(cursor->reader, low - 1);
  return NORN_OK;
}

static void cursor_close(void *cursor) { free(cursor); }

const tables_store local_mapped_store = {.engine = {"local", 5},
                                         .suffix = "nt",
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
