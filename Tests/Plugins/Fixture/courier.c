/* A party that sends itself messages of every size and a table, takes them back and compares. */
#include <stdlib.h>
#include <string.h>

#include "fixture_plugin.h"

#define TEXT_OF(literal) ((norn_string){literal, sizeof(literal) - 1})

typedef struct received {
  uint8_t *bytes;
  uint64_t count;
} received;

static norn_status keep(void *context, norn_bytes bytes, norn_error *error) {
  received *into = context;
  uint8_t *grown = realloc(into->bytes, into->count + bytes.count + 1);
  if (grown == NULL) return fixture_fail(error, NORN_RESOURCE_EXHAUSTED, "no memory");
  if (bytes.count > 0) memcpy(grown + into->count, bytes.data, bytes.count);
  into->bytes = grown;
  into->count += bytes.count;
  return NORN_OK;
}

static norn_status receive(const norn_host *host, const norn_federation *federation, norn_string name,
                           uint64_t *ticket, norn_error *error) {
  uint8_t done = 0;
  norn_status status = federation->post(host, name, TEXT_OF("1"), TEXT_OF("guest"), TEXT_OF("9999"), ticket, error);
  if (status == NORN_OK) status = federation->wait(host, ticket, 1, NORN_WAIT_ALL, NORN_NO_TIMEOUT, &done, error);
  return status == NORN_OK && !done ? fixture_fail(error, NORN_INTERNAL, "wait gave nothing") : status;
}

static norn_status round_trip(const norn_host *host, const norn_federation *federation, const char *name,
                              uint64_t count, norn_error *error) {
  norn_string text = {name, strlen(name)};
  uint8_t *bytes = malloc(count + 1);
  received back = {NULL, 0};
  norn_sink sink = {sizeof sink, 0, &back, keep};
  uint64_t ticket = 0;
  for (uint64_t i = 0; i < count; i++) bytes[i] = (uint8_t)(i * 31 + i / 251);
  norn_bytes sent = {bytes, count};
  norn_status status =
      federation->send(host, text, TEXT_OF("1"), TEXT_OF("guest"), TEXT_OF("9999"), sent, error);
  if (status == NORN_OK) status = receive(host, federation, text, &ticket, error);
  if (status == NORN_OK) status = federation->take(host, ticket, &sink, error);
  if (status == NORN_OK && (back.count != count || (count > 0 && memcmp(back.bytes, bytes, count) != 0)))
    status = fixture_fail(error, NORN_DATA_LOSS, "a message came back changed");
  free(bytes);
  free(back.bytes);
  return status;
}

static norn_status table_round_trip(const norn_host *host, const norn_federation *federation, uint64_t table,
                                    uint64_t *back, norn_error *error) {
  uint64_t ticket = 0;
  norn_status status = federation->send_table(host, TEXT_OF("table"), TEXT_OF("1"), TEXT_OF("guest"),
                                              TEXT_OF("9999"), table, error);
  if (status == NORN_OK) status = receive(host, federation, TEXT_OF("table"), &ticket, error);
  return status == NORN_OK ? federation->take_table(host, ticket, back, error) : status;
}

static norn_status check_rows(const norn_engine *engine, void *session, uint64_t table, uint64_t rows,
                              norn_error *error) {
  norn_table_info info = {.struct_size = sizeof info};
  norn_status status = engine->table_info(session, table, &info, error);
  if (status == NORN_OK && (info.rows != rows || info.partitions != 2))
    status = fixture_fail(error, NORN_DATA_LOSS, "a table has other rows or partitions");
  return status;
}

static norn_status second_send_is_refused(const norn_host *host, const norn_federation *federation,
                                          norn_error *error) {
  norn_bytes nothing = {NULL, 0};
  norn_status status =
      federation->send(host, TEXT_OF("small"), TEXT_OF("1"), TEXT_OF("guest"), TEXT_OF("9999"), nothing, error);
  return status == NORN_ALREADY_EXISTS ? NORN_OK : fixture_fail(error, NORN_INTERNAL, "a second send was accepted");
}

norn_status fixture_run_courier(const norn_host *host, norn_error *error) {
  const norn_federation *federation = fixture_extension(host, NORN_FEDERATION_ID);
  const norn_artifacts *artifacts = fixture_extension(host, NORN_ARTIFACTS_ID);
  const norn_engine_access *access = fixture_extension(host, NORN_ENGINE_ACCESS_ID);
  const norn_engine *engine = NULL;
  void *session = NULL;
  uint64_t table = 0, imported = 0, back = 0;
  norn_bytes model = {(const uint8_t *)"model", 5}, schema = {(const uint8_t *)"\xa0", 1};
  norn_status status = round_trip(host, federation, "small", 100, error);
  if (status == NORN_OK) status = round_trip(host, federation, "empty", 0, error);
  if (status == NORN_OK) status = round_trip(host, federation, "memory", 300000, error);
  if (status == NORN_OK) status = round_trip(host, federation, "file", 9000000, error);
  if (status == NORN_OK) status = second_send_is_refused(host, federation, error);
  if (status == NORN_OK) status = access->session(host, &engine, &session, error);
  if (status == NORN_OK) status = artifacts->open_table(host, TEXT_OF("data"), 0, &table, error);
  if (status == NORN_OK) status = artifacts->open_table(host, TEXT_OF("data"), 1, &imported, error);
  if (status == NORN_OK) status = check_rows(engine, session, imported, 7, error);
  if (status == NORN_OK) status = table_round_trip(host, federation, table, &back, error);
  if (status == NORN_OK) status = check_rows(engine, session, back, 250, error);
  if (status == NORN_OK) status = artifacts->output_table(host, TEXT_OF("same"), table, schema, error);
  if (status == NORN_OK) status = artifacts->output_table(host, TEXT_OF("new"), back, schema, error);
  if (status == NORN_OK) status = artifacts->write(host, TEXT_OF("model"), model, error);
  if (status == NORN_OK) status = artifacts->write(host, TEXT_OF("model"), model, error);
  return status;
}
