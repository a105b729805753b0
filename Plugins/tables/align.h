/* Two sorted streams of batches side by side: rows with equal keys aligned, or key ranges together (cogroup). */
#ifndef TABLES_ALIGN_H
#define TABLES_ALIGN_H
#include "operation.h"

/* one side of a zip: the rows of a batch from `place` on */
typedef struct tables_side {
  tables_cursor cursor;
  norn_batch batch;
  uint32_t place;
  bool ended;
} tables_side;

/* Rows of one key each, both sides: a side that lacks the key has an empty value and validity 0. */
typedef struct tables_aligner {
  tables_builder left;     /* keys and left values */
  tables_builder right;    /* right values; its keys stay empty, the batch takes the left's */
  uint8_t *left_validity;
  uint8_t *right_validity;
  bool left_missing;
  bool right_missing;
} tables_aligner;
norn_status tables_aligner_open(tables_aligner *aligner, norn_error *error);
void tables_aligner_close(tables_aligner *aligner);
/* NULL for a missing side */
norn_status tables_aligner_add(tables_aligner *aligner, const tables_side *left, const tables_side *right,
                               norn_error *error);
bool tables_aligner_full(const tables_aligner *aligner, const tables_side *left, const tables_side *right);
/* the aligned batches; they live until the aligner is cleared */
void tables_aligner_batches(const tables_aligner *aligner, norn_batch *left, norn_batch *right);
void tables_aligner_clear(tables_aligner *aligner);

norn_status tables_side_open(tables_side *side, tables_table *table, uint32_t partition, norn_error *error);
/* loads the next batch when this one is used up */
norn_status tables_side_fill(tables_side *side, norn_error *error);
void tables_side_close(tables_side *side);
/* rows of the batch from `place` on whose key is not above row `row` of `bound` */
uint32_t tables_side_upto(const tables_side *side, const norn_batch *bound, uint32_t row);
#endif
