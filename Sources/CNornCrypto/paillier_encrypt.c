/* Encryption with short exponents: c = (1 + m n) h_s^a mod n^2, h_s = (-x^2)^n, a of half the modulus's
 * length (Damgard, Jurik and Nielsen, section 4.2). Every encrypting party draws its own x, so it need not
 * trust the key's owner for it. h_s^a comes from a table of fixed-base windows: one multiplication a byte of
 * the exponent. */
#include <stdlib.h>
#include <string.h>

#include "paillier.h"

#define ENTRIES (1u << NORN_PAILLIER_WINDOW_BITS)
#define EXPONENT_MAX_BYTES (NORN_PAILLIER_MAX_BITS / 16)

/* value = h_s = (-x^2)^n mod n^2 for a random x prime to n. */
static norn_crypto_status random_base(const norn_paillier_public *key, uint64_t *value) {
  mpz_t x, square;
  mpz_inits(x, square, NULL);
  norn_crypto_status status;
  do {
    status = norn_mpz_random(x, key->limbs * 64);
    if (status != NORN_CRYPTO_OK) break;
    mpz_mod(x, x, key->n);
    mpz_gcd(square, x, key->n);
  } while (mpz_cmp_ui(x, 1) <= 0 || mpz_cmp_ui(square, 1) != 0);
  if (status == NORN_CRYPTO_OK) {
    mpz_mul(x, x, x);
    mpz_mod(x, x, key->n);
    mpz_sub(x, key->n, x);
    mpz_mul(square, key->n, key->n);
    mpz_powm(x, x, key->n, square);
    norn_mpz_to(x, value, key->limbs * 2);
  }
  norn_mpz_wipe(x);
  norn_mpz_wipe(square);
  return status;
}

static uint64_t *entry(const norn_paillier_public *key, size_t window, size_t digit) {
  return key->power_table + ((window << NORN_PAILLIER_WINDOW_BITS) + digit) * key->square.element;
}

/* Entry 1 of every window: the base raised to 256^window. */
static void fill_bases(const norn_paillier_public *key, uint64_t *lanes, const uint64_t *base) {
  const uint64_t *source[NORN_LANES] = {base};
  uint64_t *target[NORN_LANES] = {0};
  norn_lanes_enter(&key->square, lanes, source);
  for (size_t window = 0; window < key->windows; window++) {
    target[0] = entry(key, window, 1);
    norn_lanes_scatter(&key->square, lanes, target);
    for (int i = 0; i < NORN_PAILLIER_WINDOW_BITS; i++)
      norn_lanes_multiply(&key->square, lanes, lanes, lanes);
  }
}

/* All entries of eight windows at a time. */
static void fill_powers(const norn_paillier_public *key, uint64_t *base, uint64_t *power) {
  for (size_t window = 0; window < key->windows; window += NORN_LANES) {
    const uint64_t *first[NORN_LANES];
    uint64_t *target[NORN_LANES];
    for (size_t i = 0; i < NORN_LANES; i++) first[i] = entry(key, window + i, 1);
    norn_lanes_gather(&key->square, base, first);
    for (size_t i = 0; i < NORN_LANES; i++)
      memcpy(entry(key, window + i, 0), key->square.one, key->square.element * 8);
    memcpy(power, base, norn_lanes_words(&key->square) * 8);
    for (size_t digit = 2; digit < ENTRIES; digit++) {
      norn_lanes_multiply(&key->square, power, power, base);
      for (size_t i = 0; i < NORN_LANES; i++) target[i] = entry(key, window + i, digit);
      norn_lanes_scatter(&key->square, power, target);
    }
  }
}

norn_crypto_status norn_paillier_prepare(norn_paillier_public *key) {
  if (key->power_table) return NORN_CRYPTO_OK;
  uint64_t base[NORN_MODULUS_MAX_LIMBS];
  norn_crypto_status status = random_base(key, base);
  if (status != NORN_CRYPTO_OK) return status;
  const size_t block = norn_lanes_words(&key->square);
  uint64_t *lanes = norn_words_alloc(2 * block);
  key->power_table = norn_words_alloc((key->windows << NORN_PAILLIER_WINDOW_BITS) * key->square.element);
  if (lanes && key->power_table) {
    fill_bases(key, lanes, base);
    fill_powers(key, lanes, lanes + block);
  } else {
    status = NORN_CRYPTO_NO_MEMORY;
  }
  norn_words_free(lanes, 2 * block);
  explicit_bzero(base, sizeof base);
  return status;
}

