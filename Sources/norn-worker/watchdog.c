/* Ends the worker when its resident anonymous and shared pages pass what it was given. Pages of files (tables that are
   mapped) do not count: the kernel takes those back by itself. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sandbox.h"

#define INTERVAL_NANOSECONDS 50000000L
#define WATCHDOG_STACK_BYTES 131072u

typedef struct watchdog {
  norn_black_box *box;
  int status_fd;
  uint64_t memory_bytes;
} watchdog;

int worker_open_memory_status(void) {
#ifdef __linux__
  return open("/proc/self/status", O_RDONLY | O_CLOEXEC);
#else
  return -1;
#endif
}

static uint64_t kilobytes(const char *text, const char *field) {
  const char *found = strstr(text, field);
  return found == NULL ? 0 : strtoull(found + strlen(field), NULL, 10);
}

static uint64_t resident_bytes(int status_fd) {
  char text[4096];
  ssize_t count = pread(status_fd, text, sizeof text - 1, 0);
  if (count <= 0) return 0;
  text[count] = 0;
  return (kilobytes(text, "RssAnon:") + kilobytes(text, "RssShmem:")) * 1024;
}

static void *watch(void *context) {
  watchdog *dog = context;
  const struct timespec interval = {0, INTERVAL_NANOSECONDS};
  char note[NORN_BLACK_BOX_NOTE_BYTES];
  for (;;) {
    uint64_t bytes = resident_bytes(dog->status_fd);
    if (bytes > dog->box->peak_bytes) dog->box->peak_bytes = bytes;
    if (bytes > dog->memory_bytes) {
      snprintf(note, sizeof note, "memory: %llu bytes are resident, %llu were reserved; raise the component's memory",
               (unsigned long long)bytes, (unsigned long long)dog->memory_bytes);
      norn_black_box_note(dog->box, NORN_EXIT_MEMORY_EXCEEDED, note);
      _exit(NORN_EXIT_MEMORY_EXCEEDED);
    }
    nanosleep(&interval, NULL);
  }
  return NULL;
}

void worker_start_watchdog(norn_black_box *box, int status_fd, uint64_t memory_bytes) {
  static watchdog dog; /* the worker has one attempt */
  pthread_t thread;
  pthread_attr_t attributes;
  if (status_fd < 0) return;
  dog.box = box;
  dog.status_fd = status_fd;
  dog.memory_bytes = memory_bytes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, WATCHDOG_STACK_BYTES);
  if (pthread_create(&thread, &attributes, watch, &dog) == 0) pthread_detach(thread);
  pthread_attr_destroy(&attributes);
}
