/* Residues modulo an odd number, many at a time: commutative encryption (Pohlig-Hellman) modulo a safe prime,
 * and the public side of RSA. */
#include <openssl/bn.h>
#include <stdlib.h>
#include <string.h>

#include "paillier.h"

#define PRIMALITY_ROUNDS 30
#define TRIAL_DIVISION_LIMIT 2000u
/* Bits beyond the modulus's, so that the reduced hash is as good as uniform. */
#define HASH_EXTRA_BYTES 16

struct norn_group {
  mpz_t n, last; /* last = n - 1 */
  norn_modulus modulus;
};

norn_crypto_status norn_group_make(const uint64_t *modulus, size_t limbs, norn_group **out) {
  *out = NULL;
  if (limbs == 0 || limbs * 64 > NORN_PAILLIER_MAX_BITS || modulus[limbs - 1] >> 63 == 0 ||
      (modulus[0] & 1) == 0)
    return NORN_CRYPTO_BAD_KEY;
  norn_group *group = calloc(1, sizeof *group);
  if (!group) return NORN_CRYPTO_NO_MEMORY;
  mpz_inits(group->n, group->last, NULL);
  norn_mpz_from(group->n, modulus, limbs);
  mpz_sub_ui(group->last, group->n, 1);
  if (norn_modulus_init(&group->modulus, group->n, 1) != 0) {
    norn_group_free(group);
    return NORN_CRYPTO_NO_MEMORY;
  }
  *out = group;
  return NORN_CRYPTO_OK;
}

void norn_group_free(norn_group *group) {
  if (!group) return;
  norn_modulus_clear(&group->modulus);
  mpz_clears(group->n, group->last, NULL);
  free(group);
}

size_t norn_group_limbs(const norn_group *group) { return group->modulus.limbs; }

norn_crypto_status norn_safe_prime(unsigned bits, uint64_t *limbs) {
  BIGNUM *prime = bits == 1024   ? BN_get_rfc2409_prime_1024(NULL)
                  : bits == 1536 ? BN_get_rfc3526_prime_1536(NULL)
                  : bits == 2048 ? BN_get_rfc3526_prime_2048(NULL)
                  : bits == 3072 ? BN_get_rfc3526_prime_3072(NULL)
                  : bits == 4096 ? BN_get_rfc3526_prime_4096(NULL)
                                 : NULL;
  if (prime == NULL) return NORN_CRYPTO_KEY_SIZE;
  const int written = BN_bn2lebinpad(prime, (unsigned char *)limbs, (int)(bits / 8));
  BN_free(prime);
  return written == (int)(bits / 8) ? NORN_CRYPTO_OK : NORN_CRYPTO_NO_MEMORY;
}

norn_crypto_status norn_group_check_composite(const norn_group *group) {
  for (unsigned divisor = 3; divisor < TRIAL_DIVISION_LIMIT; divisor += 2)
    if (mpz_divisible_ui_p(group->n, divisor)) return NORN_CRYPTO_BAD_KEY;
  if (mpz_perfect_power_p(group->n) || mpz_probab_prime_p(group->n, PRIMALITY_ROUNDS))
    return NORN_CRYPTO_BAD_KEY;
  return NORN_CRYPTO_OK;
}

/* Pointers to up to eight residues from the first on; the rest NULL. */
static void lanes_of(const uint64_t *first, size_t limbs, size_t some, const uint64_t *lane[NORN_LANES]) {
  for (size_t i = 0; i < NORN_LANES; i++) lane[i] = i < some ? first + i * limbs : NULL;
}

static void leave(const norn_modulus *modulus, const uint64_t *lanes, size_t some, uint64_t *out) {
  uint64_t *target[NORN_LANES];
  for (size_t i = 0; i < NORN_LANES; i++) target[i] = i < some ? out + i * modulus->limbs : NULL;
  norn_lanes_leave(modulus, lanes, target);
}

/* Residues have to be below the modulus: callers check what comes from peers. */
norn_crypto_status norn_group_power(const norn_group *group, const uint64_t *exponent, size_t bits,
                                    const uint64_t *base, size_t count, uint64_t *out) {
  const norn_modulus *modulus = &group->modulus;
  uint64_t *lanes = norn_words_alloc(norn_lanes_words(modulus));
  norn_crypto_status status = lanes ? NORN_CRYPTO_OK : NORN_CRYPTO_NO_MEMORY;
  for (size_t first = 0; first < count && status == NORN_CRYPTO_OK; first += NORN_LANES) {
    const size_t some = count - first < NORN_LANES ? count - first : NORN_LANES;
    const uint64_t *source[NORN_LANES];
    lanes_of(base + first * modulus->limbs, modulus->limbs, some, source);
    norn_lanes_enter(modulus, lanes, source);
    if (norn_lanes_power(modulus, lanes, exponent, bits) != 0) status = NORN_CRYPTO_NO_MEMORY;
    leave(modulus, lanes, some, out + first * modulus->limbs);
  }
  norn_words_free(lanes, norn_lanes_words(modulus));
  return status;
}

