/* Decryption with the Chinese remainder theorem (Paillier 1999, section 7): half-size exponents modulo p^2
 * and q^2. */
#include <stdlib.h>
#include <string.h>

#include "paillier.h"

#define PLAINTEXT_BITS 127

/* residue[lane] = L_p(c^(p-1) mod p^2) * weight mod p, for up to eight ciphertexts. */
static norn_crypto_status decrypt_half(const norn_paillier_half *half, mpz_t *cipher, size_t count,
                                       mpz_t *residue) {
  const norn_modulus *modulus = &half->modulus;
  const size_t block = norn_lanes_words(modulus), words = modulus->limbs;
  const size_t scratch_words = block + NORN_LANES * words;
  uint64_t *scratch = norn_words_alloc(scratch_words);
  if (!scratch) return NORN_CRYPTO_NO_MEMORY;
  uint64_t *plain = scratch + block;
  const uint64_t *source[NORN_LANES] = {0};
  uint64_t *target[NORN_LANES] = {0};
  for (size_t i = 0; i < count; i++) {
    mpz_mod(residue[i], cipher[i], half->prime_square);
    target[i] = plain + i * words;
    source[i] = target[i];
    norn_mpz_to(residue[i], target[i], words);
  }
  norn_lanes_enter(modulus, scratch, source);
  const int failed = norn_lanes_power(modulus, scratch, half->exponent, mpz_sizeinbase(half->prime, 2));
  if (!failed) norn_lanes_leave(modulus, scratch, target);
  for (size_t i = 0; i < count && !failed; i++) {
    norn_mpz_from(residue[i], target[i], words);
    mpz_sub_ui(residue[i], residue[i], 1);
    mpz_fdiv_q(residue[i], residue[i], half->prime);
    mpz_mul(residue[i], residue[i], half->weight);
    mpz_mod(residue[i], residue[i], half->prime);
  }
  norn_words_free(scratch, scratch_words);
  return failed ? NORN_CRYPTO_NO_MEMORY : NORN_CRYPTO_OK;
}

/* m in 0 ..< n as a signed number around zero. */
static int to_plaintext(const norn_paillier_private *key, mpz_t m, norn_plaintext *out) {
  const int negative = mpz_cmp(m, key->half_n) > 0;
  if (negative) mpz_sub(m, key->n, m);
  if (mpz_sizeinbase(m, 2) > PLAINTEXT_BITS) return -1;
  uint64_t words[2];
  norn_mpz_to(m, words, 2);
  if (negative) {
    words[1] = ~words[1] + (words[0] == 0);
    words[0] = 0 - words[0];
  }
  *out = (norn_plaintext){words[0], words[1]};
  return 0;
}

static norn_crypto_status decrypt_block(const norn_paillier_private *key, mpz_t *cipher, mpz_t *at_p,
                                        mpz_t *at_q, size_t count, norn_plaintext *plain, size_t *bad) {
  norn_crypto_status status = decrypt_half(&key->p, cipher, count, at_p);
  if (status == NORN_CRYPTO_OK) status = decrypt_half(&key->q, cipher, count, at_q);
  for (size_t i = 0; i < count && status == NORN_CRYPTO_OK; i++) {
    mpz_sub(at_p[i], at_p[i], at_q[i]); /* Garner: m = m_q + q ((m_p - m_q) / q mod p) */
    mpz_mul(at_p[i], at_p[i], key->q_inverse);
    mpz_mod(at_p[i], at_p[i], key->p.prime);
    mpz_mul(at_p[i], at_p[i], key->q.prime);
    mpz_add(at_p[i], at_p[i], at_q[i]);
    if (to_plaintext(key, at_p[i], plain + i) != 0) {
      *bad = i;
      status = NORN_CRYPTO_OUT_OF_RANGE;
    }
  }
  return status;
}

static norn_crypto_status decrypt_textbook(const norn_paillier_private *key, mpz_t *cipher, size_t count,
                                           norn_plaintext *plain, size_t *bad) {
  for (size_t i = 0; i < count; i++) {
    mpz_powm_sec(cipher[i], cipher[i], key->lambda, key->n_square);
    mpz_sub_ui(cipher[i], cipher[i], 1);
    mpz_fdiv_q(cipher[i], cipher[i], key->n);
    mpz_mul(cipher[i], cipher[i], key->mu);
    mpz_mod(cipher[i], cipher[i], key->n);
    if (to_plaintext(key, cipher[i], plain + i) != 0) {
      *bad = i;
      return NORN_CRYPTO_OUT_OF_RANGE;
    }
  }
  return NORN_CRYPTO_OK;
}

norn_crypto_status norn_paillier_decrypt(const norn_paillier_private *key, const uint64_t *cipher,
                                         size_t count, int use_crt, norn_plaintext *plain, size_t *bad) {
  const size_t words = key->limbs * 2;
  mpz_t numbers[3][NORN_LANES];
  for (size_t i = 0; i < 3 * NORN_LANES; i++) mpz_init(numbers[i / NORN_LANES][i % NORN_LANES]);
  norn_crypto_status status = NORN_CRYPTO_OK;
  for (size_t first = 0; first < count && status == NORN_CRYPTO_OK; first += NORN_LANES) {
    const size_t some = count - first < NORN_LANES ? count - first : NORN_LANES;
    for (size_t i = 0; i < some && status == NORN_CRYPTO_OK; i++) {
      norn_mpz_from(numbers[0][i], cipher + (first + i) * words, words);
      mpz_gcd(numbers[1][i], numbers[0][i], key->n);
      if (mpz_cmp(numbers[0][i], key->n_square) >= 0 || mpz_cmp_ui(numbers[1][i], 1) != 0) {
        *bad = i;
        status = NORN_CRYPTO_BAD_CIPHERTEXT;
      }
    }
    if (status == NORN_CRYPTO_OK)
      status = use_crt ? decrypt_block(key, numbers[0], numbers[1], numbers[2], some, plain + first, bad)
                       : decrypt_textbook(key, numbers[0], some, plain + first, bad);
    if (status != NORN_CRYPTO_OK) *bad += first;
  }
  for (size_t i = 0; i < 3 * NORN_LANES; i++) norn_mpz_wipe(numbers[i / NORN_LANES][i % NORN_LANES]);
  return status;
}
