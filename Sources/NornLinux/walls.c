/* What this kernel has to keep a worker in. */
#define _GNU_SOURCE
#include "norn_linux.h"

#include <sys/syscall.h>
#include <unistd.h>

/* As the kernel's header names it; that of an older system has not this call at all. */
#define CREATE_RULESET_VERSION 1u

int norn_linux_landlock_version(void) {
#ifdef SYS_landlock_create_ruleset
  long version = syscall(SYS_landlock_create_ruleset, (void *)0, 0, CREATE_RULESET_VERSION);
  return version < 0 ? 0 : (int)version;
#else
  return 0;
#endif
}