norn_crypto_status norn_group_multiply(const norn_group *group, const uint64_t *left, const uint64_t *right,
                                       size_t count, uint64_t *out) {
  const norn_modulus *modulus = &group->modulus;
  const size_t words = norn_lanes_words(modulus);
  uint64_t *lanes = norn_words_alloc(words * 2);
  if (!lanes) return NORN_CRYPTO_NO_MEMORY;
  for (size_t first = 0; first < count; first += NORN_LANES) {
    const size_t some = count - first < NORN_LANES ? count - first : NORN_LANES;
    const uint64_t *source[NORN_LANES];
    lanes_of(left + first * modulus->limbs, modulus->limbs, some, source);
    norn_lanes_enter(modulus, lanes, source);
    lanes_of(right + first * modulus->limbs, modulus->limbs, some, source);
    norn_lanes_enter(modulus, lanes + words, source);
    norn_lanes_multiply(modulus, lanes, lanes, lanes + words);
    leave(modulus, lanes, some, out + first * modulus->limbs);
  }
  norn_words_free(lanes, words * 2);
  return NORN_CRYPTO_OK;
}

norn_crypto_status norn_group_invert(const norn_group *group, const uint64_t *value, size_t count,
                                     uint64_t *out, size_t *bad) {
  const size_t limbs = group->modulus.limbs;
  mpz_t number;
  mpz_init(number);
  norn_crypto_status status = NORN_CRYPTO_OK;
  for (size_t i = 0; i < count && status == NORN_CRYPTO_OK; i++) {
    norn_mpz_from(number, value + i * limbs, limbs);
    if (mpz_invert(number, number, group->n)) {
      norn_mpz_to(number, out + i * limbs, limbs);
    } else {
      *bad = i;
      status = NORN_CRYPTO_BAD_POINT;
    }
  }
  norn_mpz_wipe(number);
  return status;
}

static int is_fine(const norn_group *group, mpz_srcptr number, mpz_t divisor) {
  if (mpz_cmp_ui(number, 1) <= 0 || mpz_cmp(number, group->last) >= 0) return 0;
  mpz_gcd(divisor, number, group->n);
  return mpz_cmp_ui(divisor, 1) == 0;
}

norn_crypto_status norn_group_check(const norn_group *group, const uint64_t *value, size_t count, int squares,
                                    size_t *bad) {
  const size_t limbs = group->modulus.limbs;
  mpz_t number, divisor;
  mpz_inits(number, divisor, NULL);
  norn_crypto_status status = NORN_CRYPTO_OK;
  for (size_t i = 0; i < count && status == NORN_CRYPTO_OK; i++) {
    norn_mpz_from(number, value + i * limbs, limbs);
    /* The Jacobi symbol is 0 where there is a common factor. */
    const int fine = squares ? mpz_cmp_ui(number, 1) > 0 && mpz_cmp(number, group->last) < 0 &&
                                   mpz_jacobi(number, group->n) == 1
                             : is_fine(group, number, divisor);
    if (!fine) {
      *bad = i;
      status = NORN_CRYPTO_BAD_POINT;
    }
  }
  mpz_clears(number, divisor, NULL);
  return status;
}

norn_crypto_status norn_group_random(const norn_group *group, size_t count, uint64_t *out) {
  const size_t limbs = group->modulus.limbs;
  mpz_t number, divisor;
  mpz_inits(number, divisor, NULL);
  norn_crypto_status status = NORN_CRYPTO_OK;
  for (size_t i = 0; i < count && status == NORN_CRYPTO_OK;) {
    /* The modulus has its highest bit set, so at least every second try is below it. */
    status = norn_mpz_random(number, limbs * 64);
    if (status != NORN_CRYPTO_OK || !is_fine(group, number, divisor)) continue;
    norn_mpz_to(number, out + i * limbs, limbs);
    i += 1;
  }
  norn_mpz_wipe(number);
  norn_mpz_wipe(divisor);
  return status;
}

/* MGF1 of a seed, into whole blocks; the last may reach beyond count. */
static norn_crypto_status expand(int method, const uint8_t *seed, size_t size, uint8_t *out, size_t count) {
  static const uint32_t offsets[2] = {0, 4};
  for (size_t block = 0; block * size < count; block++) {
    const uint8_t counter[4] = {0, 0, (uint8_t)(block >> 8), (uint8_t)block};
    const norn_crypto_status status =
        norn_digest_many(method, seed, size, counter, offsets, 1, out + block * size);
    if (status != NORN_CRYPTO_OK) return status;
  }
  return NORN_CRYPTO_OK;
}

norn_crypto_status norn_group_hash(const norn_group *group, int method, const uint8_t *prefix,
                                   size_t prefix_count, const uint8_t *messages, const uint32_t *offsets,
                                   size_t count, int squares, uint64_t *out) {
  const size_t limbs = group->modulus.limbs, size = norn_digest_size(method);
  const size_t wanted = limbs * 8 + HASH_EXTRA_BYTES;
  uint8_t bytes[NORN_PAILLIER_MAX_BITS / 8 + HASH_EXTRA_BYTES + 64];
  uint8_t seed[64];
  if (size == 0) return NORN_CRYPTO_BAD_ARGUMENT;
  mpz_t number;
  mpz_init(number);
  norn_crypto_status status = NORN_CRYPTO_OK;
  for (size_t i = 0; i < count && status == NORN_CRYPTO_OK; i++) {
    status = norn_digest_many(method, prefix, prefix_count, messages, offsets + i, 1, seed);
    if (status == NORN_CRYPTO_OK) status = expand(method, seed, size, bytes, wanted);
    mpz_import(number, wanted, 1, 1, 0, 0, bytes);
    if (squares) mpz_mul(number, number, number);
    mpz_mod(number, number, group->n);
    norn_mpz_to(number, out + i * limbs, limbs);
  }
  norn_mpz_wipe(number);
  return status;
}
