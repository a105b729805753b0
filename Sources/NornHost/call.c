/* Calls and notices over the channel. */
#include <string.h>

#include "channel.h"

void norn_notice_begin(norn_cbor_writer *writer, const char *name) {
  memset(writer, 0, sizeof *writer);
  norn_cbor_map_begin(writer);
  norn_cbor_key(writer, "call");
  norn_cbor_write_literal(writer, name);
}

static int finish_packet(norn_cbor_writer *writer, const norn_payload *payload) {
  if (payload != NULL) {
    norn_cbor_key(writer, payload->fd >= 0 ? "payload" : "bytes");
    if (payload->fd >= 0) {
      norn_cbor_write_integer(writer, (int64_t)payload->count);
    } else {
      norn_cbor_write_bytes(writer, payload->bytes);
    }
  }
  norn_cbor_map_end(writer);
  return payload != NULL ? payload->fd : -1;
}

norn_status norn_notice_finish(norn_channel *channel, norn_cbor_writer *writer, const norn_payload *payload,
                               norn_error *error) {
  int fd = finish_packet(writer, payload);
  norn_status status = norn_channel_send(channel, writer, fd, error);
  norn_cbor_writer_free(writer);
  return status;
}

void norn_call_begin(norn_channel *channel, norn_call *call, const char *name) {
  memset(call, 0, sizeof *call);
  call->reply.fd = -1;
  pthread_cond_init(&call->answered, NULL);
  pthread_mutex_lock(&channel->lock);
  call->id = ++channel->last_id;
  pthread_mutex_unlock(&channel->lock);
  norn_notice_begin(&call->writer, name);
  norn_cbor_key(&call->writer, "id");
  norn_cbor_write_integer(&call->writer, (int64_t)call->id);
}

static norn_status stopped(norn_status failure, norn_error *error) {
  if (failure == NORN_CANCELLED) return norn_fail(error, failure, "norn.host", "the attempt is being cancelled");
  return norn_fail(error, failure, "norn.channel", "the channel to the site is closed");
}

/* Waits for the reply; a call that is given up is taken off the list, so that its reply goes nowhere. */
static norn_status await(norn_channel *channel, norn_call *call) {
  pthread_mutex_lock(&channel->lock);
  while (!call->done) pthread_cond_wait(&call->answered, &channel->lock);
  pthread_mutex_unlock(&channel->lock);
  return call->failure;
}

static void forget(norn_channel *channel, norn_call *call) {
  pthread_mutex_lock(&channel->lock);
  for (norn_call **link = &channel->pending; *link != NULL; link = &(*link)->next)
    if (*link == call) {
      *link = call->next;
      break;
    }
  pthread_mutex_unlock(&channel->lock);
}

static norn_status site_status(const norn_cbor *reply, norn_error *error) {
  norn_cbor given = norn_cbor_get(reply, "status"), detail = norn_cbor_get(reply, "error");
  int64_t status = norn_cbor_integer(&given, 0);
  if (status == 0) return NORN_OK;
  if (status < 0 || status > UINT32_MAX) status = NORN_INTERNAL;
  norn_cbor domain = norn_cbor_get(&detail, "domain"), message = norn_cbor_get(&detail, "message");
  norn_cbor flags = norn_cbor_get(&detail, "flags");
  norn_string domain_text = norn_cbor_string(&domain), text = norn_cbor_string(&message);
  char name[sizeof error->domain];
  uint64_t count = domain_text.count < sizeof name - 1 ? domain_text.count : sizeof name - 1;
  memcpy(name, domain_text.data, count);
  name[count] = 0;
  norn_fail(error, (norn_status)status, name, "%.*s", (int)(text.count < 4096 ? text.count : 4096), text.data);
  if (error != NULL && error->struct_size >= sizeof *error) error->flags |= (uint32_t)norn_cbor_integer(&flags, 0);
  return (norn_status)status;
}

norn_status norn_call_finish(norn_channel *channel, norn_call *call, const norn_payload *payload, bool cancellable,
                             norn_error *error) {
  int fd = finish_packet(&call->writer, payload);
  pthread_mutex_lock(&channel->lock);
  norn_status failure = channel->lost ? NORN_UNAVAILABLE : cancellable && channel->refusing ? NORN_CANCELLED : NORN_OK;
  if (failure == NORN_OK) {
    call->next = channel->pending;
    channel->pending = call;
  }
  pthread_mutex_unlock(&channel->lock);
  if (failure != NORN_OK) return stopped(failure, error);
  norn_status status = norn_channel_send(channel, &call->writer, fd, error);
  if (status != NORN_OK) {
    forget(channel, call);
    return status;
  }
  failure = await(channel, call);
  return failure != NORN_OK ? stopped(failure, error) : site_status(&call->reply.map, error);
}

void norn_call_end(norn_call *call) {
  norn_cbor_writer_free(&call->writer);
  norn_message_free(&call->reply);
  pthread_cond_destroy(&call->answered);
}
