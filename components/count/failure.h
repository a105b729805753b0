#ifndef COUNT_FAILURE_H
#define COUNT_FAILURE_H
#include <string.h>

#include "norn.h"

/* Fills the caller's error and gives the status to return. */
static inline norn_status count_fail(norn_error *error, norn_status code, uint32_t flags, const char *message) {
  if (error == NULL || error->struct_size < sizeof *error) return code;
  memset(error->domain, 0, sizeof error->domain);
  memset(error->message, 0, sizeof error->message);
  memcpy(error->domain, "count", sizeof "count");
  strncpy(error->message, message, sizeof error->message - 1);
  error->code = code;
  error->flags = flags;
  error->error_id = 0;
  error->message_count = (uint32_t)strlen(error->message);
  return code;
}

#endif
