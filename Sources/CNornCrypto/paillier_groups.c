/* Sums of ciphertexts by group, for many columns over the same rows (a histogram of encrypted labels). A block
 * of rows enters the inner form once for all columns. In a column the ciphertexts of each group are multiplied
 * in pairs, then the products in pairs, and so on: all pairs of a round are independent, so the lanes are
 * always full and a row costs one multiplication, however few groups there are. */
#include <stdlib.h>
#include <string.h>

#include "paillier.h"

/* Rows whose inner forms are kept at once: at 2048 bits 2.6 MB a thread, and half as much for products. */
#define BLOCK_ROWS 4096

typedef struct group_work {
  const norn_paillier_public *key;
  size_t element;      /* words of an element */
  uint64_t *rows;      /* [row] elements of the block */
  uint64_t *products;  /* [row] elements: room for a column's products */
  size_t used;         /* products of the column so far */
  uint64_t *totals;    /* [group] elements */
  uint8_t *started;    /* [group]: has a total */
  uint64_t *lanes;
  uint64_t **terms;    /* [row]: what is left to multiply, group after group */
  uint32_t *starts;    /* [group + 1]: where a group's terms begin */
  uint32_t *counts;    /* [group]: how many are left */
  size_t groups, block_rows, pending;
  const uint64_t *left[NORN_LANES], *right[NORN_LANES];
  uint64_t *out[NORN_LANES];
} group_work;

static void work_free(group_work *work) {
  norn_words_free(work->rows, work->block_rows * work->element);
  norn_words_free(work->products, work->block_rows * work->element);
  norn_words_free(work->totals, work->groups * work->element);
  norn_words_free(work->lanes, norn_lanes_words(&work->key->square));
  free(work->started);
  free(work->terms);
  free(work->starts);
  free(work->counts);
}

static int work_init(group_work *work, const norn_paillier_public *key, size_t rows, size_t groups) {
  memset(work, 0, sizeof *work);
  work->key = key;
  work->element = key->square.element;
  work->groups = groups;
  work->block_rows = rows < BLOCK_ROWS ? rows : BLOCK_ROWS;
  work->rows = norn_words_alloc(work->block_rows * work->element);
  work->products = norn_words_alloc(work->block_rows * work->element);
  work->totals = norn_words_alloc(groups * work->element);
  work->lanes = norn_words_alloc(norn_lanes_words(&key->square));
  work->started = calloc(groups, 1);
  work->terms = calloc(work->block_rows, sizeof *work->terms);
  work->starts = calloc(groups + 1, sizeof *work->starts);
  work->counts = calloc(groups, sizeof *work->counts);
  return work->rows && work->products && work->totals && work->lanes && work->started && work->terms &&
                 work->starts && work->counts
             ? 0
             : -1;
}

static void enter_block(const group_work *work, const uint64_t *cipher, size_t rows) {
  const size_t words = work->key->limbs * 2;
  for (size_t first = 0; first < rows; first += NORN_LANES) {
    const uint64_t *source[NORN_LANES] = {0};
    uint64_t *target[NORN_LANES] = {0};
    for (size_t i = 0; i < NORN_LANES && first + i < rows; i++) {
      source[i] = cipher + (first + i) * words;
      target[i] = work->rows + (first + i) * work->element;
    }
    norn_lanes_enter(&work->key->square, work->lanes, source);
    norn_lanes_scatter(&work->key->square, work->lanes, target);
  }
}

static void flush(group_work *work) {
  if (work->pending == 0) return;
  for (size_t i = work->pending; i < NORN_LANES; i++) {
    work->left[i] = work->right[i] = NULL;
    work->out[i] = NULL;
  }
  norn_lanes_gather(&work->key->square, work->lanes, work->left);
  norn_lanes_multiply_elements(&work->key->square, work->lanes, work->right);
  norn_lanes_scatter(&work->key->square, work->lanes, work->out);
  work->pending = 0;
}

/* out = left * right at the latest when the round is flushed; left NULL is 1. */
static void multiply(group_work *work, const uint64_t *left, const uint64_t *right, uint64_t *out) {
  work->left[work->pending] = left;
  work->right[work->pending] = right;
  work->out[work->pending] = out;
  if (++work->pending == NORN_LANES) flush(work);
}

static int is_row(const group_work *work, const uint64_t *term) {
  return term >= work->rows && term < work->rows + work->block_rows * work->element;
}

