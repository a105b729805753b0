/* RSA without padding, for blind signatures of full-domain hashes (D. Chaum, "Blind signatures for untraceable
 * payments", 1983). The key is for one intersection and signs nothing else. */
#include <stdlib.h>
#include <string.h>

#include "paillier.h"

typedef struct rsa_half {
  mpz_t prime;
  norn_modulus modulus;
  uint64_t *exponent; /* d mod prime - 1 */
} rsa_half;

struct norn_rsa {
  size_t limbs; /* of the modulus; a prime has half as many */
  mpz_t n, q_inverse;
  rsa_half p, q;
};

static norn_crypto_status half_init(rsa_half *half, size_t limbs) {
  mpz_t less, exponent;
  mpz_inits(less, exponent, NULL);
  mpz_sub_ui(less, half->prime, 1);
  mpz_set_ui(exponent, NORN_RSA_EXPONENT);
  norn_crypto_status status = NORN_CRYPTO_OK;
  half->exponent = norn_words_alloc(limbs);
  if (!mpz_invert(exponent, exponent, less))
    status = NORN_CRYPTO_BAD_KEY;
  else if (!half->exponent || norn_modulus_init(&half->modulus, half->prime, 1) != 0)
    status = NORN_CRYPTO_NO_MEMORY;
  else
    norn_mpz_to(exponent, half->exponent, limbs);
  norn_mpz_wipe(less);
  norn_mpz_wipe(exponent);
  return status;
}

void norn_rsa_free(norn_rsa *key) {
  if (!key) return;
  rsa_half *halves[2] = {&key->p, &key->q};
  for (int i = 0; i < 2; i++) {
    norn_mpz_wipe(halves[i]->prime);
    norn_modulus_clear(&halves[i]->modulus);
    norn_words_free(halves[i]->exponent, key->limbs / 2);
  }
  norn_mpz_wipe(key->q_inverse);
  mpz_clear(key->n);
  free(key);
}

static norn_rsa *blank(size_t limbs) {
  norn_rsa *key = calloc(1, sizeof *key);
  if (!key) return NULL;
  key->limbs = limbs;
  mpz_inits(key->n, key->q_inverse, key->p.prime, key->q.prime, NULL);
  return key;
}

static norn_crypto_status derive(norn_rsa *key) {
  mpz_mul(key->n, key->p.prime, key->q.prime);
  if (mpz_size(key->n) != key->limbs || !mpz_invert(key->q_inverse, key->q.prime, key->p.prime))
    return NORN_CRYPTO_BAD_KEY;
  norn_crypto_status status = half_init(&key->p, key->limbs / 2);
  if (status == NORN_CRYPTO_OK) status = half_init(&key->q, key->limbs / 2);
  return status;
}

/* A prime whose predecessor has no factor e. */
static norn_crypto_status usable_prime(mpz_t prime, size_t bits) {
  norn_crypto_status status;
  do {
    status = norn_random_prime(prime, bits);
  } while (status == NORN_CRYPTO_OK && mpz_fdiv_ui(prime, NORN_RSA_EXPONENT) == 1);
  return status;
}

norn_crypto_status norn_rsa_generate(unsigned bits, norn_rsa **out) {
  *out = NULL;
  if (bits < NORN_PAILLIER_MIN_BITS || bits > NORN_PAILLIER_MAX_BITS || bits % 128 != 0)
    return NORN_CRYPTO_KEY_SIZE;
  norn_rsa *key = blank(bits / 64);
  if (!key) return NORN_CRYPTO_NO_MEMORY;
  norn_crypto_status status = usable_prime(key->p.prime, bits / 2);
  do {
    if (status == NORN_CRYPTO_OK) status = usable_prime(key->q.prime, bits / 2);
  } while (status == NORN_CRYPTO_OK && mpz_cmp(key->p.prime, key->q.prime) == 0);
  if (status == NORN_CRYPTO_OK) status = derive(key);
  if (status == NORN_CRYPTO_OK)
    *out = key;
  else
    norn_rsa_free(key);
  return status;
}

