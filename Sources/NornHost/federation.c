/* norn.federation: mailbox messages by way of the site; a component never sees an address. */
#include <stdlib.h>
#include <string.h>

#include "attempt.h"

#define MAX_WAIT_MILLISECONDS INT64_MAX

static norn_status check_names(norn_string name, norn_string tag, norn_string role, norn_string party,
                               norn_error *error) {
  const norn_string all[4] = {name, tag, role, party};
  if (name.count == 0) return norn_fail(error, NORN_INVALID_ARGUMENT, HOST_DOMAIN, "a message needs a name");
  for (uint32_t i = 0; i < 4; i++)
    if (all[i].count > NORN_NAME_MAX_BYTES)
      return norn_fail(error, NORN_INVALID_ARGUMENT, HOST_DOMAIN, "a message's name, tag or party is too long");
  return NORN_OK;
}

static void write_address(norn_cbor_writer *writer, norn_string name, norn_string tag, norn_string role,
                          norn_string party) {
  norn_cbor_key(writer, "name");
  norn_cbor_write_text(writer, name);
  norn_cbor_key(writer, "tag");
  norn_cbor_write_text(writer, tag);
  norn_cbor_key(writer, "role");
  norn_cbor_write_text(writer, role);
  norn_cbor_key(writer, "party");
  norn_cbor_write_text(writer, party);
}

static norn_status send(const norn_host *host, norn_string name, norn_string tag, norn_string role,
                        norn_string party, norn_bytes bytes, norn_error *error) {
  norn_attempt *attempt = norn_attempt_of(host);
  norn_payload payload;
  norn_call call;
  norn_black_box_enter(attempt->box, "federation.send");
  norn_status status = check_names(name, tag, role, party, error);
  if (status == NORN_OK) status = norn_payload_of_bytes(bytes, attempt->start.scratch, &payload, error);
  if (status == NORN_OK) {
    norn_call_begin(&attempt->channel, &call, "send");
    write_address(&call.writer, name, tag, role, party);
    norn_cbor_key(&call.writer, "table");
    norn_cbor_write_bool(&call.writer, false);
    status = norn_call_finish(&attempt->channel, &call, &payload, true, error);
    norn_call_end(&call);
    norn_payload_free(&payload);
  }
  norn_black_box_leave(attempt->box);
  return status;
}

static norn_status send_table(const norn_host *host, norn_string name, norn_string tag, norn_string role,
                              norn_string party, uint64_t table, norn_error *error) {
  norn_attempt *attempt = norn_attempt_of(host);
  norn_table_info info = {.struct_size = sizeof info};
  norn_payload payload;
  norn_call call;
  norn_black_box_enter(attempt->box, "federation.send_table");
  norn_status status = check_names(name, tag, role, party, error);
  if (status == NORN_OK) status = norn_table_send(attempt, table, &payload, &info, error);
  if (status == NORN_OK) {
    norn_call_begin(&attempt->channel, &call, "send");
    write_address(&call.writer, name, tag, role, party);
    norn_cbor_key(&call.writer, "table");
    norn_cbor_write_bool(&call.writer, true);
    norn_cbor_key(&call.writer, "rows");
    norn_cbor_write_integer(&call.writer, (int64_t)info.rows);
    norn_cbor_key(&call.writer, "partitions");
    norn_cbor_write_integer(&call.writer, info.partitions);
    status = norn_call_finish(&attempt->channel, &call, &payload, true, error);
    norn_call_end(&call);
    norn_payload_free(&payload);
  }
  norn_black_box_leave(attempt->box);
  return status;
}

static norn_status post(const norn_host *host, norn_string name, norn_string tag, norn_string role,
                        norn_string party, uint64_t *ticket, norn_error *error) {
  norn_attempt *attempt = norn_attempt_of(host);
  norn_call call;
  norn_black_box_enter(attempt->box, "federation.post");
  norn_status status = check_names(name, tag, role, party, error);
  if (status == NORN_OK) {
    norn_call_begin(&attempt->channel, &call, "post");
    write_address(&call.writer, name, tag, role, party);
    status = norn_call_finish(&attempt->channel, &call, NULL, true, error);
    norn_cbor given = norn_cbor_get(&call.reply.map, "ticket");
    if (status == NORN_OK && given.kind != NORN_CBOR_INTEGER)
      status = norn_fail(error, NORN_INTERNAL, HOST_DOMAIN, "the site gave no ticket");
    if (status == NORN_OK) *ticket = (uint64_t)given.integer;
    norn_call_end(&call);
  }
  norn_black_box_leave(attempt->box);
  return status;
}

