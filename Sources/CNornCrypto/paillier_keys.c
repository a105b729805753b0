/* Paillier keys after Damgard, Jurik and Nielsen ("A generalization of Paillier's public-key system with
 * applications to electronic voting", 2010, section 4): p and q are 3 mod 4 with gcd(p - 1, q - 1) = 2, g = n
 * + 1. */
#include <stdlib.h>
#include <string.h>

#include "paillier.h"

#define PRIMALITY_ROUNDS 30
#define TRIAL_DIVISION_LIMIT 2000u

void norn_mpz_to(mpz_srcptr value, uint64_t *limbs, size_t count) {
  memset(limbs, 0, count * 8);
  mpz_export(limbs, NULL, -1, 8, 0, 0, value);
}

void norn_mpz_wipe(mpz_t value) {
  const size_t limbs = mpz_size(value);
  if (limbs > 0) explicit_bzero(mpz_limbs_modify(value, (mp_size_t)limbs), limbs * sizeof(mp_limb_t));
  mpz_clear(value);
}

norn_crypto_status norn_mpz_random(mpz_t value, size_t bits) {
  uint64_t words[NORN_PAILLIER_MAX_BITS / 64];
  const size_t count = (bits + 63) / 64;
  if (count > sizeof words / sizeof words[0]) return NORN_CRYPTO_BAD_ARGUMENT;
  const norn_crypto_status status = norn_random_fill(words, count * 8);
  if (status != NORN_CRYPTO_OK) return status;
  if (bits % 64) words[count - 1] &= (1ULL << (bits % 64)) - 1;
  norn_mpz_from(value, words, count);
  explicit_bzero(words, sizeof words);
  return NORN_CRYPTO_OK;
}

static int has_key_size(size_t bits) {
  return bits >= NORN_PAILLIER_MIN_BITS && bits <= NORN_PAILLIER_MAX_BITS && bits % 128 == 0;
}

/* A prime of exactly bits bits, 3 mod 4, with its two highest bits set so that p * q has all its bits. */
norn_crypto_status norn_random_prime(mpz_t prime, size_t bits) {
  for (;;) {
    const norn_crypto_status status = norn_mpz_random(prime, bits);
    if (status != NORN_CRYPTO_OK) return status;
    mpz_setbit(prime, bits - 1);
    mpz_setbit(prime, bits - 2);
    mpz_setbit(prime, 1);
    mpz_setbit(prime, 0);
    if (mpz_probab_prime_p(prime, PRIMALITY_ROUNDS)) return NORN_CRYPTO_OK;
  }
}

static norn_crypto_status half_init(norn_paillier_half *half, mpz_srcptr prime, mpz_srcptr n, int portable) {
  mpz_t base, exponent;
  mpz_inits(base, exponent, NULL);
  mpz_set(half->prime, prime);
  mpz_mul(half->prime_square, prime, prime);
  mpz_sub_ui(exponent, prime, 1);
  mpz_add_ui(base, n, 1);
  mpz_powm_sec(base, base, exponent, half->prime_square);
  mpz_sub_ui(base, base, 1);
  mpz_divexact(base, base, prime);
  norn_crypto_status status = mpz_invert(half->weight, base, prime) ? NORN_CRYPTO_OK : NORN_CRYPTO_BAD_KEY;
  half->exponent_words = mpz_size(exponent);
  half->exponent = norn_words_alloc(half->exponent_words);
  if (!half->exponent || norn_modulus_init(&half->modulus, half->prime_square, !portable) != 0)
    status = NORN_CRYPTO_NO_MEMORY;
  else
    norn_mpz_to(exponent, half->exponent, half->exponent_words);
  norn_mpz_wipe(base);
  norn_mpz_wipe(exponent);
  return status;
}

static void half_clear(norn_paillier_half *half) {
  norn_mpz_wipe(half->prime);
  norn_mpz_wipe(half->prime_square);
  norn_mpz_wipe(half->weight);
  norn_modulus_clear(&half->modulus);
  norn_words_free(half->exponent, half->exponent_words);
}

/* Sets everything that follows from the two primes. */
static norn_crypto_status derive(norn_paillier_private *key, mpz_srcptr p, mpz_srcptr q, int portable) {
  mpz_mul(key->n, p, q);
  key->limbs = mpz_size(key->n);
  mpz_mul(key->n_square, key->n, key->n);
  mpz_fdiv_q_2exp(key->half_n, key->n, 1);
  mpz_t p_less, q_less;
  mpz_inits(p_less, q_less, NULL);
  mpz_sub_ui(p_less, p, 1);
  mpz_sub_ui(q_less, q, 1);
  mpz_lcm(key->lambda, p_less, q_less);
  norn_mpz_wipe(p_less);
  norn_mpz_wipe(q_less);
  if (!mpz_invert(key->mu, key->lambda, key->n)) return NORN_CRYPTO_BAD_KEY;
  if (!mpz_invert(key->q_inverse, q, p)) return NORN_CRYPTO_BAD_KEY;
  norn_crypto_status status = half_init(&key->p, p, key->n, portable);
  if (status == NORN_CRYPTO_OK) status = half_init(&key->q, q, key->n, portable);
  return status;
}

