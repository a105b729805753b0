#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <errno.h>

#define SLOT_NONE 0xffffffffu
#define GENERATION_MASK 0xffffffu
#define SLOT_MASK 0xffffffu

norn_status tables_session_check(tables_session *session, norn_error *error) {
  if (session == NULL) return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "no session");
  if (!atomic_load_explicit(&session->cancelled, memory_order_relaxed)) return NORN_OK;
  return tables_fail(error, NORN_CANCELLED, 0, "the engine session was cancelled");
}

static norn_status set_option(void *context, norn_string name, uint64_t value, norn_error *error) {
  tables_session *session = context;
  if (name.count != 12 || memcmp(name.data, "memory_bytes", 12) != 0) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, NORN_ERROR_USER_FAULT,
                       "engine option %.*s is unknown; memory_bytes is the only one", (int)name.count,
                       name.data);
  }
  if (value < TABLES_MEMORY_MIN_BYTES || value > TABLES_MEMORY_MAX_BYTES) {
    return tables_fail(error, NORN_OUT_OF_RANGE, NORN_ERROR_USER_FAULT,
                       "engine option memory_bytes is %llu; it may be %llu to %llu",
                       (unsigned long long)value, (unsigned long long)TABLES_MEMORY_MIN_BYTES,
                       (unsigned long long)TABLES_MEMORY_MAX_BYTES);
  }
  session->memory_bytes = value;
  return NORN_OK;
}

static norn_status set_scratch(tables_session *session, norn_string scratch, norn_error *error) {
  if (scratch.data == NULL || scratch.count == 0 || scratch.data[0] != '/' ||
      scratch.count > TABLES_PATH_MAX - 64 || memchr(scratch.data, 0, scratch.count) != NULL) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0,
                       "the engine's scratch folder is not an absolute path");
  }
  session->scratch = strndup(scratch.data, scratch.count);
  if (session->scratch == NULL) return tables_fail_memory(error, scratch.count);
  struct stat status;
  if (stat(session->scratch, &status) != 0) {
    return tables_fail_errno(error, errno, "use the scratch folder", session->scratch);
  }
  if (S_ISDIR(status.st_mode)) return NORN_OK;
  return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "scratch %s is not a folder", session->scratch);
}

static norn_status set_up(tables_session *session, const norn_engine_options *options, norn_error *error) {
  norn_status status = set_scratch(session, options->scratch, error);
  if (status != NORN_OK) return status;
  status = tables_options_read(options->options, session, set_option, error);
  if (status != NORN_OK) return status;
  uint8_t random[8];
  status = session->host->random(session->host, random, sizeof random, error);
  if (status != NORN_OK) return status;
  uint64_t number = tables_load_big_endian(random);
  session->tag = (number & 0x7fff) | 0x8000;
  session->generation_start = (uint32_t)(number >> 16) & GENERATION_MASK;
  session->workers = session->host->get_extension(
      session->host, (norn_string){NORN_WORKERS_ID, sizeof(NORN_WORKERS_ID) - 1}, NORN_WORKERS_REVISION);
  return NORN_OK;
}

norn_status tables_engine_open(const norn_engine *engine, const norn_host *host,
                               const norn_engine_options *options, void **out, norn_error *error) {
  if (engine == NULL || host == NULL || out == NULL || options == NULL ||
      options->struct_size < NORN_ENGINE_OPTIONS_LEVEL_1_BYTES) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0,
                       "an engine session needs a host, options and a place");
  }
  tables_session *session = calloc(1, sizeof *session);
  if (session == NULL) return tables_fail_memory(error, sizeof *session);
  session->store = engine->context;
  session->host = host;
  session->memory_bytes = TABLES_MEMORY_DEFAULT_BYTES;
  session->first_free = SLOT_NONE;
  session->next_folder = 1;
  pthread_mutex_init(&session->lock, NULL);
  norn_status status = set_up(session, options, error);
  if (status != NORN_OK) {
    tables_engine_close(session);
    return status;
  }
  *out = session;
  return NORN_OK;
}

void tables_engine_cancel(void *opaque) {
  tables_session *session = opaque;
  if (session != NULL) atomic_store(&session->cancelled, 1);
}

