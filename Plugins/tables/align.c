#include "align.h"

#include <stdlib.h>

#define VALIDITY_BYTES (TABLES_BLOCK_MAX_ROWS / 8)

norn_status tables_side_open(tables_side *side, tables_table *table, uint32_t partition, norn_error *error) {
  *side = (tables_side){.place = 0};
  norn_status status = tables_cursor_open(&side->cursor, table, partition, error);
  return status == NORN_OK ? tables_side_fill(side, error) : status;
}

norn_status tables_side_fill(tables_side *side, norn_error *error) {
  if (side->ended || side->place < side->batch.rows) return NORN_OK;
  side->place = 0;
  norn_status status = tables_cursor_next(&side->cursor, &side->batch, error);
  side->ended = side->batch.rows == 0;
  return status;
}

void tables_side_close(tables_side *side) { tables_cursor_close(&side->cursor); }

uint32_t tables_side_upto(const tables_side *side, const norn_batch *bound, uint32_t row) {
  uint32_t low = side->place, high = side->batch.rows;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (tables_compare_rows(&side->batch, middle, bound, row) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

norn_status tables_aligner_open(tables_aligner *aligner, norn_error *error) {
  *aligner = (tables_aligner){.left_missing = false};
  norn_status status = tables_builder_open(&aligner->left, error);
  if (status == NORN_OK) status = tables_builder_open(&aligner->right, error);
  if (status != NORN_OK) return status;
  aligner->left_validity = calloc(2, VALIDITY_BYTES);
  if (aligner->left_validity == NULL) return tables_fail_memory(error, 2 * VALIDITY_BYTES);
  aligner->right_validity = aligner->left_validity + VALIDITY_BYTES;
  return NORN_OK;
}

void tables_aligner_close(tables_aligner *aligner) {
  tables_builder_close(&aligner->left);
  tables_builder_close(&aligner->right);
  free(aligner->left_validity);
  aligner->left_validity = NULL;
}

void tables_aligner_clear(tables_aligner *aligner) {
  uint64_t used = (aligner->left.rows + 7u) / 8u;
  memset(aligner->left_validity, 0, used);
  memset(aligner->right_validity, 0, used);
  tables_builder_clear(&aligner->left);
  tables_builder_clear(&aligner->right);
  aligner->left_missing = aligner->right_missing = false;
}

static uint32_t value_bytes(const tables_side *side) {
  uint32_t count = 0;
  if (side != NULL) tables_value(&side->batch, side->place, &count);
  return count;
}

bool tables_aligner_full(const tables_aligner *aligner, const tables_side *left, const tables_side *right) {
  uint32_t key_count;
  const tables_side *present = left != NULL ? left : right;
  tables_key(&present->batch, present->place, &key_count);
  /* the right batch carries the left builder's keys: count them for both */
  uint64_t keys = aligner->left.key_offsets[aligner->left.rows] + (uint64_t)key_count;
  return tables_builder_full(&aligner->left, (uint64_t)key_count + value_bytes(left)) ||
         tables_builder_full(&aligner->right, keys + value_bytes(right));
}

norn_status tables_aligner_add(tables_aligner *aligner, const tables_side *left, const tables_side *right,
                               norn_error *error) {
  uint32_t row = aligner->left.rows, key_count, left_count = 0, right_count = 0;
  const tables_side *present = left != NULL ? left : right;
  const uint8_t *key = tables_key(&present->batch, present->place, &key_count);
  const uint8_t *left_value = left == NULL ? NULL : tables_value(&left->batch, left->place, &left_count);
  const uint8_t *right_value = right == NULL ? NULL : tables_value(&right->batch, right->place, &right_count);
  norn_status status = tables_builder_append(&aligner->left, key, key_count, left_value, left_count, error);
  if (status == NORN_OK) {
    status = tables_builder_append(&aligner->right, NULL, 0, right_value, right_count, error);
  }
  if (left != NULL) aligner->left_validity[row / 8] |= (uint8_t)(1u << (row % 8));
  else aligner->left_missing = true;
  if (right != NULL) aligner->right_validity[row / 8] |= (uint8_t)(1u << (row % 8));
  else aligner->right_missing = true;
  return status;
}

void tables_aligner_batches(const tables_aligner *aligner, norn_batch *left, norn_batch *right) {
  *left = tables_builder_batch(&aligner->left);
  *right = tables_builder_batch(&aligner->right);
  right->key_offsets = left->key_offsets;
  right->keys = left->keys;
  if (aligner->left_missing) left->validity = aligner->left_validity;
  if (aligner->right_missing) right->validity = aligner->right_validity;
}