norn_crypto_status norn_rsa_make(const uint64_t *p, const uint64_t *q, size_t limbs, norn_rsa **out) {
  *out = NULL;
  const size_t bits = limbs * 128;
  if (bits < NORN_PAILLIER_MIN_BITS || bits > NORN_PAILLIER_MAX_BITS) return NORN_CRYPTO_KEY_SIZE;
  if ((p[0] & q[0] & 1) == 0 || p[limbs - 1] >> 63 == 0 || q[limbs - 1] >> 63 == 0) return NORN_CRYPTO_BAD_KEY;
  norn_rsa *key = blank(limbs * 2);
  if (!key) return NORN_CRYPTO_NO_MEMORY;
  norn_mpz_from(key->p.prime, p, limbs);
  norn_mpz_from(key->q.prime, q, limbs);
  const norn_crypto_status status = derive(key);
  if (status == NORN_CRYPTO_OK)
    *out = key;
  else
    norn_rsa_free(key);
  return status;
}

void norn_rsa_modulus(const norn_rsa *key, uint64_t *limbs) { norn_mpz_to(key->n, limbs, key->limbs); }

void norn_rsa_primes(const norn_rsa *key, uint64_t *p, uint64_t *q) {
  norn_mpz_to(key->p.prime, p, key->limbs / 2);
  norn_mpz_to(key->q.prime, q, key->limbs / 2);
}

/* Up to eight values to the half's exponent. */
static norn_crypto_status half_power(const rsa_half *half, const mpz_t *value, size_t some, mpz_t *out) {
  const norn_modulus *modulus = &half->modulus;
  const size_t limbs = modulus->limbs, words = norn_lanes_words(modulus);
  uint64_t *lanes = norn_words_alloc(words), *plain = norn_words_alloc(limbs * NORN_LANES);
  norn_crypto_status status = lanes && plain ? NORN_CRYPTO_OK : NORN_CRYPTO_NO_MEMORY;
  if (status == NORN_CRYPTO_OK) {
    const uint64_t *source[NORN_LANES] = {NULL};
    uint64_t *target[NORN_LANES] = {NULL};
    for (size_t i = 0; i < some; i++) {
      mpz_mod(out[i], value[i], half->prime);
      target[i] = plain + i * limbs;
      norn_mpz_to(out[i], target[i], limbs);
      source[i] = target[i];
    }
    norn_lanes_enter(modulus, lanes, source);
    if (norn_lanes_power(modulus, lanes, half->exponent, limbs * 64) != 0) status = NORN_CRYPTO_NO_MEMORY;
    norn_lanes_leave(modulus, lanes, target);
    for (size_t i = 0; i < some; i++) norn_mpz_from(out[i], target[i], limbs);
  }
  norn_words_free(lanes, words);
  norn_words_free(plain, limbs * NORN_LANES);
  return status;
}

norn_crypto_status norn_rsa_sign(const norn_rsa *key, const uint64_t *value, size_t count, uint64_t *out) {
  mpz_t numbers[3][NORN_LANES];
  for (size_t i = 0; i < 3 * NORN_LANES; i++) mpz_init(numbers[i / NORN_LANES][i % NORN_LANES]);
  mpz_t *plain = numbers[0], *at_p = numbers[1], *at_q = numbers[2];
  norn_crypto_status status = NORN_CRYPTO_OK;
  for (size_t first = 0; first < count && status == NORN_CRYPTO_OK; first += NORN_LANES) {
    const size_t some = count - first < NORN_LANES ? count - first : NORN_LANES;
    for (size_t i = 0; i < some; i++) norn_mpz_from(plain[i], value + (first + i) * key->limbs, key->limbs);
    status = half_power(&key->p, (const mpz_t *)plain, some, at_p);
    if (status == NORN_CRYPTO_OK) status = half_power(&key->q, (const mpz_t *)plain, some, at_q);
    for (size_t i = 0; i < some && status == NORN_CRYPTO_OK; i++) {
      mpz_sub(at_p[i], at_p[i], at_q[i]); /* Garner's recombination */
      mpz_mul(at_p[i], at_p[i], key->q_inverse);
      mpz_mod(at_p[i], at_p[i], key->p.prime);
      mpz_mul(at_p[i], at_p[i], key->q.prime);
      mpz_add(at_p[i], at_p[i], at_q[i]);
      norn_mpz_to(at_p[i], out + (first + i) * key->limbs, key->limbs);
    }
  }
  for (size_t i = 0; i < 3 * NORN_LANES; i++) norn_mpz_wipe(numbers[i / NORN_LANES][i % NORN_LANES]);
  return status;
}
