/* An operation over partitions: parallel steps, kernels, and where what they emit goes. */
#ifndef TABLES_OPERATION_H
#define TABLES_OPERATION_H
#include "partition_writer.h"

typedef struct tables_operation tables_operation;
struct tables_operation {
  tables_session *session;
  norn_status (*body)(tables_operation *operation, uint32_t index, norn_error *error);
  _Atomic uint32_t failed;
  pthread_mutex_t lock; /* guards the failure */
  norn_status failure_status;
  uint32_t failure_index;
  norn_error failure;
};

/* runs body for 0 ..< count on the host's workers; the first failure stops the rest and is the result */
norn_status tables_parallel(tables_operation *operation, tables_session *session, uint32_t count,
                            norn_status (*body)(tables_operation *operation, uint32_t index, norn_error *error),
                            norn_error *error);
/* between batches: not NORN_OK when the session was cancelled or another partition failed */
norn_status tables_operation_check(tables_operation *operation, norn_error *error);

/* Batches of one partition, in order, nothing copied. */
typedef struct tables_cursor {
  tables_table *table;
  uint32_t partition;
  uint32_t _pad0;
  void *cursor;
  void *reader;
  tables_block_decoder decoder;
} tables_cursor;
norn_status tables_cursor_open(tables_cursor *cursor, tables_table *table, uint32_t partition, norn_error *error);
/* zero rows at the end; the batch lives until the next call */
norn_status tables_cursor_next(tables_cursor *cursor, norn_batch *batch, norn_error *error);
void tables_cursor_close(tables_cursor *cursor);

/* ---- kernels ---- */

/* the kernel behind a reference; refuses one that is not here, of another revision or another kind */
norn_status tables_kernel_resolve(const norn_kernel_reference *reference, uint32_t kind, const norn_kernel **kernel,
                                  norn_error *error);

/* Takes what a kernel emits: into the partition's writer, or into a router when the rows must move. */
typedef struct tables_emission {
  norn_emit emit;
  const norn_kernel *kernel;
  tables_partition_writer *writer; /* one of the two */
  tables_router *router;
  const norn_batch *input; /* of the step that is running: its keys need no second look */
} tables_emission;
void tables_emission_begin(tables_emission *emission, const norn_kernel *kernel, tables_partition_writer *writer,
                           tables_router *router);

/* A kernel's run over one partition. */
typedef struct tables_kernel_run {
  const norn_kernel *kernel;
  void *state;
  bool opened;
} tables_kernel_run;
norn_status tables_kernel_open(tables_kernel_run *run, tables_session *session, const norn_kernel *kernel,
                               const norn_kernel_reference *reference, uint32_t partition, uint32_t partitions,
                               norn_error *error);
norn_status tables_kernel_step(tables_kernel_run *run, const norn_batch *left, const norn_batch *right,
                               tables_emission *emission, norn_error *error);
norn_status tables_kernel_finish(tables_kernel_run *run, tables_emission *emission, norn_error *error);
void tables_kernel_close(tables_kernel_run *run);

/* ---- making a table out of routers (shuffle.c) ---- */

typedef struct tables_shuffle {
  tables_budget budget;
  uint32_t count;
  uint32_t opened;
  tables_router *routers; /* one a source */
} tables_shuffle;
norn_status tables_shuffle_open(tables_shuffle *shuffle, tables_session *session, const norn_table_spec *spec,
                                tables_keep keep, uint32_t sources, norn_error *error);
void tables_shuffle_close(tables_shuffle *shuffle);
/* writes every partition of `table` from the routers, through the group kernel when there is one */
norn_status tables_shuffle_write(tables_router *routers, uint32_t count, tables_keep keep, tables_table *table,
                                 const norn_kernel *group, const norn_kernel_reference *reference,
                                 norn_error *error);

/* seals a finished table and gives its handle, or removes it: always takes the caller's reference */
norn_status tables_operation_end(tables_table *table, norn_status status, uint64_t *out, norn_error *error);
#endif
