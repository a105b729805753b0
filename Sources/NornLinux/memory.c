#define _GNU_SOURCE
#include "norn_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define MAPPED_ALLOCATION_BYTES (256 * 1024)
#define KEPT_FREE_BYTES (128 * 1024)

/* Where there is no memfd: a file that has no name as soon as it is open. */
static int unnamed_file(void) {
  char path[] = "/tmp/norn-XXXXXX";
  int fd = mkostemp(path, O_CLOEXEC);
  if (fd < 0) return -errno;
  unlink(path);
  return fd;
}

static int open_memory(const char *name) {
  int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  return fd >= 0 ? fd : unnamed_file();
}

int norn_linux_memory_file(const char *name, size_t count) {
  int fd = open_memory(name);
  if (fd < 0) return fd;
  if (ftruncate(fd, (off_t)count) == 0) return fd;
  int error = -errno;
  close(fd);
  return error;
}

int norn_linux_sealed_memory(const char *name, const void *bytes, size_t count) {
  int fd = open_memory(name);
  if (fd < 0) return fd;
  size_t written = 0;
  while (written < count) {
    ssize_t step = pwrite(fd, (const char *)bytes + written, count - written, (off_t)written);
    if (step < 0 && errno == EINTR) continue;
    if (step < 0) {
      int error = -errno;
      close(fd);
      return error;
    }
    written += (size_t)step;
  }
  /* The unnamed file has no seals: nobody else can open it, and readers of ours do not write. */
  fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  return fd;
}

int norn_linux_memory_seals(int fd) {
  int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0) return 0;
  int wanted = F_SEAL_SHRINK | F_SEAL_WRITE;
  return (seals & wanted) == wanted ? 1 : 2;
}

int64_t norn_linux_free_bytes(const char *path) {
  struct statvfs file_system;
  if (statvfs(path, &file_system) != 0) return -errno;
  return (int64_t)file_system.f_bavail * (int64_t)file_system.f_frsize;
}

void norn_linux_return_freed_memory(void) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, MAPPED_ALLOCATION_BYTES);
  mallopt(M_TRIM_THRESHOLD, KEPT_FREE_BYTES);
#endif
}

uint64_t norn_linux_allocated_bytes(void) {
#ifdef __GLIBC__
  struct mallinfo2 info = mallinfo2();
  return (uint64_t)info.uordblks + (uint64_t)info.hblkhd;
#else
  return 0;
#endif
}
