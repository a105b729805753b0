/* zip: two tables side by side, partition by partition. What the kernel sees:
   - INNER, LEFT, OUTER: batches of equal rows and equal keys; a missing side has validity 0 and an empty value.
   - ANTI: left rows alone, right is NULL.
   - COGROUP: both sides' rows of one key range, either may have no rows; equal keys are always in the same step. */
#include "align.h"

typedef struct zip_operation {
  tables_operation base;
  tables_table *left;
  tables_table *right;
  tables_table *output;
  tables_shuffle *shuffle; /* NULL: rows stay in their partition */
  const norn_kernel *kernel; /* NULL with ANTI: left rows as they are */
  const norn_kernel_reference *reference;
  uint32_t mode;
} zip_operation;

/* one partition's zip */
typedef struct zip_run {
  zip_operation *operation;
  tables_side left;
  tables_side right;
  tables_aligner aligner;
  tables_kernel_run kernel;
  tables_emission *emission;
} zip_run;

static norn_status step(zip_run *run, const norn_batch *left, const norn_batch *right, norn_error *error) {
  norn_status status = tables_operation_check(&run->operation->base, error);
  if (status != NORN_OK) return status;
  if (run->operation->kernel != NULL) {
    return tables_kernel_step(&run->kernel, left, right, run->emission, error);
  }
  if (run->emission->router != NULL) return tables_router_put(run->emission->router, left, error);
  return tables_partition_writer_batch(run->emission->writer, left, tables_batch_shape(left), true, error);
}

static norn_status step_aligned(zip_run *run, norn_error *error) {
  if (run->aligner.left.rows == 0) return NORN_OK;
  norn_batch left, right;
  tables_aligner_batches(&run->aligner, &left, &right);
  norn_status status = step(run, &left, run->operation->mode == NORN_ZIP_ANTI ? NULL : &right, error);
  tables_aligner_clear(&run->aligner);
  return status;
}

static norn_status add(zip_run *run, const tables_side *left, const tables_side *right, norn_error *error) {
  if (tables_aligner_full(&run->aligner, left, right)) {
    norn_status status = step_aligned(run, error);
    if (status != NORN_OK) return status;
  }
  return tables_aligner_add(&run->aligner, left, right, error);
}

/* the row with the lower key, or both when the keys are equal */
static norn_status align_row(zip_run *run, norn_error *error) {
  tables_side *left = &run->left, *right = &run->right;
  uint32_t mode = run->operation->mode;
  int order = left->ended ? 1 : right->ended ? -1
                          : tables_compare_rows(&left->batch, left->place, &right->batch, right->place);
  norn_status status = NORN_OK;
  if (order == 0 && mode != NORN_ZIP_ANTI) status = add(run, left, right, error);
  if (order < 0 && mode != NORN_ZIP_INNER) status = add(run, left, NULL, error);
  if (order > 0 && mode == NORN_ZIP_OUTER) status = add(run, NULL, right, error);
  if (order <= 0) left->place++;
  if (order >= 0) right->place++;
  return status;
}

/* batches with the same keys on both sides go to the kernel as they are; true when that was done */
static bool same_batches(const zip_run *run) {
  return run->left.place == 0 && run->right.place == 0 && run->left.batch.rows > 0 &&
         tables_same_keys(&run->left.batch, &run->right.batch);
}

static norn_status pass_batches(zip_run *run, norn_error *error) {
  norn_status status = step_aligned(run, error);
  if (status == NORN_OK && run->operation->mode != NORN_ZIP_ANTI) {
    status = step(run, &run->left.batch, &run->right.batch, error);
  }
  run->left.place = run->left.batch.rows;
  run->right.place = run->right.batch.rows;
  return status;
}

static bool align_ended(const zip_run *run) {
  uint32_t mode = run->operation->mode;
  if (mode == NORN_ZIP_OUTER) return run->left.ended && run->right.ended;
  return run->left.ended || (mode == NORN_ZIP_INNER && run->right.ended);
}

