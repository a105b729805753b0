/* A table's folder: made as <scratch>/tables/<n>.tmp, sealed by a rename to <scratch>/tables/<n>. */
#ifndef TABLES_FOLDER_H
#define TABLES_FOLDER_H
#include "engine_tables.h"
#include "limits.h"

/* makes the first free <scratch>/tables/<n>.tmp with n >= *next; *next is then n + 1. `path` is without
 * ".tmp". */
norn_status tables_folder_make(const char *scratch, uint64_t *next, char path[TABLES_PATH_MAX],
                               norn_error *error);
/* file of a partition; `folder` as it is named now */
norn_status tables_folder_file(const char *folder, uint32_t partition, const char *suffix,
                               char path[TABLES_PATH_MAX], norn_error *error);
norn_status tables_folder_write(const char *folder, const char *name, norn_bytes bytes, bool durable,
                                norn_error *error);
/* Lets a file's pages go to the disk and waits for nothing; the sync that follows has less to wait for. */
void tables_folder_begin_sync(const char *path);
norn_status tables_folder_sync(const char *path, norn_error *error);
norn_status tables_folder_rename(const char *from, const char *to, bool durable, norn_error *error);
/* removes the folder and its files; what is missing is no error */
norn_status tables_folder_remove(const char *path, norn_error *error);
#endif
