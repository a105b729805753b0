/* The host's own table, watched. */
#include "watched.h"

static const void *get_extension(const norn_host *host, norn_string id, uint32_t revision) {
  watched_host *watched = watched_host_of(host);
  const struct {
    const char *id;
    const void **place;
    const void *table;
  } known[] = {
      {NORN_ARTIFACTS_ID, (const void **)&watched->artifacts, &watched_artifacts},
      {NORN_ENGINE_ACCESS_ID, (const void **)&watched->engine_access, &watched_engine_access},
      {NORN_FEDERATION_ID, (const void **)&watched->federation, &watched_federation},
      {NORN_TRACKING_ID, (const void **)&watched->tracking, &watched_tracking},
      {NORN_WORKERS_ID, (const void **)&watched->workers, &watched_workers},
  };
  if (watched_call(watched, "get_extension", id, NULL) != NORN_OK) return NULL;
  const void *given = watched->original->get_extension(watched->original, id, revision);
  if (given == NULL) return NULL;
  for (uint32_t i = 0; i < sizeof known / sizeof *known; i++)
    if (id.count == strlen(known[i].id) && memcmp(id.data, known[i].id, id.count) == 0) {
      *known[i].place = given;
      return known[i].table;
    }
  return NULL; /* an extension that this kit does not know is one that this host does not have */
}

static void log_text(const norn_host *host, uint32_t severity, norn_string text) {
  const watched_host *watched = watched_host_of(host);
  watched_notice(watched, "log");
  watched->original->log(watched->original, severity, text);
}

static void *alloc(const norn_host *host, uint64_t count, uint64_t alignment) {
  const watched_host *watched = watched_host_of(host);
  if (watched_call(watched, "alloc", watched_text(""), NULL) != NORN_OK) return NULL;
  return watched->original->alloc(watched->original, count, alignment);
}

static void dealloc(const norn_host *host, void *pointer, uint64_t count, uint64_t alignment) {
  const watched_host *watched = watched_host_of(host);
  watched_notice(watched, "dealloc");
  watched->original->dealloc(watched->original, pointer, count, alignment);
}

static uint64_t monotonic_nanoseconds(const norn_host *host) {
  const watched_host *watched = watched_host_of(host);
  watched_notice(watched, "monotonic_nanoseconds");
  return watched->original->monotonic_nanoseconds(watched->original);
}

static uint64_t unix_nanoseconds(const norn_host *host) {
  const watched_host *watched = watched_host_of(host);
  watched_notice(watched, "unix_nanoseconds");
  return watched->original->unix_nanoseconds(watched->original);
}

static norn_status random_bytes(const norn_host *host, uint8_t *out, uint64_t count, norn_error *error) {
  const watched_host *watched = watched_host_of(host);
  norn_status status = watched_call(watched, "random", watched_text(""), error);
  if (status != NORN_OK) return status;
  return watched->original->random(watched->original, out, count, error);
}

void watched_host_make(watched_host *out, const norn_host *original, const norn_watcher *watcher) {
  memset(out, 0, sizeof *out);
  out->table = (norn_host){sizeof(norn_host), original->level, out, get_extension, log_text, alloc, dealloc,
                           monotonic_nanoseconds, unix_nanoseconds, random_bytes};
  out->original = original;
  out->watcher = watcher;
  out->session.host = out;
}
