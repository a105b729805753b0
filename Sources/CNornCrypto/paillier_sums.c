/* Sums of ciphertexts scaled by signed integers, for many columns of scalars over the same rows (the gradient
 * of a linear model). Straus's method: odd powers of every row's ciphertext once, shared by all columns; each
 * column writes its scalars in width-w non-adjacent form and squares one accumulator a bit for a whole block
 * of rows. Negative digits have an accumulator of their own, inverted once, so a negative scalar costs what a
 * positive one does. Scalars are the caller's own data: time depends on them. */
#include <stdlib.h>
#include <string.h>

#include "paillier.h"

/* Rows whose powers are kept at once: at 2048 bits and 8 powers 2.6 MB a thread. */
#define BLOCK_ROWS 512
/* A magnitude of at most 2^63 in non-adjacent form. */
#define DIGIT_POSITIONS 65
#define WINDOW_MAX 7

typedef struct sum_work {
  const norn_paillier_public *key;
  unsigned window;
  size_t powers;                /* odd powers kept a row: 2^(window - 2) */
  size_t block;                 /* words of one lanes buffer */
  uint64_t *table;              /* [row][power] elements */
  uint64_t *lanes;              /* two lanes buffers */
  uint64_t *totals;             /* [column][sign] lanes buffers */
  int8_t (*digits)[BLOCK_ROWS]; /* [position][row] */
  size_t table_words, totals_words;
} sum_work;

static unsigned window_for(size_t columns) {
  return columns <= 2 ? 4 : columns <= 24 ? 5 : columns <= 96 ? 6 : WINDOW_MAX;
}

static void work_free(sum_work *work) {
  norn_words_free(work->table, work->table_words);
  norn_words_free(work->lanes, 2 * work->block);
  norn_words_free(work->totals, work->totals_words);
  free(work->digits);
}

static int work_init(sum_work *work, const norn_paillier_public *key, size_t rows, size_t columns) {
  memset(work, 0, sizeof *work);
  work->key = key;
  work->window = window_for(columns);
  work->powers = (size_t)1 << (work->window - 2);
  work->block = norn_lanes_words(&key->square);
  work->table_words = (rows < BLOCK_ROWS ? rows : BLOCK_ROWS) * work->powers * key->square.element;
  work->totals_words = columns * 2 * work->block;
  work->table = norn_words_alloc(work->table_words);
  work->lanes = norn_words_alloc(2 * work->block);
  work->totals = norn_words_alloc(work->totals_words);
  work->digits = malloc(DIGIT_POSITIONS * sizeof *work->digits);
  if (!work->table || !work->lanes || !work->totals || !work->digits) return -1;
  const uint64_t *ones[NORN_LANES] = {0};
  for (size_t i = 0; i < columns * 2; i++)
    norn_lanes_gather(&key->square, work->totals + i * work->block, ones);
  return 0;
}

static uint64_t *power_of(const sum_work *work, size_t row, size_t power) {
  return work->table + (row * work->powers + power) * work->key->square.element;
}

static void fill_table(const sum_work *work, const uint64_t *cipher, size_t rows) {
  const norn_modulus *square = &work->key->square;
  const size_t words = work->key->limbs * 2;
  uint64_t *current = work->lanes, *twice = work->lanes + work->block;
  for (size_t first = 0; first < rows; first += NORN_LANES) {
    const uint64_t *source[NORN_LANES] = {0};
    uint64_t *target[NORN_LANES] = {0};
    const size_t some = rows - first < NORN_LANES ? rows - first : NORN_LANES;
    for (size_t i = 0; i < some; i++) source[i] = cipher + (first + i) * words;
    norn_lanes_enter(square, current, source);
    norn_lanes_multiply(square, twice, current, current);
    for (size_t power = 0; power < work->powers; power++) {
      if (power > 0) norn_lanes_multiply(square, current, current, twice);
      for (size_t i = 0; i < some; i++) target[i] = power_of(work, first + i, power);
      norn_lanes_scatter(square, current, target);
    }
  }
}

/* Writes one scalar's digits; returns the highest position used + 1. */
static size_t write_digits(const sum_work *work, int64_t scalar, size_t row) {
  uint64_t magnitude = scalar < 0 ? 0 - (uint64_t)scalar : (uint64_t)scalar;
  const int64_t range = (int64_t)1 << work->window;
  size_t position = 0, used = 0;
  for (; magnitude != 0; position++, magnitude >>= 1) {
    int64_t digit = 0;
    if (magnitude & 1) {
      digit = (int64_t)(magnitude & (uint64_t)(range - 1));
      if (digit >= range / 2) digit -= range;
      magnitude -= (uint64_t)digit;
      used = position + 1;
    }
    work->digits[position][row] = (int8_t)(scalar < 0 ? -digit : digit);
  }
  for (; position < DIGIT_POSITIONS; position++) work->digits[position][row] = 0;
  return used;
}

/* accumulator ^= 2, then *= the powers that this position's digits of one sign name, eight rows at a time. */
static void take_position(const sum_work *work, size_t position, size_t rows, int sign, uint64_t *accumulator,
                          int *started) {
  const norn_modulus *square = &work->key->square;
  if (*started) norn_lanes_multiply(square, accumulator, accumulator, accumulator);
  const uint64_t *element[NORN_LANES];
  size_t filled = 0;
  for (size_t row = 0; row <= rows; row++) {
    if (row < rows) {
      const int digit = work->digits[position][row] * sign;
      if (digit <= 0) continue;
      element[filled++] = power_of(work, row, (size_t)digit / 2);
    }
    if (filled == 0 || (filled < NORN_LANES && row < rows)) continue;
    while (filled < NORN_LANES) element[filled++] = NULL;
    if (*started)
      norn_lanes_multiply_elements(square, accumulator, element);
    else
      norn_lanes_gather(square, accumulator, element);
    *started = 1;
    filled = 0;
  }
}