static norn_status ask_wait(norn_attempt *attempt, const uint64_t *tickets, uint64_t count, uint32_t mode,
                            uint64_t timeout_milliseconds, uint8_t *done, norn_error *error) {
  norn_call call;
  norn_cbor item;
  const uint8_t *position = NULL;
  norn_call_begin(&attempt->channel, &call, "wait");
  norn_cbor_key(&call.writer, "tickets");
  norn_cbor_array_begin(&call.writer);
  for (uint64_t i = 0; i < count; i++) norn_cbor_write_integer(&call.writer, (int64_t)tickets[i]);
  norn_cbor_array_end(&call.writer);
  norn_cbor_key(&call.writer, "mode");
  norn_cbor_write_integer(&call.writer, mode);
  norn_cbor_key(&call.writer, "timeout_milliseconds");
  norn_cbor_write_integer(&call.writer, timeout_milliseconds > MAX_WAIT_MILLISECONDS
                                            ? MAX_WAIT_MILLISECONDS
                                            : (int64_t)timeout_milliseconds);
  norn_status status = norn_call_finish(&attempt->channel, &call, NULL, true, error);
  norn_cbor given = norn_cbor_get(&call.reply.map, "done");
  if (status == NORN_OK && (given.kind != NORN_CBOR_ARRAY || given.count != count))
    status = norn_fail(error, NORN_INTERNAL, HOST_DOMAIN, "the site's answer to wait has the wrong length");
  for (uint64_t i = 0; i < count && given.kind == NORN_CBOR_ARRAY && norn_cbor_next(&given, &position, &item); i++)
    done[i] = norn_cbor_integer(&item, 0) != 0 || norn_cbor_bool(&item, false);
  norn_call_end(&call);
  return status;
}

static norn_status wait(const norn_host *host, const uint64_t *tickets, uint64_t count, uint32_t mode,
                        uint64_t timeout_milliseconds, uint8_t *done, norn_error *error) {
  norn_attempt *attempt = norn_attempt_of(host);
  norn_status status;
  norn_black_box_enter(attempt->box, "federation.wait");
  memset(done, 0, count);
  if (mode != NORN_WAIT_ANY && mode != NORN_WAIT_ALL)
    status = norn_fail(error, NORN_INVALID_ARGUMENT, HOST_DOMAIN, "wait knows the modes any and all");
  else if (count > MAX_TICKETS_PER_WAIT)
    status = norn_fail(error, NORN_INVALID_ARGUMENT, HOST_DOMAIN, "one wait takes at most %u tickets",
                       MAX_TICKETS_PER_WAIT);
  else
    status = count == 0 ? NORN_OK : ask_wait(attempt, tickets, count, mode, timeout_milliseconds, done, error);
  norn_black_box_leave(attempt->box);
  return status;
}

/* Asks for a message's payload; the call owns the memory until norn_call_end. */
static norn_status ask_take(norn_attempt *attempt, norn_call *call, uint64_t ticket, bool table, norn_bytes *bytes,
                            norn_error *error) {
  norn_call_begin(&attempt->channel, call, "take");
  norn_cbor_key(&call->writer, "ticket");
  norn_cbor_write_integer(&call->writer, (int64_t)ticket);
  norn_status status = norn_call_finish(&attempt->channel, call, NULL, true, error);
  if (status != NORN_OK) return status;
  norn_cbor kind = norn_cbor_get(&call->reply.map, "table");
  if (norn_cbor_bool(&kind, false) != table)
    return norn_fail(error, NORN_FAILED_PRECONDITION, HOST_DOMAIN, "the message is %s table, and is taken as %s",
                     table ? "no" : "a", table ? "one" : "bytes");
  return norn_message_payload(&call->reply, bytes, error);
}

static norn_status take(const norn_host *host, uint64_t ticket, const norn_sink *sink, norn_error *error) {
  norn_attempt *attempt = norn_attempt_of(host);
  norn_call call;
  norn_bytes bytes = {NULL, 0};
  norn_black_box_enter(attempt->box, "federation.take");
  norn_status status = ask_take(attempt, &call, ticket, false, &bytes, error);
  if (status == NORN_OK) status = sink->write(sink->context, bytes, error);
  norn_call_end(&call);
  norn_black_box_leave(attempt->box);
  return status;
}

static norn_status take_table(const norn_host *host, uint64_t ticket, uint64_t *table, norn_error *error) {
  norn_attempt *attempt = norn_attempt_of(host);
  norn_call call;
  norn_bytes bytes = {NULL, 0};
  norn_black_box_enter(attempt->box, "federation.take_table");
  norn_status status = ask_take(attempt, &call, ticket, true, &bytes, error);
  if (status == NORN_OK) status = norn_table_receive(attempt, bytes, table, error);
  norn_call_end(&call);
  norn_black_box_leave(attempt->box);
  return status;
}

static void drop(const norn_host *host, uint64_t ticket) {
  norn_attempt *attempt = norn_attempt_of(host);
  norn_cbor_writer writer;
  norn_black_box_enter(attempt->box, "federation.drop");
  norn_notice_begin(&writer, "drop");
  norn_cbor_key(&writer, "ticket");
  norn_cbor_write_integer(&writer, (int64_t)ticket);
  norn_notice_finish(&attempt->channel, &writer, NULL, NULL);
  norn_black_box_leave(attempt->box);
}

const norn_federation norn_host_federation = {
    sizeof(norn_federation), 0, send, send_table, post, wait, take, take_table, drop,
};
