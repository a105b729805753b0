/* What the files of the interposer share. */
#ifndef NORN_INTERPOSER_WATCHED_H
#define NORN_INTERPOSER_WATCHED_H
#include <string.h>

#include "norn_interposer.h"

typedef struct watched_component {
  norn_component table; /* first: the component's functions get a pointer to it */
  const norn_component *original;
  const norn_watcher *watcher;
} watched_component;

typedef struct watched_kernel {
  norn_kernel table; /* first */
  const norn_kernel *original;
  const norn_watcher *watcher;
} watched_kernel;

/* The host of one instance, and what it gave out. */
typedef struct watched_host {
  norn_host table; /* first: host functions get a pointer to it */
  const norn_host *original;
  const norn_watcher *watcher;
  const norn_artifacts *artifacts;
  const norn_engine_access *engine_access;
  const norn_federation *federation;
  const norn_tracking *tracking;
  const norn_workers *workers;
  /* the session that the component sees */
  struct watched_session {
    const norn_engine *engine;
    void *session;
    struct watched_host *host;
  } session;
  norn_engine engine;
} watched_host;

static inline watched_host *watched_host_of(const norn_host *host) { return (watched_host *)host; }
static inline norn_string watched_text(const char *text) { return (norn_string){text, strlen(text)}; }

static inline norn_status watched_call(const watched_host *host, const char *call, norn_string detail,
                                       norn_error *error) {
  return host->watcher->before_call(host->watcher->context, call, detail, true, error);
}
static inline void watched_notice(const watched_host *host, const char *call) {
  host->watcher->before_call(host->watcher->context, call, watched_text(""), false, NULL);
}

/* watched_host.c */
void watched_host_make(watched_host *out, const norn_host *original, const norn_watcher *watcher);
/* watched_engine.c: the engine that the component sees, in place of host->session's */
void watched_engine_make(watched_host *host);
/* watched_kernel.c */
void watched_kernel_make(watched_kernel *out, const norn_kernel *original, const norn_watcher *watcher);

extern const norn_artifacts watched_artifacts;
extern const norn_engine_access watched_engine_access;
extern const norn_federation watched_federation;
extern const norn_tracking watched_tracking;
extern const norn_workers watched_workers;
#endif
