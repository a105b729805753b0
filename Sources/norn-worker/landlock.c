/* Files: write only under scratch; read only what plugins, the loader and the inputs need. */
#define _GNU_SOURCE
#include "sandbox.h"

#ifndef __linux__
bool worker_has_file_rules(void) { return false; }

worker_guard worker_restrict_files(const norn_start *start, const char **why) {
  (void)start;
  *why = "this system has no Landlock";
  return WORKER_UNSUPPORTED;
}
#else
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_BYTES 4096

/* Rights that later kernels know and this machine's header may not. */
#define RIGHT_REFER (1ull << 13)
#define RIGHT_TRUNCATE (1ull << 14)
#define RIGHT_IOCTL_DEVICE (1ull << 15)
#define NETWORK_RIGHTS 3ull /* to bind and to connect TCP */
#define SCOPES 3ull         /* abstract sockets of others, and signals to others */

/* As the kernel's header of today has it; an older kernel takes the beginning. */
typedef struct ruleset_attributes {
  uint64_t files, network, scoped;
} ruleset_attributes;
#define FILE_RIGHTS_OF_FIRST_VERSION ((1ull << 13) - 1)
#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RIGHTS_OF_A_FILE \
  (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | RIGHT_TRUNCATE)
/* No devices, sockets or pipes by name, no programs. */
#define SCRATCH_RIGHTS                                                                              \
  (READ_RIGHTS | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                    \
   LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |     \
   RIGHT_REFER | RIGHT_TRUNCATE)

static const char *const system_paths[] = {
    "/lib",        "/lib64",        "/usr/lib",   "/usr/lib64",    "/usr/local/lib", "/etc/ld.so.cache",
    "/proc/self",  "/proc/cpuinfo", "/proc/stat", "/proc/meminfo", "/dev/null",      "/dev/zero",
    "/dev/random", "/dev/urandom",  "/etc/localtime", "/usr/share/zoneinfo", "/sys/devices/system/cpu",
};

typedef struct rules {
  int fd;
  uint64_t handled;
} rules;

/* A path that is not there gets no rule: nothing behind it can be opened either. */
static void allow(const rules *set, const char *path, uint64_t rights) {
  struct stat facts;
  struct landlock_path_beneath_attr rule = {.allowed_access = rights & set->handled};
  rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
  if (rule.parent_fd < 0) return;
  if (fstat(rule.parent_fd, &facts) == 0) {
    if (!S_ISDIR(facts.st_mode)) rule.allowed_access &= RIGHTS_OF_A_FILE;
    syscall(SYS_landlock_add_rule, set->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  }
  close(rule.parent_fd);
}

static void allow_text(const rules *set, norn_string text, uint64_t rights) {
  char path[PATH_BYTES];
  if (text.count == 0 || text.count >= sizeof path || text.data[0] != '/') return;
  memcpy(path, text.data, text.count);
  path[text.count] = 0;
  allow(set, path, rights);
}

/* A library's folder, for the dependencies that lie beside it. */
static void allow_folder_of(const rules *set, norn_string path) {
  while (path.count > 1 && path.data[path.count - 1] != '/') path.count--;
  allow_text(set, path, READ_RIGHTS);
}

static void allow_inputs(const rules *set, const norn_start *start) {
  norn_cbor item;
  const uint8_t *position = NULL;
  while (norn_cbor_next(&start->inputs, &position, &item)) {
    norn_cbor path = norn_cbor_get(&item, "path"), descriptor = norn_cbor_get(&item, "descriptor");
    norn_bytes bytes = norn_cbor_bytes(&descriptor);
    norn_string folder = {(const char *)bytes.data, bytes.count};
    allow_text(set, norn_cbor_string(&path), READ_RIGHTS);
    allow_text(set, folder, READ_RIGHTS); /* the built-in engines' descriptor is a folder's path */
  }
}

static void allow_what_was_given(const rules *set, const norn_start *start) {
  norn_cbor item;
  const uint8_t *position = NULL;
  allow_folder_of(set, start->component_plugin.path);
  allow_folder_of(set, start->engine_plugin.path);
  while (norn_cbor_next(&start->foreign_engines, &position, &item)) {
    norn_cbor path = norn_cbor_get(&item, "path");
    allow_folder_of(set, norn_cbor_string(&path));
  }
  position = NULL;
  while (norn_cbor_next(&start->read_paths, &position, &item)) allow_text(set, norn_cbor_string(&item), READ_RIGHTS);
  allow_inputs(set, start);
  allow_text(set, start->scratch, SCRATCH_RIGHTS);
  allow(set, "/dev/null", READ_RIGHTS | LANDLOCK_ACCESS_FS_WRITE_FILE);
}

bool worker_has_file_rules(void) {
  return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

worker_guard worker_restrict_files(const norn_start *start, const char **why) {
  ruleset_attributes attributes = {.files = FILE_RIGHTS_OF_FIRST_VERSION};
  size_t known = sizeof attributes.files;
  long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) {
    *why = strerror(errno);
    return WORKER_UNSUPPORTED;
  }
  if (version >= 2) attributes.files |= RIGHT_REFER;
  if (version >= 3) attributes.files |= RIGHT_TRUNCATE;
  if (version >= 5) attributes.files |= RIGHT_IOCTL_DEVICE;
  if (version >= 4) {
    known += sizeof attributes.network;
    if (start->sandbox_network) attributes.network = NETWORK_RIGHTS;
  }
  if (version >= 6) {
    known += sizeof attributes.scoped;
    attributes.scoped = SCOPES;
  }
  rules set = {(int)syscall(SYS_landlock_create_ruleset, &attributes, known, 0),
               attributes.files};
  if (set.fd < 0) {
    *why = strerror(errno);
    return WORKER_GUARD_FAILED;
  }
  for (size_t i = 0; i < sizeof system_paths / sizeof *system_paths; i++) allow(&set, system_paths[i], READ_RIGHTS);
  allow_what_was_given(&set, start);
  long failed = syscall(SYS_landlock_restrict_self, set.fd, 0);
  if (failed) *why = strerror(errno);
  close(set.fd);
  return failed ? WORKER_GUARD_FAILED : WORKER_GUARDED;
}
#endif
