/* Inside the files that work with GMP only: Paillier, residue groups, RSA. */
#ifndef NORN_PAILLIER_H
#define NORN_PAILLIER_H
#include "norn_crypto.h"
#include "residues.h"

/* One window of the exponent is one byte: 256 entries a window. */
#define NORN_PAILLIER_WINDOW_BITS 8

struct norn_paillier_public {
  size_t limbs; /* of n; a ciphertext has twice as many */
  mpz_t n;
  norn_modulus square;   /* n^2 */
  size_t windows;        /* of a random exponent of bits / 2 */
  uint64_t *power_table; /* [windows][256] elements: h_s ^ (digit * 256^window); NULL until prepared */
};

typedef struct norn_paillier_half {
  mpz_t prime, prime_square, weight; /* weight = L(g^(prime-1) mod prime^2)^-1 mod prime */
  norn_modulus modulus;              /* prime^2 */
  uint64_t *exponent;                /* prime - 1 */
  size_t exponent_words;
} norn_paillier_half;

struct norn_paillier_private {
  size_t limbs;
  mpz_t n, n_square, half_n, lambda, mu, q_inverse; /* q_inverse = q^-1 mod p */
  norn_paillier_half p, q;
};

/* Sets value from count limbs. */
static inline void norn_mpz_from(mpz_t value, const uint64_t *limbs, size_t count) {
  mpz_import(value, count, -1, 8, 0, 0, limbs);
}
/* Writes exactly count limbs; value is below 2^(64 * count). */
void norn_mpz_to(mpz_srcptr value, uint64_t *limbs, size_t count);
/* Overwrites the number before its memory goes back. */
void norn_mpz_wipe(mpz_t value);
/* A uniform number of at most bits bits. */
norn_crypto_status norn_mpz_random(mpz_t value, size_t bits);
/* A prime of exactly bits bits, 3 mod 4, with its two highest bits set. */
norn_crypto_status norn_random_prime(mpz_t prime, size_t bits);
#endif
