/* Typed failures: what went wrong, where, and what to do, in the caller's 512 bytes. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine_tables.h"

#define TABLES_ERROR_DOMAIN "norn.engine"

norn_status tables_fail(norn_error *error, norn_status code, uint32_t flags, const char *format, ...) {
  if (error == NULL || error->struct_size < sizeof(norn_error)) return code;
  error->code = code;
  error->flags = flags;
  error->error_id = 0;
  memset(error->domain, 0, sizeof error->domain);
  memcpy(error->domain, TABLES_ERROR_DOMAIN, sizeof TABLES_ERROR_DOMAIN);
  va_list arguments;
  va_start(arguments, format);
  int count = vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  if (count < 0) count = 0;
  if ((size_t)count >= sizeof error->message) {
    count = (int)sizeof error->message - 1;
    error->flags |= NORN_ERROR_TRUNCATED;
  }
  error->message_count = (uint32_t)count;
  return code;
}

norn_status tables_fail_errno(norn_error *error, int number, const char *what, const char *path) {
  norn_status code = NORN_INTERNAL;
  const char *advice = "";
  switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EIO:
      code = NORN_RESOURCE_EXHAUSTED;
      advice = "; free space on that file system";
      break;
    case ENOMEM:
      code = NORN_RESOURCE_EXHAUSTED;
      advice = "; give the task more memory";
      break;
    case EMFILE:
    case ENFILE:
      code = NORN_RESOURCE_EXHAUSTED;
      advice = "; raise the limit of open files or use fewer partitions";
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = NORN_PERMISSION_DENIED;
      break;
    case ENOENT:
    case ENOTDIR:
      code = NORN_NOT_FOUND;
      break;
    case EEXIST:
      code = NORN_ALREADY_EXISTS;
      break;
    default:
      break;
  }
  char text[128];
  const char *reason = strerror_r(number, text, sizeof text);
  return tables_fail(error, code, NORN_ERROR_HOST_FAULT, "%s %s: %s%s", what, path, reason, advice);
}

norn_status tables_fail_memory(norn_error *error, uint64_t bytes) {
  return tables_fail(error, NORN_RESOURCE_EXHAUSTED, NORN_ERROR_HOST_FAULT,
                     "no memory for %llu bytes; give the task more memory or lower the engine option memory_bytes",
                     (unsigned long long)bytes);
}
