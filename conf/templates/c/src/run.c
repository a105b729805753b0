#include <stdio.h>

#include "cbor.h"
#include "component.h"

/* Parties of one job that are counted. */
enum { HOSTS_LIMIT = 64 };

typedef struct parties {
  norn_string hosts[HOSTS_LIMIT];
  uint64_t host_count;
  norn_string guest;
} parties;

/* ---- What is here ---- */

static norn_status count_batch(void *context, const norn_batch *batch, norn_error *error) {
  (void)error;
  *(uint64_t *)context += batch->rows;
  return NORN_OK;
}

/* Reads the input batch by batch. A component that computes much would give the engine a kernel instead. */
static norn_status count_rows(const instance *self, uint64_t *rows, norn_error *error) {
  const norn_engine *engine = NULL;
  void *session = NULL;
  uint64_t table = 0;
  const norn_emit emit = {sizeof emit, 0, rows, count_batch};
  *rows = 0;
  norn_status status = self->engine->session(self->host, &engine, &session, error);
  if (status == NORN_OK) status = self->artifacts->open_table(self->host, text("data"), 0, &table, error);
  if (status == NORN_OK) status = engine->table_scan(session, table, NORN_ALL_PARTITIONS, UINT64_MAX, &emit, error);
  return status;
}

static int read_parties(norn_bytes encoded, parties *out) {
  uint64_t at = 0;
  uint64_t roles;
  memset(out, 0, sizeof *out);
  if (!cbor_take(encoded, &at, CBOR_MAP, &roles)) return 0;
  for (uint64_t index = 0; index < roles; index++) {
    norn_string role;
    uint64_t count;
    if (!cbor_take_text(encoded, &at, &role) || !cbor_take(encoded, &at, CBOR_ARRAY, &count)) return 0;
    for (uint64_t place = 0; place < count; place++) {
      norn_string party;
      if (!cbor_take_text(encoded, &at, &party)) return 0;
      if (is(role, "guest")) out->guest = party;
      if (is(role, "host") && out->host_count < HOSTS_LIMIT) out->hosts[out->host_count++] = party;
    }
  }
  return out->guest.count > 0;
}

/* The parameters are a map, every default filled in; here it has one member. */
static int read_minimum_rows(norn_bytes encoded, uint64_t *minimum) {
  uint64_t at = 0;
  uint64_t count;
  norn_string name;
  return cbor_take(encoded, &at, CBOR_MAP, &count) && count == 1 && cbor_take_text(encoded, &at, &name) &&
         is(name, "minimum_rows") && cbor_take(encoded, &at, CBOR_INTEGER, minimum);
}

/* ---- Between the parties ---- */

static norn_status send_count(const instance *self, norn_string guest, uint64_t rows, norn_error *error) {
  cbor_writer out = {.count = 0};
  cbor_put(&out, CBOR_INTEGER, rows);
  return self->federation->send(self->host, text("rows"), text(""), text("guest"), guest,
                                (norn_bytes){out.bytes, out.count}, error);
}

static norn_status take_count(void *context, norn_bytes bytes, norn_error *error) {
  uint64_t at = 0;
  if (!cbor_take(bytes, &at, CBOR_INTEGER, context) || at != bytes.count)
    return fail(error, NORN_DATA_LOSS, NORN_ERROR_PEER_FAULT, "a host's message is not a count of rows");
  return NORN_OK;
}

static norn_status add_hosts(const instance *self, const parties *all, uint64_t *total, norn_error *error) {
  uint64_t tickets[HOSTS_LIMIT];
  uint8_t done[HOSTS_LIMIT];
  const norn_federation *federation = self->federation;
  norn_status status = NORN_OK;
  for (uint64_t index = 0; index < all->host_count && status == NORN_OK; index++)
    status = federation->post(self->host, text("rows"), text(""), text("host"), all->hosts[index], &tickets[index],
                              error);
  if (status == NORN_OK && all->host_count > 0)
    status = federation->wait(self->host, tickets, all->host_count, NORN_WAIT_ALL, NORN_NO_TIMEOUT, done, error);
  for (uint64_t index = 0; index < all->host_count && status == NORN_OK; index++) {
    uint64_t rows = 0;
    const norn_sink sink = {sizeof sink, 0, &rows, take_count};
    status = federation->take(self->host, tickets[index], &sink, error);
    *total += rows;
  }
  return status;
}

/* ---- What people see ---- */

static norn_status publish(const instance *self, uint64_t total, norn_error *error) {
  cbor_writer summary = {.count = 0};
  char line[96];
  const int length = snprintf(line, sizeof line, "%llu rows at all parties", (unsigned long long)total);
  self->host->log(self->host, NORN_LOG_INFO, (norn_string){line, (uint64_t)length});
  cbor_put(&summary, CBOR_MAP, 1);
  cbor_put_text(&summary, "total");
  cbor_put(&summary, CBOR_INTEGER, total);
  return self->tracking->summary(self->host, (norn_bytes){summary.bytes, summary.count}, error);
}

norn_status run(void *context, norn_error *error) {
  const instance *self = context;
  parties all;
  uint64_t rows = 0;
  uint64_t minimum = 0;
  if (!read_parties(self->task->parties, &all))
    return fail(error, NORN_INVALID_ARGUMENT, NORN_ERROR_USER_FAULT, "the job has no guest to count for");
  if (!read_minimum_rows(self->task->parameters, &minimum))
    return fail(error, NORN_INVALID_ARGUMENT, NORN_ERROR_USER_FAULT, "minimum_rows is not a number from 0");
  norn_status status = count_rows(self, &rows, error);
  if (status != NORN_OK) return status;
  if (rows < minimum)
    return fail(error, NORN_FAILED_PRECONDITION, NORN_ERROR_USER_FAULT, "there are fewer rows than minimum_rows");
  if (!is(self->task->role, "guest")) return send_count(self, all.guest, rows, error);
  status = add_hosts(self, &all, &rows, error);
  return status == NORN_OK ? publish(self, rows, error) : status;
}