static norn_crypto_status random_primes(mpz_t p, mpz_t q, unsigned bits) {
  mpz_t p_less, q_less, divisor;
  mpz_inits(p_less, q_less, divisor, NULL);
  norn_crypto_status status;
  do {
    status = norn_random_prime(p, bits / 2);
    if (status == NORN_CRYPTO_OK) status = norn_random_prime(q, bits / 2);
    if (status != NORN_CRYPTO_OK) break;
    mpz_sub_ui(p_less, p, 1);
    mpz_sub_ui(q_less, q, 1);
    mpz_gcd(divisor, p_less, q_less);
  } while (mpz_cmp_ui(divisor, 2) != 0); /* also refuses p = q */
  norn_mpz_wipe(p_less);
  norn_mpz_wipe(q_less);
  norn_mpz_wipe(divisor);
  return status;
}

norn_crypto_status norn_paillier_generate(unsigned bits, int portable, norn_paillier_private **out) {
  *out = NULL;
  if (!has_key_size(bits)) return NORN_CRYPTO_KEY_SIZE;
  norn_paillier_private *key = calloc(1, sizeof *key);
  if (!key) return NORN_CRYPTO_NO_MEMORY;
  mpz_inits(key->n, key->n_square, key->half_n, key->lambda, key->mu, key->q_inverse, NULL);
  mpz_inits(key->p.prime, key->p.prime_square, key->p.weight, NULL);
  mpz_inits(key->q.prime, key->q.prime_square, key->q.weight, NULL);
  mpz_t p, q;
  mpz_inits(p, q, NULL);
  norn_crypto_status status = random_primes(p, q, bits);
  if (status == NORN_CRYPTO_OK) status = derive(key, p, q, portable);
  norn_mpz_wipe(p);
  norn_mpz_wipe(q);
  if (status == NORN_CRYPTO_OK)
    *out = key;
  else
    norn_paillier_private_free(key);
  return status;
}

void norn_paillier_private_free(norn_paillier_private *key) {
  if (!key) return;
  half_clear(&key->p);
  half_clear(&key->q);
  norn_mpz_wipe(key->n);
  norn_mpz_wipe(key->n_square);
  norn_mpz_wipe(key->half_n);
  norn_mpz_wipe(key->lambda);
  norn_mpz_wipe(key->mu);
  norn_mpz_wipe(key->q_inverse);
  explicit_bzero(key, sizeof *key);
  free(key);
}

void norn_paillier_private_modulus(const norn_paillier_private *key, uint64_t *limbs) {
  norn_mpz_to(key->n, limbs, key->limbs);
}

size_t norn_paillier_private_limbs(const norn_paillier_private *key) {
  return key->limbs;
}

static int is_honest_modulus(mpz_srcptr n) {
  if (mpz_even_p(n) || mpz_perfect_power_p(n)) return 0;
  for (unsigned divisor = 3; divisor < TRIAL_DIVISION_LIMIT; divisor += 2)
    if (mpz_divisible_ui_p(n, divisor)) return 0;
  return mpz_probab_prime_p(n, 1) == 0;
}

norn_crypto_status norn_paillier_public_make(const uint64_t *modulus, size_t limbs, int portable,
                                             norn_paillier_public **out) {
  *out = NULL;
  if (!has_key_size(limbs * 64)) return NORN_CRYPTO_KEY_SIZE;
  norn_paillier_public *key = calloc(1, sizeof *key);
  if (!key) return NORN_CRYPTO_NO_MEMORY;
  mpz_t square;
  mpz_init(square);
  mpz_init(key->n);
  norn_mpz_from(key->n, modulus, limbs);
  key->limbs = limbs;
  key->windows = limbs * 64 / 2 / NORN_PAILLIER_WINDOW_BITS;
  norn_crypto_status status = NORN_CRYPTO_OK;
  if (mpz_sizeinbase(key->n, 2) != limbs * 64)
    status = NORN_CRYPTO_KEY_SIZE;
  else if (!is_honest_modulus(key->n))
    status = NORN_CRYPTO_BAD_KEY;
  else {
    mpz_mul(square, key->n, key->n);
    if (mpz_size(square) != 2 * limbs)
      status = NORN_CRYPTO_BAD_KEY;
    else if (norn_modulus_init(&key->square, square, !portable) != 0)
      status = NORN_CRYPTO_NO_MEMORY;
  }
  mpz_clear(square);
  if (status == NORN_CRYPTO_OK)
    *out = key;
  else
    norn_paillier_public_free(key);
  return status;
}

void norn_paillier_public_free(norn_paillier_public *key) {
  if (!key) return;
  norn_words_free(key->power_table, (key->windows << NORN_PAILLIER_WINDOW_BITS) * key->square.element);
  norn_modulus_clear(&key->square);
  mpz_clear(key->n);
  free(key);
}

size_t norn_paillier_ciphertext_limbs(const norn_paillier_public *key) {
  return key->limbs * 2;
}