static norn_status align(zip_run *run, norn_error *error) {
  norn_status status = NORN_OK;
  while (status == NORN_OK && !align_ended(run)) {
    if ((status = tables_operation_check(&run->operation->base, error)) != NORN_OK) break;
    if (same_batches(run)) {
      status = pass_batches(run, error);
    } else {
      do {
        status = align_row(run, error);
      } while (status == NORN_OK && (run->left.ended || run->left.place < run->left.batch.rows) &&
               (run->right.ended || run->right.place < run->right.batch.rows));
    }
    if (status == NORN_OK) status = tables_side_fill(&run->left, error);
    if (status == NORN_OK) status = tables_side_fill(&run->right, error);
  }
  return status == NORN_OK ? step_aligned(run, error) : status;
}

/* the common key range of what both sides hold: up to the lower of their last keys */
static norn_status cogroup(zip_run *run, norn_error *error) {
  tables_side *left = &run->left, *right = &run->right;
  norn_status status = NORN_OK;
  while (status == NORN_OK && !(left->ended && right->ended)) {
    uint32_t left_end = left->batch.rows, right_end = right->batch.rows;
    if (left->ended) left_end = left->place;
    if (right->ended) right_end = right->place;
    if (!left->ended && !right->ended) {
      if (tables_compare_rows(&left->batch, left_end - 1, &right->batch, right_end - 1) <= 0) {
        right_end = tables_side_upto(right, &left->batch, left_end - 1);
      } else {
        left_end = tables_side_upto(left, &right->batch, right_end - 1);
      }
    }
    norn_batch left_rows = tables_slice(&left->batch, left->place, left_end);
    norn_batch right_rows = tables_slice(&right->batch, right->place, right_end);
    status = step(run, &left_rows, &right_rows, error);
    left->place = left_end;
    right->place = right_end;
    if (status == NORN_OK) status = tables_side_fill(left, error);
    if (status == NORN_OK) status = tables_side_fill(right, error);
  }
  return status;
}

static norn_status zip_rows(zip_operation *operation, uint32_t partition, tables_emission *emission,
                            norn_error *error) {
  zip_run run = {.operation = operation, .emission = emission};
  norn_status status = tables_aligner_open(&run.aligner, error);
  if (status == NORN_OK && operation->kernel != NULL) {
    status = tables_kernel_open(&run.kernel, operation->base.session, operation->kernel, operation->reference,
                                partition, operation->left->meta.spec.partitions, error);
  }
  if (status == NORN_OK) status = tables_side_open(&run.left, operation->left, partition, error);
  if (status == NORN_OK) status = tables_side_open(&run.right, operation->right, partition, error);
  if (status == NORN_OK) status = operation->mode == NORN_ZIP_COGROUP ? cogroup(&run, error) : align(&run, error);
  if (status == NORN_OK && operation->kernel != NULL) status = tables_kernel_finish(&run.kernel, emission, error);
  if (operation->kernel != NULL) tables_kernel_close(&run.kernel);
  if (run.left.cursor.table != NULL) tables_side_close(&run.left);
  if (run.right.cursor.table != NULL) tables_side_close(&run.right);
  tables_aligner_close(&run.aligner);
  return status;
}

static norn_status zip_partition(tables_operation *base, uint32_t partition, norn_error *error) {
  zip_operation *operation = (zip_operation *)base;
  tables_emission emission;
  if (operation->shuffle != NULL) {
    tables_router *router = &operation->shuffle->routers[partition];
    tables_emission_begin(&emission, operation->kernel, NULL, router);
    norn_status status = zip_rows(operation, partition, &emission, error);
    return status == NORN_OK ? tables_router_finish(router, error) : status;
  }
  tables_partition_writer writer;
  norn_status status = tables_partition_writer_open(&writer, operation->output, partition, error);
  tables_emission_begin(&emission, operation->kernel, &writer, NULL);
  if (status == NORN_OK) status = zip_rows(operation, partition, &emission, error);
  if (status == NORN_OK) status = tables_partition_writer_finish(&writer, error);
  tables_partition_writer_close(&writer);
  return status;
}

static bool same_placement(const norn_table_spec *a, const norn_table_spec *b) {
  return a->partitions == b->partitions && a->partitioner == b->partitioner;
}

