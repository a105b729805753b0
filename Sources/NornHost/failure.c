#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "norn_host.h"

void norn_error_clear(norn_error *error) {
  if (error == NULL || error->struct_size < sizeof *error) return;
  memset(error, 0, sizeof *error);
  error->struct_size = sizeof *error;
}

norn_status norn_fail(norn_error *error, norn_status code, const char *domain, const char *format, ...) {
  if (error == NULL || error->struct_size < sizeof *error) return code;
  va_list arguments;
  norn_error_clear(error);
  error->code = code;
  snprintf(error->domain, sizeof error->domain, "%s", domain);
  va_start(arguments, format);
  int count = vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  if (count >= (int)sizeof error->message) {
    error->flags |= NORN_ERROR_TRUNCATED;
    count = (int)sizeof error->message - 1;
  }
  error->message_count = count < 0 ? 0 : (uint32_t)count;
  return code;
}
