/* Loading, entering and describing. */
#include "bad.h"

#if defined(BAD_SLOW) || defined(BAD_ENVIRONMENT) || defined(BAD_SIGNAL) || defined(BAD_FILE) || \
    defined(BAD_UMASK) || defined(BAD_THREAD) || defined(BAD_FOLDER)
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef BAD_THREAD
static void *idle(void *context) {
  for (;;) pause();
  return context;
}
#endif

__attribute__((constructor)) static void load(void) {
#ifdef BAD_SLOW
  usleep(300000);
#endif
#ifdef BAD_ENVIRONMENT
  setenv("NORN_BAD", "1", 1);
#endif
#ifdef BAD_SIGNAL
  signal(SIGUSR1, SIG_IGN);
#endif
#ifdef BAD_FILE
  if (open("/dev/null", O_RDONLY) < 0) abort();
#endif
#ifdef BAD_UMASK
  umask(0);
#endif
#ifdef BAD_FOLDER
  if (chdir("/") != 0) abort();
#endif
#ifdef BAD_THREAD
  pthread_t thread;
  pthread_create(&thread, NULL, idle, NULL);
#endif
}
#endif

static const norn_component *const components[] = {&bad_component};

static const norn_plugin plugin = {
    .struct_size = sizeof(norn_plugin),
    .level_min = 1,
    .level_built = NORN_LEVEL,
    .component_count = 1,
    .id = {"test.bad", 8},
#ifdef BAD_VERSION
    .version = {"9.9.9", 5},
#else
    .version = {"1.0.0", 5},
#endif
    .components = components,
};

#ifdef BAD_SYMBOLS
/* Seen by everybody, for want of a version script. */
norn_status bad_helper_that_everybody_sees(void) { return NORN_OK; }
#endif

norn_status norn_plugin_entry_1(const norn_host *host, uint32_t level_low, uint32_t level_high,
                                const norn_plugin **out, norn_error *error) {
  (void)host, (void)level_low, (void)level_high, (void)error;
#ifdef BAD_EQUAL_LEVEL
  if (level_high != NORN_LEVEL && level_low <= NORN_LEVEL)
    return bad_fail(error, NORN_FAILED_PRECONDITION, "built for exactly one level");
#endif
#ifdef BAD_EQUAL_SIZE
  if (host->struct_size != sizeof(norn_host)) return bad_fail(error, NORN_FAILED_PRECONDITION, "another host");
#endif
#ifdef BAD_MUTE_REFUSAL
  if (plugin.level_built < level_low || plugin.level_min > level_high) return NORN_FAILED_PRECONDITION;
#endif
#ifndef BAD_ANY_LEVEL
  if (plugin.level_built < level_low || plugin.level_min > level_high)
    return bad_fail(error, NORN_FAILED_PRECONDITION, "it works at level 1 only; the host speaks others");
#endif
#ifdef BAD_NEW_TABLE
  norn_plugin *copy = malloc(sizeof *copy);
  if (copy == NULL) return NORN_RESOURCE_EXHAUSTED;
  *copy = plugin;
  *out = copy;
#else
  *out = &plugin;
#endif
  return NORN_OK;
}

norn_string bad_text(const char *text) { return (norn_string){text, strlen(text)}; }

norn_status bad_fail(norn_error *error, norn_status code, const char *message) {
  if (error == NULL || error->struct_size < sizeof *error) return code;
  memset(error->domain, 0, sizeof error->domain);
  memset(error->message, 0, sizeof error->message);
  memcpy(error->domain, "bad", sizeof "bad");
  memcpy(error->message, message, strlen(message));
  error->code = code;
  error->flags = 0;
  error->error_id = 0;
  error->message_count = (uint32_t)strlen(message);
  return code;
}