void tables_engine_close(void *opaque) {
  tables_session *session = opaque;
  if (session == NULL) return;
  for (uint32_t i = 0; i < session->slot_count; i++) {
    if (session->slots[i].table != NULL) tables_table_unref(session->slots[i].table);
  }
  pthread_mutex_destroy(&session->lock);
  free(session->slots);
  free(session->scratch);
  free(session);
}

/* ---- handles ---- */

static bool grow(tables_session *session) {
  uint32_t capacity = session->slot_capacity == 0 ? 16 : session->slot_capacity * 2;
  tables_slot *grown = realloc(session->slots, capacity * sizeof *grown);
  if (grown == NULL) return false;
  session->slots = grown;
  session->slot_capacity = capacity;
  return true;
}

norn_status tables_handle_make(tables_session *session, tables_table *table, uint64_t *handle,
                               norn_error *error) {
  pthread_mutex_lock(&session->lock);
  uint32_t slot = session->first_free;
  bool full = slot == SLOT_NONE && session->slot_count == TABLES_HANDLES_MAX;
  if (full || (slot == SLOT_NONE && session->slot_count == session->slot_capacity && !grow(session))) {
    pthread_mutex_unlock(&session->lock);
    return tables_fail(error, NORN_RESOURCE_EXHAUSTED, 0,
                       "a session holds at most %u tables; release those that are not needed",
                       TABLES_HANDLES_MAX);
  }
  if (slot == SLOT_NONE) {
    slot = session->slot_count++;
    session->slots[slot].generation = session->generation_start;
  } else {
    session->first_free = session->slots[slot].next_free;
  }
  session->slots[slot].table = table;
  *handle = session->tag << 48 | (uint64_t)session->slots[slot].generation << 24 | slot;
  pthread_mutex_unlock(&session->lock);
  return NORN_OK;
}

/* the handle's slot, or NULL; with the lock held */
static tables_slot *find(tables_session *session, uint64_t handle) {
  uint32_t slot = (uint32_t)(handle & SLOT_MASK), generation = (uint32_t)(handle >> 24) & GENERATION_MASK;
  if (handle >> 48 != session->tag || slot >= session->slot_count) return NULL;
  tables_slot *found = &session->slots[slot];
  return found->table != NULL && found->generation == generation ? found : NULL;
}

norn_status tables_handle_table(tables_session *session, uint64_t handle, tables_table **table,
                                norn_error *error) {
  pthread_mutex_lock(&session->lock);
  tables_slot *slot = find(session, handle);
  *table = slot == NULL ? NULL : slot->table;
  if (slot != NULL) atomic_fetch_add(&slot->table->references, 1);
  pthread_mutex_unlock(&session->lock);
  if (*table != NULL) return NORN_OK;
  return tables_fail(error, NORN_NOT_FOUND, 0,
                     "table handle %016llx is not of this session, or its table was released",
                     (unsigned long long)handle);
}

norn_status tables_handle_sealed(tables_session *session, uint64_t handle, tables_table **table,
                                 norn_error *error) {
  norn_status status = tables_handle_table(session, handle, table, error);
  if (status != NORN_OK) return status;
  pthread_mutex_lock(&(*table)->lock);
  bool sealed = (*table)->state == TABLES_SEALED;
  pthread_mutex_unlock(&(*table)->lock);
  if (sealed) return NORN_OK;
  tables_table_unref(*table);
  *table = NULL;
  return tables_fail(error, NORN_FAILED_PRECONDITION, 0, "the table is still being written; seal it first");
}

tables_table *tables_handle_take(tables_session *session, uint64_t handle) {
  pthread_mutex_lock(&session->lock);
  tables_slot *slot = find(session, handle);
  tables_table *table = slot == NULL ? NULL : slot->table;
  if (slot != NULL) {
    slot->table = NULL;
    slot->generation = (slot->generation + 1) & GENERATION_MASK;
    slot->next_free = session->first_free;
    session->first_free = (uint32_t)(slot - session->slots);
  }
  pthread_mutex_unlock(&session->lock);
  return table;
}
