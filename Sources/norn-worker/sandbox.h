/* What the worker takes from itself before it loads a plugin. Each part is a file with a plain fallback for systems
   that lack it; what could not be had is told in the attempt's log. */
#ifndef NORN_WORKER_SANDBOX_H
#define NORN_WORKER_SANDBOX_H
#include <stdbool.h>

#include "norn_host.h"

typedef struct worker_options {
  bool backtrace;
  int status_fd; /* of the watchdog, opened before files are out of reach */
  norn_black_box *box;
} worker_options;

typedef enum worker_guard { WORKER_GUARDED, WORKER_UNSUPPORTED, WORKER_GUARD_FAILED } worker_guard;

norn_status worker_apply_sandbox(worker_options *options, norn_attempt *attempt, const norn_start *start,
                                 norn_error *error);

/* The process is killed when the thread that started it ends: the belt to the channel's braces. */
void worker_die_with_parent(void);
/* No new privileges; with false from the kernel nothing else holds either. */
bool worker_give_up_privileges(bool backtrace);
/* memory_bytes 0: no limit */
void worker_limit_resources(uint64_t memory_bytes, uint32_t cores);
worker_guard worker_restrict_files(const norn_start *start, const char **why);
bool worker_has_file_rules(void);
/* Where there are no file rules; needs the privileges that are given up afterwards. */
worker_guard worker_restrict_mounts(const norn_start *start, const char **why);
/* network: sockets too */
worker_guard worker_restrict_calls(bool network, const char **why);
/* Notes refused calls in the black box. Before the filter, and again after load: a plugin's runtime may replace
   handlers. */
void worker_install_denial_handler(norn_black_box *box);

/* -1 where the reading cannot be had */
int worker_open_memory_status(void);
void worker_start_watchdog(norn_black_box *box, int status_fd, uint64_t memory_bytes);
/* On the run thread, after load: a Swift runtime may replace handlers then. */
void worker_install_crash_handler(norn_black_box *box, bool backtrace);
#endif
