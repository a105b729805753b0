/* The process of one attempt at one party. fd 3 is the channel to the site, fd 4 the black box. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "sandbox.h"

#define CHANNEL_FD 3
#define BLACK_BOX_FD 4
#define MAPPED_ALLOCATION_BYTES (2 * 1024 * 1024)
#define KEPT_FREE_BYTES (16 * 1024 * 1024)

static norn_status prepare(void *context, norn_attempt *attempt, const norn_start *start, norn_black_box *box,
                           norn_error *error) {
  worker_options *options = context;
  options->box = box;
  return worker_apply_sandbox(options, attempt, start, error);
}

static void loaded(void *context, const norn_start *start, norn_black_box *box) {
  worker_options *options = context;
  worker_install_crash_handler(box, options->backtrace);
  if (start->sandbox_seccomp) worker_install_denial_handler(box);
  if (start->memory_bytes > 0) worker_start_watchdog(box, options->status_fd, start->memory_bytes);
}

/* LMDB zeroes a list of 2 MiB for each partition that it writes. Mapped afresh that costs nothing; glibc alone would take
   it from the heap after the first one was freed, and then clear it each time. */
static void set_allocator(void) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, MAPPED_ALLOCATION_BYTES);
  mallopt(M_TRIM_THRESHOLD, KEPT_FREE_BYTES);
#endif
}

static int usage(void) {
  fprintf(stderr,
          "norn-worker runs one attempt for a site, which starts it with the channel as fd 3.\n"
          "  --backtrace  leaves backtraces on and prints one to stderr on a crash\n");
  return 64;
}

int main(int count, char **arguments) {
  worker_options options = {.status_fd = -1};
  for (int i = 1; i < count; i++) {
    if (strcmp(arguments[i], "--backtrace") != 0) return usage();
    options.backtrace = true;
  }
  if (fcntl(CHANNEL_FD, F_GETFD) < 0) return usage();
  fcntl(CHANNEL_FD, F_SETFD, FD_CLOEXEC);
  int black_box = fcntl(BLACK_BOX_FD, F_SETFD, FD_CLOEXEC) == 0 ? BLACK_BOX_FD : -1;
  worker_die_with_parent();
  set_allocator();
  norn_error error = {.struct_size = sizeof error};
  norn_attempt_options attempt = {
      .channel_fd = CHANNEL_FD,
      .black_box_fd = black_box,
      .context = &options,
      .prepare = prepare,
      .loaded = loaded,
  };
  norn_status status = norn_attempt_run(&attempt, &error);
  fflush(NULL);
  /* The end was told, unless it could not be: then the attempt's failure has no other way out. */
  _exit(status != NORN_OK && strcmp(error.domain, "norn.channel") == 0 ? NORN_EXIT_CHANNEL_LOST : NORN_EXIT_ENDED);
}
