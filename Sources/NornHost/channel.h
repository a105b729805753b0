/* The worker's end of the channel: packets of one CBOR map each, at most one fd beside it, replies matched by id by a
   control thread that does nothing else. */
#ifndef NORN_HOST_CHANNEL_H
#define NORN_HOST_CHANNEL_H
#include <pthread.h>
#include <stdbool.h>

#include "norn_host.h"

#define NORN_PACKET_MAX_BYTES 65536u
#define NORN_INLINE_MAX_BYTES 49152u    /* a larger payload travels as an fd */
#define NORN_MEMFD_MAX_BYTES 8388608u   /* an even larger one as a file */
#define NORN_NAME_MAX_BYTES 1024u       /* names, tags, roles, party ids on the channel */

/* A received packet; whoever takes it frees it. */
typedef struct norn_message {
  uint8_t *bytes;
  norn_cbor map;
  int fd; /* -1: none */
  void *mapping;
  uint64_t mapped;
} norn_message;

void norn_message_free(norn_message *message);
/* What is in "bytes", or in the fd that "payload" counts (mapped; valid until the message is freed). */
norn_status norn_message_payload(norn_message *message, norn_bytes *out, norn_error *error);

/* What is sent beside a packet. */
typedef struct norn_payload {
  norn_bytes bytes; /* when fd is -1 */
  int fd;
  uint64_t count;
  void *owned; /* freed with the payload; NULL: bytes are borrowed */
} norn_payload;

/* Inline when it is small, else a sealed memfd or an unlinked file under scratch. */
norn_status norn_payload_of_bytes(norn_bytes bytes, norn_string scratch, norn_payload *out, norn_error *error);
void norn_payload_free(norn_payload *payload);

/* Bytes pushed one after the other that become a payload: in memory up to NORN_MEMFD_MAX_BYTES, then in a file. */
typedef struct norn_payload_builder {
  norn_string scratch;
  uint8_t *data;
  uint64_t count;
  uint64_t capacity;
  int fd;
} norn_payload_builder;

norn_status norn_payload_builder_write(void *builder, norn_bytes bytes, norn_error *error);
norn_status norn_payload_builder_finish(norn_payload_builder *builder, norn_payload *out, norn_error *error);
void norn_payload_builder_free(norn_payload_builder *builder);

typedef struct norn_call {
  uint64_t id;
  norn_cbor_writer writer;
  norn_message reply;
  norn_status failure;
  bool done;
  pthread_cond_t answered;
  struct norn_call *next;
} norn_call;

typedef struct norn_channel {
  int fd;
  bool reading; /* the control thread runs */
  bool lost;
  bool closing;
  bool refusing; /* calls that can wait for others fail with CANCELLED */
  pthread_t control;
  pthread_mutex_t sending;
  pthread_mutex_t lock;
  uint64_t last_id;
  norn_call *pending;
  void *context;
  /* both on the control thread; message is the callee's to free */
  void (*on_order)(void *context, norn_message *message);
  void (*on_lost)(void *context);
  /* The time until which the site lets the worker live, in milliseconds of NORN_CLOCK_LEASE; 0: no end. Set before
     norn_channel_listen, then by the control thread alone, which calls on_late when it has passed. */
  uint64_t live_until;
  void (*on_late)(void *context);
} norn_channel;

void norn_channel_open(norn_channel *channel, int fd);
/* One packet on the calling thread; only before norn_channel_listen. */
norn_status norn_channel_receive(norn_channel *channel, norn_message *out, norn_error *error);
norn_status norn_channel_listen(norn_channel *channel, norn_error *error);
norn_status norn_channel_send(norn_channel *channel, const norn_cbor_writer *packet, int fd, norn_error *error);
/* From here on an EOF is no loss. */
void norn_channel_expect_end(norn_channel *channel);
/* Fails pending calls that wait for other parties, and later ones, with CANCELLED. */
void norn_channel_refuse(norn_channel *channel);
void norn_channel_close(norn_channel *channel);

/* A call: begin opens the packet's map, the caller adds entries, finish sends it and waits for the reply, which is
   the caller's until norn_call_end. A refused call gives its status and error, with the site's domain. */
void norn_call_begin(norn_channel *channel, norn_call *call, const char *name);
norn_status norn_call_finish(norn_channel *channel, norn_call *call, const norn_payload *payload, bool cancellable,
                             norn_error *error);
void norn_call_end(norn_call *call);
/* A one-way packet. */
void norn_notice_begin(norn_cbor_writer *writer, const char *name);
norn_status norn_notice_finish(norn_channel *channel, norn_cbor_writer *writer, const norn_payload *payload,
                               norn_error *error);
#endif
