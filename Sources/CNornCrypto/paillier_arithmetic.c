/* Ciphertexts row by row: addition, scaling, and the check of what a peer sent. */
#include <string.h>

#include "paillier.h"

norn_crypto_status norn_paillier_add(const norn_paillier_public *key, const uint64_t *left,
                                     const uint64_t *right, size_t count, uint64_t *out) {
  const size_t words = key->limbs * 2, block = norn_lanes_words(&key->square);
  uint64_t *lanes = norn_words_alloc(2 * block);
  if (!lanes) return NORN_CRYPTO_NO_MEMORY;
  for (size_t first = 0; first < count; first += NORN_LANES) {
    const uint64_t *source[2][NORN_LANES] = {{0}};
    uint64_t *target[NORN_LANES] = {0};
    for (size_t i = 0; i < NORN_LANES && first + i < count; i++) {
      source[0][i] = left + (first + i) * words;
      source[1][i] = right + (first + i) * words;
      target[i] = out + (first + i) * words;
    }
    norn_lanes_enter(&key->square, lanes, source[0]);
    norn_lanes_enter(&key->square, lanes + block, source[1]);
    norn_lanes_multiply(&key->square, lanes, lanes, lanes + block);
    norn_lanes_leave(&key->square, lanes, target);
  }
  norn_words_free(lanes, 2 * block);
  return NORN_CRYPTO_OK;
}

norn_crypto_status norn_paillier_scale(const norn_paillier_public *key, const uint64_t *cipher,
                                       const int64_t *scalar, size_t count, uint64_t *out) {
  const size_t words = key->limbs * 2;
  mpz_t value, exponent, modulus;
  mpz_inits(value, exponent, modulus, NULL);
  norn_mpz_from(modulus, key->square.value, words);
  norn_crypto_status status = NORN_CRYPTO_OK;
  for (size_t i = 0; i < count && status == NORN_CRYPTO_OK; i++) {
    const uint64_t magnitude = scalar[i] < 0 ? 0 - (uint64_t)scalar[i] : (uint64_t)scalar[i];
    norn_mpz_from(value, cipher + i * words, words);
    norn_mpz_from(exponent, &magnitude, 1);
    /* An inverse first keeps a negative scalar as short as a positive one (n - s would be as long as n). */
    if (scalar[i] < 0 && !mpz_invert(value, value, modulus)) status = NORN_CRYPTO_BAD_CIPHERTEXT;
    mpz_powm(value, value, exponent, modulus);
    norn_mpz_to(value, out + i * words, words);
  }
  mpz_clears(value, exponent, modulus, NULL);
  return status;
}

/* Is the product of count ciphertexts prime to n? Also refuses what is not below n^2. */
static int are_valid(const norn_paillier_public *key, const uint64_t *cipher, size_t count, mpz_t product,
                     mpz_t value) {
  const size_t words = key->limbs * 2;
  mpz_set_ui(product, 1);
  for (size_t i = 0; i < count; i++) {
    const uint64_t *number = cipher + i * words;
    if (mpn_cmp((const mp_limb_t *)number, (const mp_limb_t *)key->square.value, (mp_size_t)words) >= 0)
      return 0;
    norn_mpz_from(value, number, words);
    mpz_mod(value, value, key->n);
    mpz_mul(product, product, value);
    mpz_mod(product, product, key->n);
  }
  mpz_gcd(product, product, key->n);
  return mpz_cmp_ui(product, 1) == 0;
}

norn_crypto_status norn_paillier_check(const norn_paillier_public *key, const uint64_t *cipher, size_t count,
                                       size_t *bad) {
  mpz_t product, value;
  mpz_inits(product, value, NULL);
  norn_crypto_status status = NORN_CRYPTO_OK;
  if (!are_valid(key, cipher, count, product, value)) {
    status = NORN_CRYPTO_BAD_CIPHERTEXT;
    *bad = 0;
    while (*bad + 1 < count && are_valid(key, cipher + *bad * key->limbs * 2, 1, product, value)) *bad += 1;
  }
  mpz_clears(product, value, NULL);
  return status;
}