/* out (2 limbs(n) words) = 1 + m n for m mod n. */
static void plain_factor(const norn_paillier_public *key, norn_plaintext plain, mpz_t value, uint64_t *out) {
  const int negative = (int64_t)plain.high < 0;
  uint64_t magnitude[2] = {plain.low, plain.high};
  if (negative) {
    magnitude[0] = 0 - plain.low;
    magnitude[1] = ~plain.high + (plain.low == 0);
  }
  norn_mpz_from(value, magnitude, 2);
  if (negative) mpz_sub(value, key->n, value);
  mpz_mul(value, value, key->n);
  mpz_add_ui(value, value, 1);
  norn_mpz_to(value, out, key->limbs * 2);
}

/* lanes = h_s ^ (a fresh random exponent in each lane). */
static norn_crypto_status fresh_powers(const norn_paillier_public *key, uint64_t *lanes) {
  uint8_t exponent[NORN_LANES][EXPONENT_MAX_BYTES];
  for (size_t lane = 0; lane < NORN_LANES; lane++) {
    const norn_crypto_status status = norn_random_fill(exponent[lane], key->windows);
    if (status != NORN_CRYPTO_OK) return status;
  }
  for (size_t window = 0; window < key->windows; window++) {
    const uint64_t *element[NORN_LANES];
    for (size_t lane = 0; lane < NORN_LANES; lane++)
      element[lane] = entry(key, window, exponent[lane][window]);
    if (window == 0)
      norn_lanes_gather(&key->square, lanes, element);
    else
      norn_lanes_multiply_elements(&key->square, lanes, element);
  }
  explicit_bzero(exponent, sizeof exponent);
  return NORN_CRYPTO_OK;
}

/* cipher = [cipher *] fresh encryption of plain, up to eight at a time. */
static norn_crypto_status encrypt_block(const norn_paillier_public *key, const norn_plaintext *plain,
                                        size_t count, int accumulate, uint64_t *cipher, uint64_t *scratch,
                                        mpz_t value) {
  const norn_modulus *square = &key->square;
  const size_t block = norn_lanes_words(square), words = key->limbs * 2;
  uint64_t *lanes = scratch, *factor = scratch + block, *plains = factor + block;
  const norn_crypto_status status = fresh_powers(key, lanes);
  if (status != NORN_CRYPTO_OK) return status;
  const uint64_t *source[NORN_LANES] = {0};
  uint64_t *target[NORN_LANES] = {0};
  for (size_t i = 0; i < count; i++) target[i] = cipher + i * words;
  if (accumulate) {
    for (size_t i = 0; i < count; i++) source[i] = target[i];
    norn_lanes_enter(square, factor, source);
    norn_lanes_multiply(square, lanes, lanes, factor);
  }
  if (plain) {
    for (size_t i = 0; i < count; i++) {
      plain_factor(key, plain[i], value, plains + i * words);
      source[i] = plains + i * words;
    }
    norn_lanes_enter(square, factor, source);
    norn_lanes_multiply(square, lanes, lanes, factor);
  }
  norn_lanes_leave(square, lanes, target);
  return NORN_CRYPTO_OK;
}

static norn_crypto_status encrypt_all(const norn_paillier_public *key, const norn_plaintext *plain,
                                      size_t count, int accumulate, uint64_t *cipher) {
  if (!key->power_table) return NORN_CRYPTO_BAD_ARGUMENT;
  const size_t words = key->limbs * 2;
  const size_t scratch_words = 2 * norn_lanes_words(&key->square) + NORN_LANES * words;
  uint64_t *scratch = norn_words_alloc(scratch_words);
  if (!scratch) return NORN_CRYPTO_NO_MEMORY;
  mpz_t value;
  mpz_init(value);
  norn_crypto_status status = NORN_CRYPTO_OK;
  for (size_t first = 0; first < count && status == NORN_CRYPTO_OK; first += NORN_LANES) {
    const size_t some = count - first < NORN_LANES ? count - first : NORN_LANES;
    status = encrypt_block(key, plain ? plain + first : NULL, some, accumulate, cipher + first * words,
                           scratch, value);
  }
  norn_mpz_wipe(value);
  norn_words_free(scratch, scratch_words);
  return status;
}

norn_crypto_status norn_paillier_encrypt(const norn_paillier_public *key, const norn_plaintext *plain,
                                         size_t count, uint64_t *out) {
  return encrypt_all(key, plain, count, 0, out);
}

norn_crypto_status norn_paillier_add_fresh(const norn_paillier_public *key, const norn_plaintext *plain,
                                           uint64_t *cipher, size_t count) {
  return encrypt_all(key, plain, count, 1, cipher);
}
