#define _GNU_SOURCE
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_NUMBER_MAX 10000000u /* tables that one scratch folder may ever have had */

static norn_status too_long(norn_error *error) {
  return tables_fail(error, NORN_INVALID_ARGUMENT, 0,
                     "a table's path is longer than %d bytes; use a shorter scratch", TABLES_PATH_MAX - 1);
}

static bool exists(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0;
}

norn_status tables_folder_make(const char *scratch, uint64_t *next, char path[TABLES_PATH_MAX],
                               norn_error *error) {
  char temporary[TABLES_PATH_MAX];
  int count = snprintf(path, TABLES_PATH_MAX, "%s/tables", scratch);
  if (count < 0 || count >= TABLES_PATH_MAX - 32) return too_long(error);
  if (mkdir(path, 0700) != 0 && errno != EEXIST)
    return tables_fail_errno(error, errno, "make the folder", path);
  for (uint64_t number = *next; number < FOLDER_NUMBER_MAX; number++) {
    snprintf(path + count, (size_t)(TABLES_PATH_MAX - count), "/%llu", (unsigned long long)number);
    snprintf(temporary, sizeof temporary, "%.*s.tmp", TABLES_PATH_MAX - 8, path);
    if (exists(path)) continue;
    if (mkdir(temporary, 0700) != 0) {
      if (errno == EEXIST) continue;
      return tables_fail_errno(error, errno, "make the folder", temporary);
    }
    if (exists(path)) { /* another session sealed this number between the two looks */
      rmdir(temporary);
      continue;
    }
    *next = number + 1;
    return NORN_OK;
  }
  return tables_fail(error, NORN_RESOURCE_EXHAUSTED, 0, "more than %u tables in %s", FOLDER_NUMBER_MAX,
                     scratch);
}

norn_status tables_folder_file(const char *folder, uint32_t partition, const char *suffix,
                               char path[TABLES_PATH_MAX], norn_error *error) {
  int count = snprintf(path, TABLES_PATH_MAX, "%s/p%05u.%s", folder, partition, suffix);
  return count < 0 || count >= (int)TABLES_PATH_MAX ? too_long(error) : NORN_OK;
}

norn_status tables_folder_write(const char *folder, const char *name, norn_bytes bytes, bool durable,
                                norn_error *error) {
  char path[TABLES_PATH_MAX];
  int length = snprintf(path, sizeof path, "%s/%s", folder, name);
  if (length < 0 || length >= (int)sizeof path) return too_long(error);
  int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return tables_fail_errno(error, errno, "make the file", path);
  uint64_t written = 0;
  norn_status status = NORN_OK;
  while (written < bytes.count && status == NORN_OK) {
    ssize_t count = write(file, bytes.data + written, bytes.count - written);
    if (count >= 0)
      written += (uint64_t)count;
    else if (errno != EINTR)
      status = tables_fail_errno(error, errno, "write", path);
  }
  if (status == NORN_OK && durable && fsync(file) != 0)
    status = tables_fail_errno(error, errno, "sync", path);
  if (close(file) != 0 && status == NORN_OK) status = tables_fail_errno(error, errno, "close", path);
  return status;
}

void tables_folder_begin_sync(const char *path) {
#ifdef SYNC_FILE_RANGE_WRITE
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE);
  close(file);
#else
  (void)path;
#endif
}

norn_status tables_folder_sync(const char *path, norn_error *error) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return tables_fail_errno(error, errno, "open", path);
  norn_status status = NORN_OK;
  if (fsync(file) != 0) status = tables_fail_errno(error, errno, "sync", path);
  close(file);
  return status;
}

static norn_status sync_parent(const char *path, norn_error *error) {
  char parent[TABLES_PATH_MAX];
  const char *slash = strrchr(path, '/');
  if (slash == NULL || (size_t)(slash - path) >= sizeof parent) return too_long(error);
  memcpy(parent, path, (size_t)(slash - path));
  parent[slash - path] = 0;
  return tables_folder_sync(parent[0] == 0 ? "/" : parent, error);
}

norn_status tables_folder_rename(const char *from, const char *to, bool durable, norn_error *error) {
  if (strcmp(from, to) != 0 && rename(from, to) != 0)
    return tables_fail_errno(error, errno, "seal the table", to);
  return durable ? sync_parent(to, error) : NORN_OK;
}

norn_status tables_folder_remove(const char *path, norn_error *error) {
  DIR *folder = opendir(path);
  if (folder == NULL) return errno == ENOENT ? NORN_OK : tables_fail_errno(error, errno, "remove", path);
  norn_status status = NORN_OK;
  /* meta goes first: what a kill leaves is then no table any more */
  if (unlinkat(dirfd(folder), "meta", 0) != 0 && errno != ENOENT) {
    status = tables_fail_errno(error, errno, "remove the files of", path);
  }
  for (struct dirent *entry; status == NORN_OK && (entry = readdir(folder)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (unlinkat(dirfd(folder), entry->d_name, 0) != 0 && errno != ENOENT) {
      status = tables_fail_errno(error, errno, "remove the files of", path);
    }
  }
  closedir(folder);
  if (status == NORN_OK && rmdir(path) != 0 && errno != ENOENT) {
    status = tables_fail_errno(error, errno, "remove", path);
  }
  return status;
}

norn_status tables_file_checksum(const char *path, uint64_t *file_bytes, uint64_t *checksum,
                                 norn_error *error) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return tables_fail_errno(error, errno, "open", path);
  uint8_t *buffer = malloc(TABLES_SPILL_BUFFER_BYTES);
  norn_status status = buffer == NULL ? tables_fail_memory(error, TABLES_SPILL_BUFFER_BYTES) : NORN_OK;
  tables_xxh64 hash;
  tables_xxh64_begin(&hash);
  while (status == NORN_OK) {
    ssize_t count = read(file, buffer, TABLES_SPILL_BUFFER_BYTES);
    if (count > 0) tables_xxh64_update(&hash, buffer, (uint64_t)count);
    if (count == 0) break;
    if (count < 0 && errno != EINTR) status = tables_fail_errno(error, errno, "read", path);
  }
  *file_bytes = hash.total;
  *checksum = tables_xxh64_end(&hash);
  free(buffer);
  close(file);
  return status;
}
