#include "channel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

#define LOOK_MILLISECONDS 60000u /* poll's clock stands still while the machine sleeps */
#define CONTROL_STACK_BYTES 262144u

void norn_channel_open(norn_channel *channel, int fd) {
  memset(channel, 0, sizeof *channel);
  channel->fd = fd;
  pthread_mutex_init(&channel->sending, NULL);
  pthread_mutex_init(&channel->lock, NULL);
}

static norn_status lost(norn_error *error) {
  return norn_fail(error, NORN_UNAVAILABLE, "norn.channel", "the channel to the site is closed");
}

norn_status norn_channel_send(norn_channel *channel, const norn_cbor_writer *packet, int fd, norn_error *error) {
  if (packet->failed || packet->count > NORN_PACKET_MAX_BYTES)
    return norn_fail(error, NORN_RESOURCE_EXHAUSTED, "norn.channel", "a packet is larger than %u bytes",
                     NORN_PACKET_MAX_BYTES);
  struct iovec part = {packet->data, packet->count};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (fd >= 0) {
    memset(&control, 0, sizeof control);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    message.msg_control = &control;
    message.msg_controllen = sizeof control.space;
  }
  pthread_mutex_lock(&channel->sending);
  ssize_t sent;
  do sent = sendmsg(channel->fd, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  pthread_mutex_unlock(&channel->sending);
  return sent < 0 ? lost(error) : NORN_OK;
}

static int received_fd(struct msghdr *message) {
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
    int fd;
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    memcpy(&fd, CMSG_DATA(part), sizeof fd);
    return fd;
  }
  return -1;
}

norn_status norn_channel_receive(norn_channel *channel, norn_message *out, norn_error *error) {
  uint8_t packet[NORN_PACKET_MAX_BYTES];
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct iovec part = {packet, sizeof packet};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                           .msg_controllen = sizeof control.space};
  ssize_t count;
  memset(out, 0, sizeof *out);
  out->fd = -1;
  do count = recvmsg(channel->fd, &message, MSG_CMSG_CLOEXEC);
  while (count < 0 && errno == EINTR);
  if (count <= 0) return lost(error);
  out->fd = received_fd(&message);
  out->bytes = malloc((size_t)count);
  if (out->bytes == NULL || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    norn_message_free(out);
    return norn_fail(error, NORN_INTERNAL, "norn.channel", "a packet from the site cannot be held");
  }
  memcpy(out->bytes, packet, (size_t)count);
  norn_bytes bytes = {out->bytes, (uint64_t)count};
  norn_status status = norn_cbor_parse(bytes, &out->map, error);
  if (status == NORN_OK && out->map.kind != NORN_CBOR_MAP)
    status = norn_fail(error, NORN_INVALID_ARGUMENT, "norn.channel", "a packet from the site is no map");
  if (status != NORN_OK) norn_message_free(out);
  return status;
}

/* Hands a reply to the call that waits for it; false when nobody does. */
static bool deliver(norn_channel *channel, norn_message *message) {
  norn_cbor id = norn_cbor_get(&message->map, "reply");
  if (id.kind != NORN_CBOR_INTEGER) return false;
  pthread_mutex_lock(&channel->lock);
  norn_call **link = &channel->pending;
  while (*link != NULL && (*link)->id != (uint64_t)id.integer) link = &(*link)->next;
  norn_call *call = *link;
  if (call != NULL) {
    *link = call->next;
    call->reply = *message;
    call->done = true;
    pthread_cond_signal(&call->answered);
  }
  pthread_mutex_unlock(&channel->lock);
  return call != NULL;
}

static void fail_pending(norn_channel *channel, norn_status failure) {
  norn_call *call = channel->pending;
  channel->pending = NULL;
  while (call != NULL) {
    norn_call *next = call->next;
    call->failure = failure;
    call->done = true;
    pthread_cond_signal(&call->answered);
    call = next;
  }
}

/* Waits for a packet, or the channel's end. What the site sent in time is read first. */
static void await_packet(norn_channel *channel) {
  while (channel->live_until != 0) {
    struct pollfd entry = {channel->fd, POLLIN, 0};
    const uint64_t now = norn_clock_nanoseconds(NORN_CLOCK_LEASE) / 1000000u;
    uint64_t left = channel->live_until > now ? channel->live_until - now : 0;
    if (left > LOOK_MILLISECONDS) left = LOOK_MILLISECONDS;
    if (poll(&entry, 1, (int)left) > 0) return;
    if (left == 0) {
      channel->live_until = 0;
      channel->on_late(channel->context);
    }
  }
}

static void *control_main(void *context) {
  norn_channel *channel = context;
  norn_message message;
  for (;;) {
    await_packet(channel);
    if (norn_channel_receive(channel, &message, NULL) != NORN_OK) break;
    if (norn_cbor_get(&message.map, "do").kind == NORN_CBOR_TEXT) {
      channel->on_order(channel->context, &message);
    } else if (!deliver(channel, &message)) {
      norn_message_free(&message); /* of a call that was given up */
    }
  }
  pthread_mutex_lock(&channel->lock);
  bool closing = channel->closing;
  channel->lost = true;
  fail_pending(channel, NORN_UNAVAILABLE);
  pthread_mutex_unlock(&channel->lock);
  if (!closing) channel->on_lost(channel->context);
  return NULL;
}

norn_status norn_channel_listen(norn_channel *channel, norn_error *error) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, CONTROL_STACK_BYTES);
  int failed = pthread_create(&channel->control, &attributes, control_main, channel);
  pthread_attr_destroy(&attributes);
  if (failed)
    return norn_fail(error, NORN_RESOURCE_EXHAUSTED, "norn.channel", "no control thread: %s", strerror(failed));
  channel->reading = true;
  return NORN_OK;
}

void norn_channel_expect_end(norn_channel *channel) {
  pthread_mutex_lock(&channel->lock);
  channel->closing = true;
  pthread_mutex_unlock(&channel->lock);
}

void norn_channel_refuse(norn_channel *channel) {
  pthread_mutex_lock(&channel->lock);
  channel->refusing = true;
  fail_pending(channel, NORN_CANCELLED);
  pthread_mutex_unlock(&channel->lock);
}

void norn_channel_close(norn_channel *channel) {
  norn_channel_expect_end(channel);
  shutdown(channel->fd, SHUT_RDWR);
  if (channel->reading) pthread_join(channel->control, NULL);
  close(channel->fd);
  pthread_mutex_destroy(&channel->sending);
  pthread_mutex_destroy(&channel->lock);
}
