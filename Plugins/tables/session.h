/* A session of an engine: its scratch folder, options and tables by handle. Many threads may use one session. */
#ifndef TABLES_SESSION_H
#define TABLES_SESSION_H
#include <pthread.h>
#include <stdatomic.h>

#include "meta.h"
#include "router.h"

typedef struct tables_session tables_session;

typedef enum tables_state { TABLES_WRITING, TABLES_SEALED } tables_state;

typedef struct tables_reader {
  void *reader; /* of the store; NULL: not open */
  uint32_t uses;
  uint32_t _pad0;
} tables_reader;

/* Immutable once it is sealed, but for `published`, `durable` and `readers`, which `lock` guards. */
typedef struct tables_table {
  tables_session *session;
  _Atomic uint32_t references;
  tables_state state;
  bool made_here; /* its folder goes with its last reference unless it was published */
  bool published;
  bool durable;
  bool failed; /* a put went wrong: what was put is not known, sealing is refused */
  pthread_mutex_t lock;
  char *path; /* without ".tmp" */
  tables_meta meta;
  tables_reader *readers;
  tables_router router; /* while writing by put */
  tables_budget budget;
} tables_table;

typedef struct tables_slot {
  tables_table *table;
  uint32_t generation;
  uint32_t next_free;
} tables_slot;

struct tables_session {
  const tables_store *store;
  const norn_host *host;
  const norn_workers *workers; /* NULL: everything on the caller's thread */
  char *scratch;
  uint64_t memory_bytes;
  _Atomic uint32_t cancelled;
  _Atomic uint32_t open_readers;
  pthread_mutex_t lock; /* guards what follows */
  uint64_t next_folder;
  tables_slot *slots;
  uint32_t slot_count;
  uint32_t slot_capacity;
  uint32_t first_free;
  uint32_t generation_start;
  uint64_t tag; /* of this session's handles, so that those of another session are refused */
};

/* NORN_CANCELLED when the session was cancelled */
norn_status tables_session_check(tables_session *session, norn_error *error);

/* handles: 16 bits tag | 24 bits generation | 24 bits slot */
norn_status tables_handle_make(tables_session *session, tables_table *table, uint64_t *handle, norn_error *error);
/* a reference to the handle's table; the caller gives it back with tables_table_unref */
norn_status tables_handle_table(tables_session *session, uint64_t handle, tables_table **table, norn_error *error);
/* the same, refused when the table is not sealed yet */
norn_status tables_handle_sealed(tables_session *session, uint64_t handle, tables_table **table, norn_error *error);
/* ends the handle and gives its reference to the caller; NULL when stale */
tables_table *tables_handle_take(tables_session *session, uint64_t handle);

/* ---- tables (table.c) ---- */

/* checks what the caller wants; NULL or zero fields are taken from `like`, which may be NULL */
norn_status tables_spec_check(const norn_table_spec *spec, const norn_table_spec *like, norn_table_spec *out,
                              norn_error *error);
/* a table in a new folder; one reference, no handle */
norn_status tables_table_make(tables_session *session, const norn_table_spec *spec, tables_table **table,
                              norn_error *error);
void tables_table_unref(tables_table *table);
/* meta, syncs and the rename; after it the table is sealed */
norn_status tables_table_seal(tables_table *table, norn_error *error);
/* path of a partition's file, in the folder as it is named now */
norn_status tables_table_file(const tables_table *table, uint32_t partition, char path[TABLES_PATH_MAX],
                              norn_error *error);
norn_status tables_reader_acquire(tables_table *table, uint32_t partition, void **reader, norn_error *error);
void tables_reader_release(tables_table *table, uint32_t partition);
#endif
