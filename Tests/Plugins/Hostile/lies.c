/* Deeds that cheat the site or the engine about sizes, and the other parties about messages. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "deeds.h"

enum { CHANNEL_FD = 3, REAL_BYTES = 4096, ROWS = 65536 };

static norn_string text(const char *value) { return (norn_string){value, strlen(value)}; }

/* Past the host's table, straight to the site: a metric whose file is said to be 16 MiB long, and is 4 KiB. */
norn_status hostile_lie_on_the_channel(norn_error *error) {
  static const char packet[] = "\xa2\x64" "call\x66metric\x67payload\x1a\x01\x00\x00\x00";
  struct iovec piece = {.iov_base = (void *)packet, .iov_len = sizeof packet - 1};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr alignment;
  } control = {.bytes = {0}};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  const int file = memfd_create("lie", MFD_CLOEXEC);
  if (file < 0 || ftruncate(file, REAL_BYTES) != 0) return hostile_fail(error, NORN_INTERNAL, "no file to lie about");
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &file, sizeof file);
  if (sendmsg(CHANNEL_FD, &message, 0) < 0) return hostile_fail(error, NORN_INTERNAL, "the channel took no packet");
  return NORN_OK; /* as if nothing were wrong */
}

/* A batch that says it has 65,536 rows, with bytes for two, and offsets that go back after the first. */
norn_status hostile_lie_in_a_batch(const norn_host *host, norn_error *error) {
  static const uint32_t offsets[ROWS + 1] = {0, 4};
  static const uint8_t bytes[] = "keysvals";
  const norn_engine_access *access = host->get_extension(host, text(NORN_ENGINE_ACCESS_ID), NORN_ENGINE_ACCESS_REVISION);
  const norn_engine *engine = NULL;
  const norn_table_spec spec = {sizeof spec, 4, NORN_PARTITIONER_HASH, NORN_TABLE_TEMPORARY};
  const norn_batch batch = {.struct_size = sizeof batch, .rows = ROWS, .key_offsets = offsets, .keys = bytes,
                            .value_offsets = offsets, .values = bytes};
  void *session = NULL;
  uint64_t table = 0;
  if (access == NULL) return hostile_fail(error, NORN_INTERNAL, "no engine");
  norn_status status = access->session(host, &engine, &session, error);
  if (status == NORN_OK) status = engine->table_create(session, &spec, &table, error);
  if (status == NORN_OK) status = engine->table_put(session, table, &batch, error);
  return status == NORN_OK ? hostile_fail(error, NORN_INTERNAL, "the engine took the batch") : status;
}

/* The other party: a host's ids are the last list of the map, as deterministic CBOR sorts by length. */
static norn_string host_party(const norn_task *task) {
  static const uint8_t key[] = "\x64host\x81";
  const uint8_t *found = memmem(task->parties.data, task->parties.count, key, sizeof key - 1);
  if (found == NULL) return (norn_string){NULL, 0};
  const uint8_t *party = found + sizeof key - 1;
  return (norn_string){(const char *)party + 1, (uint64_t)(*party & 31)};
}

/* Goes on as if it had been sent, whatever the host says. */
norn_status hostile_send_undeclared(const hostile_deed *deed, const char *name, uint64_t count, norn_error *error) {
  static const uint8_t bytes[4096];
  const norn_federation *federation =
      deed->host->get_extension(deed->host, text(NORN_FEDERATION_ID), NORN_FEDERATION_REVISION);
  if (federation == NULL) return hostile_fail(error, NORN_INTERNAL, "no federation");
  federation->send(deed->host, text(name), text("0"), text("host"), host_party(deed->task),
                   (norn_bytes){bytes, count}, NULL);
  return NORN_OK;
}

norn_status hostile_flood_messages(const hostile_deed *deed, norn_error *error) {
  const norn_federation *federation =
      deed->host->get_extension(deed->host, text(NORN_FEDERATION_ID), NORN_FEDERATION_REVISION);
  if (federation == NULL) return hostile_fail(error, NORN_INTERNAL, "no federation");
  /* The same name and tag again: every call but the first is refused, and costs the site its answer. */
  for (;;)
    federation->send(deed->host, text("greeting"), text("0"), text("host"), host_party(deed->task),
                     (norn_bytes){(const uint8_t *)"hello", 5}, NULL);
}