/* Where the product of two terms goes: over one that is a product already. */
static uint64_t *place(group_work *work, uint64_t *left, uint64_t *right) {
  if (!is_row(work, left)) return left;
  if (!is_row(work, right)) return right;
  return work->products + work->used++ * work->element;
}

/* Puts the block's rows in the order of their groups. Returns 0, or -1 for a group that is not there. */
static int sort_terms(group_work *work, const int32_t *groups, size_t rows) {
  memset(work->counts, 0, work->groups * sizeof *work->counts);
  for (size_t row = 0; row < rows; row++) {
    if (groups[row] < 0) continue;
    if ((size_t)groups[row] >= work->groups) return -1;
    work->counts[groups[row]]++;
  }
  work->starts[0] = 0;
  for (size_t group = 0; group < work->groups; group++) {
    work->starts[group + 1] = work->starts[group] + work->counts[group];
    work->counts[group] = 0;
  }
  for (size_t row = 0; row < rows; row++) {
    if (groups[row] < 0) continue;
    const size_t group = (size_t)groups[row];
    work->terms[work->starts[group] + work->counts[group]++] = work->rows + row * work->element;
  }
  return 0;
}

static int add_column(group_work *work, const int32_t *groups, size_t rows) {
  if (sort_terms(work, groups, rows) != 0) return -1;
  work->used = 0;
  for (int more = 1; more;) {
    more = 0;
    for (size_t group = 0; group < work->groups; group++) {
      uint64_t **terms = work->terms + work->starts[group];
      const uint32_t count = work->counts[group];
      if (count < 2) continue;
      for (uint32_t pair = 0; pair < count / 2; pair++) {
        uint64_t *product = place(work, terms[2 * pair], terms[2 * pair + 1]);
        multiply(work, terms[2 * pair], terms[2 * pair + 1], product);
        terms[pair] = product;
      }
      if (count % 2) terms[count / 2] = terms[count - 1];
      work->counts[group] = (count + 1) / 2;
      more = 1;
    }
    flush(work);
  }
  for (size_t group = 0; group < work->groups; group++) {
    if (work->counts[group] == 0) continue;
    uint64_t *total = work->totals + group * work->element;
    multiply(work, work->started[group] ? total : NULL, work->terms[work->starts[group]], total);
    work->started[group] = 1;
  }
  flush(work);
  return 0;
}

static void leave(const group_work *work, uint64_t *out) {
  const size_t words = work->key->limbs * 2;
  for (size_t first = 0; first < work->groups; first += NORN_LANES) {
    const uint64_t *source[NORN_LANES] = {0};
    uint64_t *target[NORN_LANES] = {0};
    for (size_t i = 0; i < NORN_LANES && first + i < work->groups; i++) {
      if (work->started[first + i]) source[i] = work->totals + (first + i) * work->element;
      target[i] = out + (first + i) * words;
    }
    norn_lanes_gather(&work->key->square, work->lanes, source);
    norn_lanes_leave(&work->key->square, work->lanes, target);
  }
}

norn_crypto_status norn_paillier_group_sums(const norn_paillier_public *key, const uint64_t *cipher,
                                            size_t rows, const int32_t *groups, size_t stride,
                                            size_t columns, size_t group_count, uint64_t *out) {
  if (group_count == 0) return NORN_CRYPTO_OK;
  if (stride < rows || group_count > UINT32_MAX / 2) return NORN_CRYPTO_BAD_ARGUMENT;
  group_work work;
  norn_crypto_status status = NORN_CRYPTO_NO_MEMORY;
  if (work_init(&work, key, rows, group_count) == 0) {
    status = NORN_CRYPTO_OK;
    for (size_t first = 0; first < rows && status == NORN_CRYPTO_OK; first += BLOCK_ROWS) {
      const size_t some = rows - first < BLOCK_ROWS ? rows - first : BLOCK_ROWS;
      enter_block(&work, cipher + first * key->limbs * 2, some);
      for (size_t column = 0; column < columns && status == NORN_CRYPTO_OK; column++)
        if (add_column(&work, groups + column * stride + first, some) != 0) status = NORN_CRYPTO_BAD_ARGUMENT;
    }
    if (status == NORN_CRYPTO_OK) leave(&work, out);
  }
  work_free(&work);
  return status;
}
