/* Asks one path of an HTTP/1.1 server over and over, on so many connections, each with one request under way.
   Usage: load-generator HOST PORT PATH TOKEN CONNECTIONS SECONDS
   Prints a JSON line {"requests","seconds","p50_microseconds","p99_microseconds","failures"}. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  CONNECTIONS_LIMIT = 1024,
  REQUEST_LIMIT = 4096,
  ANSWER_LIMIT = 1 << 20,
  EVENTS = 64,
  /* Latencies are counted by the microsecond, up to 100 ms. */
  BUCKETS = 100000,
  WAIT_MILLISECONDS = 1000
};

typedef struct connection {
  int descriptor;
  size_t received;
  uint64_t sent_at;
  char *answer;
} connection;

static char request[REQUEST_LIMIT];
static size_t request_count;
static uint64_t buckets[BUCKETS];
static uint64_t requests, failures;

static uint64_t now_microseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static void give_up(const char *what) {
  perror(what);
  exit(1);
}

static void ask(connection *self) {
  self->received = 0;
  self->sent_at = now_microseconds();
  if (send(self->descriptor, request, request_count, MSG_NOSIGNAL) != (ssize_t)request_count) give_up("send");
}

/* Bytes of the whole answer, once its head is here; 0 before. */
static size_t answer_bytes(const connection *self) {
  const char *end = strstr(self->answer, "\r\n\r\n");
  const char *length = strcasestr(self->answer, "\r\ncontent-length:");
  if (end == NULL) return 0;
  if (length == NULL || length > end) {
    fprintf(stderr, "an answer without content-length\n");
    exit(1);
  }
  return (size_t)(end + 4 - self->answer) + strtoul(length + 17, NULL, 10);
}

static void note(const connection *self) {
  const uint64_t took = now_microseconds() - self->sent_at;
  buckets[took < BUCKETS ? took : BUCKETS - 1]++;
  requests++;
  if (strncmp(self->answer, "HTTP/1.1 200", 12) != 0) failures++;
}

/* Takes what has come; asks again when the answer is whole. */
static void receive(connection *self) {
  while (true) {
    const ssize_t count = recv(self->descriptor, self->answer + self->received, ANSWER_LIMIT - 1 - self->received,
                               MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) give_up("the server closed a connection");
    self->received += (size_t)count;
    self->answer[self->received] = 0;
    const size_t whole = answer_bytes(self);
    if (whole == 0 || self->received < whole) continue;
    note(self);
    ask(self);
    return;
  }
}

static void open_connection(connection *self, const struct sockaddr_in *address, int poll) {
  const int one = 1;
  self->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  self->answer = malloc(ANSWER_LIMIT);
  if (self->descriptor < 0 || self->answer == NULL) give_up("socket");
  if (connect(self->descriptor, (const struct sockaddr *)address, sizeof *address) < 0) give_up("connect");
  setsockopt(self->descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = self};
  if (epoll_ctl(poll, EPOLL_CTL_ADD, self->descriptor, &event) < 0) give_up("epoll_ctl");
}

static uint64_t percentile(double part) {
  uint64_t below = 0;
  for (int bucket = 0; bucket < BUCKETS; bucket++) {
    below += buckets[bucket];
    if ((double)below >= part * (double)requests) return (uint64_t)bucket;
  }
  return BUCKETS;
}

int main(int argc, char **argv) {
  static connection connections[CONNECTIONS_LIMIT];
  if (argc != 7) {
    fprintf(stderr, "usage: load-generator HOST PORT PATH TOKEN CONNECTIONS SECONDS\n");
    return 2;
  }
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
  inet_pton(AF_INET, argv[1], &address.sin_addr);
  request_count = (size_t)snprintf(request, sizeof request,
                                   "GET %s HTTP/1.1\r\nHost: %s:%s\r\nAuthorization: Bearer %s\r\n\r\n", argv[3],
                                   argv[1], argv[2], argv[4]);
  const int wanted = atoi(argv[5]) < CONNECTIONS_LIMIT ? atoi(argv[5]) : CONNECTIONS_LIMIT;
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  for (int index = 0; index < wanted; index++) open_connection(&connections[index], &address, poll);
  const uint64_t start = now_microseconds();
  const uint64_t end = start + (uint64_t)(atof(argv[6]) * 1e6);
  for (int index = 0; index < wanted; index++) ask(&connections[index]);
  while (now_microseconds() < end) {
    struct epoll_event events[EVENTS];
    const int count = epoll_wait(poll, events, EVENTS, WAIT_MILLISECONDS);
    for (int index = 0; index < count; index++) receive(events[index].data.ptr);
  }
  printf("{\"requests\":%llu,\"seconds\":%.6f,\"p50_microseconds\":%llu,\"p99_microseconds\":%llu,\"failures\":%llu}\n",
         (unsigned long long)requests, (double)(now_microseconds() - start) / 1e6,
         (unsigned long long)percentile(0.5), (unsigned long long)percentile(0.99), (unsigned long long)failures);
  return 0;
}