static void add_column(const sum_work *work, const int64_t *scalars, size_t rows, size_t column) {
  size_t positions = 0;
  for (size_t row = 0; row < rows; row++) {
    const size_t used = write_digits(work, scalars[row], row);
    if (used > positions) positions = used;
  }
  for (int side = 0; side < 2; side++) {
    uint64_t *accumulator = work->lanes + (size_t)side * work->block;
    uint64_t *total = work->totals + (column * 2 + (size_t)side) * work->block;
    int started = 0;
    for (size_t position = positions; position-- > 0;)
      take_position(work, position, rows, side == 0 ? 1 : -1, accumulator, &started);
    if (started) norn_lanes_multiply(&work->key->square, total, total, accumulator);
  }
}

/* out lanes[i] = product of the eight lanes of column first + i. */
static void fold_columns(const sum_work *work, size_t first, size_t count, size_t side, uint64_t *elements,
                         uint64_t *out) {
  const norn_modulus *square = &work->key->square;
  for (size_t i = 0; i < count; i++) {
    uint64_t *target[NORN_LANES];
    for (size_t lane = 0; lane < NORN_LANES; lane++)
      target[lane] = elements + (lane * NORN_LANES + i) * square->element;
    norn_lanes_scatter(square, work->totals + ((first + i) * 2 + side) * work->block, target);
  }
  for (size_t lane = 0; lane < NORN_LANES; lane++) {
    const uint64_t *element[NORN_LANES] = {0};
    for (size_t i = 0; i < count; i++) element[i] = elements + (lane * NORN_LANES + i) * square->element;
    if (lane == 0)
      norn_lanes_gather(square, out, element);
    else
      norn_lanes_multiply_elements(square, out, element);
  }
}

/* Turns each number of limbs words into its inverse modulo n^2. */
static int invert_all(const norn_paillier_public *key, uint64_t *numbers, size_t count) {
  const size_t words = key->limbs * 2;
  int fine = 1;
  mpz_t value, modulus;
  mpz_inits(value, modulus, NULL);
  norn_mpz_from(modulus, key->square.value, words);
  for (size_t i = 0; i < count && fine; i++) {
    norn_mpz_from(value, numbers + i * words, words);
    if (mpz_cmp_ui(value, 1) == 0) continue;
    fine = mpz_invert(value, value, modulus) != 0;
    if (fine) norn_mpz_to(value, numbers + i * words, words);
  }
  mpz_clears(value, modulus, NULL);
  return fine ? 0 : -1;
}

static norn_crypto_status finish_columns(const sum_work *work, size_t columns, uint64_t *out) {
  const norn_modulus *square = &work->key->square;
  const size_t words = work->key->limbs * 2;
  const size_t elements_words = NORN_LANES * NORN_LANES * square->element, plain_words = NORN_LANES * words;
  uint64_t *scratch = norn_words_alloc(elements_words + plain_words);
  if (!scratch) return NORN_CRYPTO_NO_MEMORY;
  uint64_t *plain = scratch + elements_words, *positive = work->lanes, *negative = work->lanes + work->block;
  norn_crypto_status status = NORN_CRYPTO_OK;
  for (size_t first = 0; first < columns && status == NORN_CRYPTO_OK; first += NORN_LANES) {
    const size_t count = columns - first < NORN_LANES ? columns - first : NORN_LANES;
    const uint64_t *source[NORN_LANES] = {0};
    uint64_t *target[NORN_LANES] = {0};
    for (size_t i = 0; i < count; i++) source[i] = target[i] = plain + i * words;
    fold_columns(work, first, count, 1, scratch, negative);
    norn_lanes_leave(square, negative, target);
    if (invert_all(work->key, plain, count) != 0) status = NORN_CRYPTO_BAD_CIPHERTEXT;
    fold_columns(work, first, count, 0, scratch, positive);
    norn_lanes_enter(square, negative, source);
    norn_lanes_multiply(square, positive, positive, negative);
    for (size_t i = 0; i < count; i++) target[i] = out + (first + i) * words;
    norn_lanes_leave(square, positive, target);
  }
  norn_words_free(scratch, elements_words + plain_words);
  return status;
}

norn_crypto_status norn_paillier_sums(const norn_paillier_public *key, const uint64_t *cipher, size_t rows,
                                      const int64_t *scalars, size_t stride, size_t columns, uint64_t *out) {
  if (columns == 0) return NORN_CRYPTO_OK;
  if (stride < rows) return NORN_CRYPTO_BAD_ARGUMENT;
  sum_work work;
  norn_crypto_status status = NORN_CRYPTO_NO_MEMORY;
  if (work_init(&work, key, rows, columns) == 0) {
    for (size_t first = 0; first < rows; first += BLOCK_ROWS) {
      const size_t some = rows - first < BLOCK_ROWS ? rows - first : BLOCK_ROWS;
      fill_table(&work, cipher + first * key->limbs * 2, some);
      for (size_t column = 0; column < columns; column++)
        add_column(&work, scalars + column * stride + first, some, column);
    }
    status = finish_columns(&work, columns, out);
  }
  work_free(&work);
  return status;
}
