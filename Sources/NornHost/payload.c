/* Bytes beside a packet: inline, a sealed memfd, or a file under scratch. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel.h"

#define PATH_BYTES 4096

static norn_status no_space(norn_error *error, const char *what) {
  return norn_fail(error, NORN_RESOURCE_EXHAUSTED, "norn.channel", "%s: %s", what, strerror(errno));
}

static int unlinked_file(norn_string scratch) {
  char path[PATH_BYTES];
  if (scratch.count == 0 || scratch.count > PATH_BYTES - 32) return errno = ENOENT, -1;
#ifdef O_TMPFILE
  snprintf(path, sizeof path, "%.*s", (int)scratch.count, scratch.data);
  int unnamed = open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (unnamed >= 0) return unnamed;
#endif
  snprintf(path, sizeof path, "%.*s/payload.XXXXXX", (int)scratch.count, scratch.data);
  int fd = mkstemp(path);
  if (fd >= 0) unlink(path);
  return fd;
}

static int memory_file(void) {
#ifdef __linux__
  return memfd_create("norn-payload", MFD_CLOEXEC | MFD_ALLOW_SEALING);
#else
  return errno = ENOSYS, -1;
#endif
}

static void seal(int fd) {
#ifdef __linux__
  fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
#else
  (void)fd;
#endif
}

static bool write_all(int fd, const uint8_t *data, uint64_t count) {
  while (count > 0) {
    ssize_t written = write(fd, data, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    data += written;
    count -= (uint64_t)written;
  }
  return true;
}

norn_status norn_payload_of_bytes(norn_bytes bytes, norn_string scratch, norn_payload *out, norn_error *error) {
  out->bytes = bytes;
  out->count = bytes.count;
  out->fd = -1;
  out->owned = NULL;
  if (bytes.count <= NORN_INLINE_MAX_BYTES) return NORN_OK;
  bool small = bytes.count <= NORN_MEMFD_MAX_BYTES;
  int fd = small ? memory_file() : -1;
  if (fd < 0) small = false, fd = unlinked_file(scratch);
  if (fd < 0) return no_space(error, "no file for a payload");
  if (!write_all(fd, bytes.data, bytes.count)) {
    close(fd);
    return no_space(error, "a payload cannot be written");
  }
  if (small) seal(fd);
  out->fd = fd;
  return NORN_OK;
}

void norn_payload_free(norn_payload *payload) {
  if (payload->fd >= 0) close(payload->fd);
  payload->fd = -1;
  free(payload->owned);
  payload->owned = NULL;
}

norn_status norn_payload_builder_write(void *context, norn_bytes bytes, norn_error *error) {
  norn_payload_builder *builder = context;
  if (builder->fd < 0 && builder->count + bytes.count > NORN_MEMFD_MAX_BYTES) {
    builder->fd = unlinked_file(builder->scratch);
    if (builder->fd < 0) return no_space(error, "no file for a payload");
    if (!write_all(builder->fd, builder->data, builder->count)) return no_space(error, "a payload cannot be written");
  }
  if (builder->fd >= 0) {
    if (!write_all(builder->fd, bytes.data, bytes.count)) return no_space(error, "a payload cannot be written");
  } else if (bytes.count > 0) {
    if (builder->count + bytes.count > builder->capacity) {
      uint64_t capacity = builder->capacity * 2 < 65536 ? 65536 : builder->capacity * 2;
      if (capacity < builder->count + bytes.count) capacity = builder->count + bytes.count;
      uint8_t *data = realloc(builder->data, capacity);
      if (data == NULL) return no_space(error, "no memory for a payload");
      builder->data = data;
      builder->capacity = capacity;
    }
    memcpy(builder->data + builder->count, bytes.data, bytes.count);
  }
  builder->count += bytes.count;
  return NORN_OK;
}

norn_status norn_payload_builder_finish(norn_payload_builder *builder, norn_payload *out, norn_error *error) {
  norn_bytes bytes = {builder->data, builder->count};
  if (builder->fd < 0) return norn_payload_of_bytes(bytes, builder->scratch, out, error);
  out->bytes.data = NULL;
  out->bytes.count = 0;
  out->count = builder->count;
  out->fd = builder->fd;
  out->owned = NULL;
  builder->fd = -1;
  return NORN_OK;
}

void norn_payload_builder_free(norn_payload_builder *builder) {
  free(builder->data);
  if (builder->fd >= 0) close(builder->fd);
  builder->data = NULL;
  builder->fd = -1;
}

void norn_message_free(norn_message *message) {
  if (message->mapping != NULL) munmap(message->mapping, message->mapped);
  if (message->fd >= 0) close(message->fd);
  free(message->bytes);
  memset(message, 0, sizeof *message);
  message->fd = -1;
}

norn_status norn_message_payload(norn_message *message, norn_bytes *out, norn_error *error) {
  norn_cbor inline_bytes = norn_cbor_get(&message->map, "bytes"), count = norn_cbor_get(&message->map, "payload");
  struct stat facts;
  if (inline_bytes.kind == NORN_CBOR_BYTES) {
    *out = norn_cbor_bytes(&inline_bytes);
    return NORN_OK;
  }
  int64_t bytes = norn_cbor_integer(&count, -1);
  out->data = (const uint8_t *)"";
  out->count = 0;
  if (bytes < 0 || message->fd < 0 || fstat(message->fd, &facts) != 0 || facts.st_size < bytes)
    return norn_fail(error, NORN_INTERNAL, "norn.channel", "a packet from the site lacks its payload");
  if (bytes == 0) return NORN_OK;
  message->mapping = mmap(NULL, (size_t)bytes, PROT_READ, MAP_PRIVATE, message->fd, 0);
  if (message->mapping == MAP_FAILED) {
    message->mapping = NULL;
    return no_space(error, "a payload cannot be mapped");
  }
  message->mapped = (uint64_t)bytes;
  out->data = message->mapping;
  out->count = (uint64_t)bytes;
  return NORN_OK;
}
