/* Stands between a plugin and its host: every call that a component makes to the host or to the engine, and every run
   of one of its kernels, is shown to a watcher first. The conformance kit counts, fails and records calls with it. */
#ifndef NORN_INTERPOSER_H
#define NORN_INTERPOSER_H
#include <stdbool.h>
#include <stdint.h>

#include "norn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Functions may be called from any thread, several at once. None may be NULL. */
typedef struct norn_watcher {
  void *context;
  /* Before a call is passed on, by its slot's name ("federation.send"). detail is what the call is about: an
     extension's id, a message's or an artifact's name; may be empty. Another status than NORN_OK fails the call with
     it, when can_fail. */
  norn_status (*before_call)(void *context, const char *call, norn_string detail, bool can_fail, norn_error *error);
  /* create was good; task lives until destroyed. */
  void (*created)(void *context, const norn_task *task);
  /* run returned; error is the caller's and filled when status is not NORN_OK. */
  void (*returned)(void *context, norn_status status, const norn_error *error);
  void (*destroyed)(void *context);
  /* A kernel was opened for a partition. The number that is given back names the run in what follows. */
  uint64_t (*kernel_opened)(void *context, const norn_kernel *kernel, norn_bytes closure, uint32_t partition,
                            uint32_t partitions);
  void (*kernel_stepped)(void *context, uint64_t run, const norn_batch *left, const norn_batch *right);
} norn_watcher;

/* A plugin whose components behave like those of the given one, watched. Engines are left out. Lives as long as the
   process, as what it stands for does. NULL: no memory. */
const norn_plugin *norn_interpose(const norn_plugin *plugin, const norn_watcher *watcher);

#ifdef __cplusplus
}
#endif
#endif