/* replaces *moved by a temporary copy of it that lies as `target` does */
static norn_status move_to(tables_table **moved, const norn_table_spec *target, norn_error *error) {
  tables_session *session = (*moved)->session;
  uint64_t source, copy;
  atomic_fetch_add(&(*moved)->references, 1);
  norn_status status = tables_handle_make(session, *moved, &source, error);
  if (status != NORN_OK) {
    tables_table_unref(*moved);
    return status;
  }
  norn_table_spec spec = *target;
  spec.flags = NORN_TABLE_TEMPORARY;
  status = tables_engine_repartition(session, source, &spec, &copy, error);
  tables_engine_release(session, source);
  if (status != NORN_OK) return status;
  tables_table_unref(*moved);
  *moved = tables_handle_take(session, copy);
  return NORN_OK;
}

/* the side with fewer partitions moves; of equal ones the right */
static norn_status copartition(tables_table **left, tables_table **right, norn_error *error) {
  const norn_table_spec *l = &(*left)->meta.spec, *r = &(*right)->meta.spec;
  if (same_placement(l, r)) return NORN_OK;
  return l->partitions < r->partitions ? move_to(left, r, error) : move_to(right, l, error);
}

static norn_status run_zip(zip_operation *operation, tables_session *session, bool shuffled, norn_error *error) {
  uint32_t sources = operation->left->meta.spec.partitions;
  if (!shuffled) return tables_parallel(&operation->base, session, sources, zip_partition, error);
  tables_shuffle shuffle;
  norn_status status = tables_shuffle_open(&shuffle, session, &operation->output->meta.spec,
                                           TABLES_KEEP_FIRST_OF_LAST_SOURCE, sources, error);
  operation->shuffle = &shuffle;
  if (status == NORN_OK) status = tables_parallel(&operation->base, session, sources, zip_partition, error);
  if (status == NORN_OK) {
    status = tables_shuffle_write(shuffle.routers, sources, TABLES_KEEP_FIRST_OF_LAST_SOURCE, operation->output,
                                  NULL, NULL, error);
  }
  tables_shuffle_close(&shuffle);
  return status;
}

static norn_status check_zip(uint32_t mode, const norn_kernel_reference *reference, const norn_kernel **kernel,
                             norn_error *error) {
  if (mode < NORN_ZIP_INNER || mode > NORN_ZIP_COGROUP) {
    return tables_fail(error, NORN_INVALID_ARGUMENT, 0, "zip mode %u is unknown", mode);
  }
  if (mode == NORN_ZIP_ANTI && reference == NULL) return NORN_OK;
  return tables_kernel_resolve(reference, NORN_KERNEL_ZIP, kernel, error);
}

norn_status tables_engine_zip(void *opaque, uint64_t left_handle, uint64_t right_handle, uint32_t mode,
                              const norn_kernel_reference *reference, const norn_table_spec *spec, uint64_t *out,
                              norn_error *error) {
  tables_session *session = opaque;
  zip_operation operation = {.reference = reference, .mode = mode};
  tables_table *left = NULL, *right = NULL, *output;
  norn_table_spec checked;
  norn_status status = tables_session_check(session, error);
  if (status == NORN_OK && out == NULL) status = tables_fail(error, NORN_INVALID_ARGUMENT, 0, "no place for a handle");
  if (status == NORN_OK) status = check_zip(mode, reference, &operation.kernel, error);
  if (status == NORN_OK) status = tables_handle_sealed(session, left_handle, &left, error);
  if (status == NORN_OK) status = tables_handle_sealed(session, right_handle, &right, error);
  if (status == NORN_OK) status = copartition(&left, &right, error);
  if (status == NORN_OK) status = tables_spec_check(spec, &left->meta.spec, &checked, error);
  if (status == NORN_OK) status = tables_table_make(session, &checked, &output, error);
  if (status == NORN_OK) {
    operation.left = left, operation.right = right, operation.output = output;
    bool keeps = operation.kernel == NULL || (operation.kernel->flags & NORN_KERNEL_KEEPS_KEYS) != 0;
    bool shuffled = !keeps || !same_placement(&checked, &left->meta.spec);
    status = run_zip(&operation, session, shuffled, error);
    status = tables_operation_end(output, status, out, error);
  }
  if (left != NULL) tables_table_unref(left);
  if (right != NULL) tables_table_unref(right);
  return status;
}
