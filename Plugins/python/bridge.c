/* A plugin whose components are written in Python. Every plugin in Python has this library, beside its own files; which
   plugin it is, the library knows from where it lies. The tables that the host gets are made by norn.py, with ctypes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "interpreter.h"
#include "norn.h"
#include "sources.h"

enum { PATH_BYTES = 4096, STATEMENT_BYTES = 512 };
/* No status of the ABI: norn.py did not come to give one. */
#define NOTHING_SAID UINT32_MAX

static norn_status fail(norn_error *error, norn_status code, const char *message) {
  if (error == NULL || error->struct_size < sizeof *error) return code;
  memset(error->domain, 0, sizeof error->domain);
  memset(error->message, 0, sizeof error->message);
  memcpy(error->domain, "norn.python", sizeof "norn.python");
  strncpy(error->message, message, sizeof error->message - 1);
  error->code = code;
  error->flags = 0;
  error->error_id = 0;
  error->message_count = (uint32_t)strlen(error->message);
  return code;
}

/* The folder that this library was loaded from. */
static int own_folder(char *folder) {
  Dl_info facts;
  if (dladdr((const void *)norn_plugin_entry_1, &facts) == 0 || facts.dli_fname == NULL) return 0;
  const char *slash = strrchr(facts.dli_fname, '/');
  if (slash == NULL || slash - facts.dli_fname >= PATH_BYTES) return 0;
  memcpy(folder, facts.dli_fname, (size_t)(slash - facts.dli_fname));
  folder[slash - facts.dli_fname] = 0;
  return 1;
}

norn_status norn_plugin_entry_1(const norn_host *host, uint32_t level_low, uint32_t level_high,
                                const norn_plugin **out, norn_error *error) {
  static const norn_plugin *table; /* The host enters on one thread; every entry answers with the same table. */
  char folder[PATH_BYTES];
  char statement[STATEMENT_BYTES];
  const char *why = NULL;
  norn_status status = NOTHING_SAID;
  if (NORN_LEVEL < level_low || NORN_LEVEL > level_high)
    return fail(error, NORN_FAILED_PRECONDITION, "the bridge is built for another level of the plugin interface");
  if (table != NULL) {
    *out = table;
    return NORN_OK;
  }
  if (!own_folder(folder)) return fail(error, NORN_INTERNAL, "the bridge does not know where it was loaded from");
  if (!interpreter_start(&why)) return fail(error, NORN_FAILED_PRECONDITION, why);
  /* Addresses cross as numbers: norn.py turns them into ctypes' pointers. */
  snprintf(statement, sizeof statement, "import norn\nnorn._enter(%llu, %llu, %llu, %llu, %llu)\n",
           (unsigned long long)(uintptr_t)host, (unsigned long long)(uintptr_t)folder,
           (unsigned long long)(uintptr_t)out, (unsigned long long)(uintptr_t)error,
           (unsigned long long)(uintptr_t)&status);
  if (!interpreter_add_module("norn_abi", norn_abi_source) ||
      !interpreter_add_module("norn_cbor", norn_cbor_source) || !interpreter_add_module("norn", norn_source) ||
      !interpreter_run(statement))
    status = NOTHING_SAID;
  interpreter_let_go();
  if (status == NORN_OK) table = *out;
  if (status != NOTHING_SAID) return status;
  return fail(error, NORN_INTERNAL, "Python could not run the bridge's own modules; the attempt's prints say why");
}
