/* Files where the kernel has no Landlock: a mount namespace of the worker's own, in which all but its scratch folder can
   only be read. What the site's user may read, it may read too. */
#define _GNU_SOURCE
#include "sandbox.h"

#ifndef __linux__
worker_guard worker_restrict_mounts(const norn_start *start, const char **why) {
  (void)start;
  *why = "this system has no mount namespaces";
  return WORKER_UNSUPPORTED;
}
#else
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define READ_ONLY 1ull
#define NO_SET_USER_ID 2ull
#define WITH_ALL_BELOW 0x8000u /* AT_RECURSIVE */

/* As the kernel's header has it; that of an older system has none. */
typedef struct mount_attributes {
  uint64_t set, clear, propagation, user_namespace;
} mount_attributes;

static int change(const char *path, unsigned flags, uint64_t set, uint64_t clear) {
#ifdef SYS_mount_setattr
  mount_attributes attributes = {.set = set, .clear = clear};
  return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &attributes, sizeof attributes);
#else
  (void)path, (void)flags, (void)set, (void)clear;
  errno = ENOSYS;
  return -1;
#endif
}

/* The scratch folder becomes a mount of its own, so that it alone can stay writable. */
static int restrict_to(const char *scratch) {
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return -1;
  if (mount(scratch, scratch, NULL, MS_BIND, NULL) != 0) return -1;
  if (change("/", WITH_ALL_BELOW, READ_ONLY | NO_SET_USER_ID, 0) != 0) return -1;
  if (change(scratch, 0, 0, READ_ONLY) != 0) return -1;
  return chdir(scratch); /* the working folder is still the one below the new mount */
}

worker_guard worker_restrict_mounts(const norn_start *start, const char **why) {
  char scratch[PATH_BYTES];
  if (start->scratch.count == 0 || start->scratch.count >= sizeof scratch) {
    *why = "it has no scratch folder"; /* a plugin that only describes itself */
    return WORKER_UNSUPPORTED;
  }
  memcpy(scratch, start->scratch.data, start->scratch.count);
  scratch[start->scratch.count] = 0;
  if (unshare(CLONE_NEWNS) != 0) {
    *why = strerror(errno);
    return WORKER_UNSUPPORTED;
  }
  if (restrict_to(scratch) == 0) return WORKER_GUARDED;
  *why = strerror(errno);
  return WORKER_GUARD_FAILED;
}
#endif
