/* A router takes unordered rows of one source and keeps them by target partition: in memory, and when the operation
   holds more than its memory limit, as sorted runs in a nameless file in scratch. A merge then gives one partition's
   rows of all routers in order. */
#ifndef TABLES_ROUTER_H
#define TABLES_ROUTER_H
#include <stdatomic.h>

#include "rows.h"

/* memory of all routers of one operation */
typedef struct tables_budget {
  uint64_t limit;
  _Atomic uint64_t used;
} tables_budget;

/* sorted rows in the spill file: u32 key bytes, u32 value bytes, key, value */
typedef struct tables_run {
  uint32_t partition;
  uint32_t _pad0;
  uint64_t offset;
  uint64_t rows;
} tables_run;

typedef struct tables_router {
  norn_table_spec spec;
  tables_keep keep;
  const char *scratch;
  tables_budget *budget;
  tables_rows *partitions;
  uint64_t bytes; /* memory held now */
  tables_run *runs;
  uint64_t run_count;
  uint64_t run_capacity;
  int file; /* -1: nothing was spilled */
  uint64_t file_bytes;
  const uint8_t *mapped;
} tables_router;

norn_status tables_router_open(tables_router *router, const norn_table_spec *spec, tables_keep keep,
                               const char *scratch, tables_budget *budget, norn_error *error);
/* a checked batch */
norn_status tables_router_put(tables_router *router, const norn_batch *batch, norn_error *error);
/* no more rows come: makes room when the operation is near its limit */
norn_status tables_router_finish(tables_router *router, norn_error *error);
/* frees one partition's rows; different partitions may be dropped by different threads */
void tables_router_drop(tables_router *router, uint32_t partition);
void tables_router_close(tables_router *router);

typedef struct tables_merge_source {
  const uint8_t *key;
  const uint8_t *value;
  uint32_t key_count;
  uint32_t value_count;
  uint64_t left; /* rows behind this one */
  const tables_row *memory;
  const uint8_t *file;
  uint32_t router;
  uint32_t order;
} tables_merge_source;

/* Rows of one partition, ascending; equal keys in the order (router, emission) or as `keep` says. */
typedef struct tables_merge {
  tables_keep keep;
  uint32_t count;
  tables_merge_source *sources;
  uint32_t *heap;
  uint32_t live;
  uint32_t _pad0;
} tables_merge;
norn_status tables_merge_open(tables_merge *merge, tables_router *routers, uint32_t count, uint32_t partition,
                              tables_keep keep, norn_error *error);
/* false at the end */
bool tables_merge_next(tables_merge *merge, const uint8_t **key, uint32_t *key_count, const uint8_t **value,
                       uint32_t *value_count);
void tables_merge_close(tables_merge *merge);
#endif
