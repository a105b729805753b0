/* The cryptography under NornCrypto: Paillier, RSA and residue groups over GMP, X25519 and a hash to its curve over OpenSSL and own
 * field arithmetic. Every function may be called from any thread; objects are read-only once made. Numbers
 * are little-endian 64-bit limbs; a ciphertext has norn_paillier_ciphertext_limbs() of them. Functions return
 * a norn_crypto_status. */
#ifndef NORN_CRYPTO_H
#define NORN_CRYPTO_H
#include <stddef.h>
#include <stdint.h>

typedef int norn_crypto_status;
#define NORN_CRYPTO_OK 0
#define NORN_CRYPTO_NO_MEMORY 1
#define NORN_CRYPTO_NO_RANDOMNESS 2
#define NORN_CRYPTO_KEY_SIZE 3 /* not a supported number of bits */
#define NORN_CRYPTO_BAD_KEY 4  /* a modulus that no honest party makes */
#define NORN_CRYPTO_BAD_CIPHERTEXT 5
#define NORN_CRYPTO_OUT_OF_RANGE 6 /* a plaintext that does not fit 127 bits and a sign */
#define NORN_CRYPTO_BAD_POINT 7
#define NORN_CRYPTO_BAD_ARGUMENT 8

#define NORN_PAILLIER_MIN_BITS 1024u
#define NORN_PAILLIER_MAX_BITS 4096u

/* A plaintext: a signed 128-bit integer as two limbs, low first (the layout of Swift's Int128). */
typedef struct norn_plaintext {
  uint64_t low;
  uint64_t high;
} norn_plaintext;

typedef struct norn_paillier_public norn_paillier_public;
typedef struct norn_paillier_private norn_paillier_private;

/* Fills with the kernel's getrandom. */
norn_crypto_status norn_random_fill(void *out, size_t count);

norn_crypto_status norn_sha512(const uint8_t *bytes, size_t count, uint8_t out[64]);

/* Digest methods: what norn_digest_size and norn_digest_many take. */
#define NORN_DIGEST_SHA224 1
#define NORN_DIGEST_SHA256 2
#define NORN_DIGEST_SHA384 3
#define NORN_DIGEST_SHA512 4
#define NORN_DIGEST_SM3 5
/* 0 for an unknown method. */
size_t norn_digest_size(int method);
/* out[i] = digest of prefix and the i-th message, norn_digest_size bytes each. offsets: count + 1. */
norn_crypto_status norn_digest_many(int method, const uint8_t *prefix, size_t prefix_count,
                                    const uint8_t *messages, const uint32_t *offsets, size_t count,
                                    uint8_t *out);

/* The key stream of ChaCha20 (RFC 8439) from block 0 with a nonce of zero: a key is for one stream only. */
norn_crypto_status norn_chacha20(const uint8_t key[32], uint8_t *out, size_t count);

/* bits: a multiple of 128 in the limits above. portable != 0 leaves AVX-512 unused (tests compare both). */
norn_crypto_status norn_paillier_generate(unsigned bits, int portable, norn_paillier_private **out);
void norn_paillier_private_free(norn_paillier_private *key);
/* The modulus: bits / 64 limbs. */
void norn_paillier_private_modulus(const norn_paillier_private *key, uint64_t *limbs);
size_t norn_paillier_private_limbs(const norn_paillier_private *key);
/* Checks size, oddness, small factors, perfect powers and primality. */
norn_crypto_status norn_paillier_public_make(const uint64_t *modulus, size_t limbs, int portable,
                                             norn_paillier_public **out);
void norn_paillier_public_free(norn_paillier_public *key);
size_t norn_paillier_ciphertext_limbs(const norn_paillier_public *key);
/* Builds the table for fresh encryptions (about 20 MB at 2048 bits); call once before encrypt, from one
 * thread. */
norn_crypto_status norn_paillier_prepare(norn_paillier_public *key);

/* Fresh encryptions; the key is prepared. */
norn_crypto_status norn_paillier_encrypt(const norn_paillier_public *key, const norn_plaintext *plain,
                                         size_t count, uint64_t *out);
/* cipher *= a fresh encryption of plain (NULL: of zero). */
norn_crypto_status norn_paillier_add_fresh(const norn_paillier_public *key, const norn_plaintext *plain,
                                           uint64_t *cipher, size_t count);
/* out may be left or right. */
norn_crypto_status norn_paillier_add(const norn_paillier_public *key, const uint64_t *left,
                                     const uint64_t *right, size_t count, uint64_t *out);
/* cipher[i] ^ scalar[i]; not re-randomised. */
norn_crypto_status norn_paillier_scale(const norn_paillier_public *key, const uint64_t *cipher,
                                       const int64_t *scalar, size_t count, uint64_t *out);
/* out[column] = product over rows of cipher[row] ^ scalars[column * stride + row]; not re-randomised. */
norn_crypto_status norn_paillier_sums(const norn_paillier_public *key, const uint64_t *cipher, size_t rows,
                                      const int64_t *scalars, size_t stride, size_t columns, uint64_t *out);
/* out[group] = product of the cipher[row] over rows and columns with groups[column * stride + row] == group; -1
 * is in no group; a group without rows gives 1. Not re-randomised. */
norn_crypto_status norn_paillier_group_sums(const norn_paillier_public *key, const uint64_t *cipher, size_t rows,
                                            const int32_t *groups, size_t stride, size_t columns,
                                            size_t group_count, uint64_t *out);
/* Refuses the first ciphertext that is 0, not below n^2 or not prime to n; its index goes to *bad. */
norn_crypto_status norn_paillier_check(const norn_paillier_public *key, const uint64_t *cipher, size_t count,
                                       size_t *bad);
/* plain: in (-2^127, 2^127), else OUT_OF_RANGE with the index in *bad. use_crt 0: the textbook way, for
 * tests. */
norn_crypto_status norn_paillier_decrypt(const norn_paillier_private *key, const uint64_t *cipher,
                                         size_t count, int use_crt, norn_plaintext *plain, size_t *bad);

/* Residues modulo an odd number of whole limbs: a safe prime of Diffie-Hellman or an RSA modulus. */
typedef struct norn_group norn_group;
norn_crypto_status norn_group_make(const uint64_t *modulus, size_t limbs, norn_group **out);
void norn_group_free(norn_group *group);
size_t norn_group_limbs(const norn_group *group);
/* The prime of RFC 2409 (1024) or RFC 3526 (1536, 2048, 3072, 4096): bits / 64 limbs. */
norn_crypto_status norn_safe_prime(unsigned bits, uint64_t *limbs);
/* Refuses an RSA modulus that no honest party makes: even, prime, a power, or with a small factor. */
norn_crypto_status norn_group_check_composite(const norn_group *group);
/* out[i] = base[i] ^ exponent; one secret exponent for all, in time that does not depend on its bits. */
norn_crypto_status norn_group_power(const norn_group *group, const uint64_t *exponent, size_t bits,
                                    const uint64_t *base, size_t count, uint64_t *out);
norn_crypto_status norn_group_multiply(const norn_group *group, const uint64_t *left, const uint64_t *right,
                                       size_t count, uint64_t *out);
/* out[i] = 1 / value[i]; BAD_POINT where there is none. */
norn_crypto_status norn_group_invert(const norn_group *group, const uint64_t *value, size_t count,
                                     uint64_t *out, size_t *bad);
/* Refuses (BAD_POINT) the first value that is not in 2 ... modulus - 2 or not prime to the modulus; with
 * squares != 0 also one that is no square: modulo a safe prime the squares are the subgroup of prime order. */
norn_crypto_status norn_group_check(const norn_group *group, const uint64_t *value, size_t count, int squares,
                                    size_t *bad);
/* Uniform, in 2 ... modulus - 2 and prime to the modulus. */
norn_crypto_status norn_group_random(const norn_group *group, size_t count, uint64_t *out);
/* A full-domain hash: MGF1 (RFC 8017, B.2.1) of digest(prefix, message) to 16 bytes more than the modulus has,
 * reduced; squared when squares != 0. */
norn_crypto_status norn_group_hash(const norn_group *group, int method, const uint8_t *prefix,
                                   size_t prefix_count, const uint8_t *messages, const uint32_t *offsets,
                                   size_t count, int squares, uint64_t *out);

/* RSA with e = 65537. bits: a multiple of 128 in Paillier's limits. */
#define NORN_RSA_EXPONENT 65537u
typedef struct norn_rsa norn_rsa;
norn_crypto_status norn_rsa_generate(unsigned bits, norn_rsa **out);
/* From the primes, limbs each. */
norn_crypto_status norn_rsa_make(const uint64_t *p, const uint64_t *q, size_t limbs, norn_rsa **out);
void norn_rsa_free(norn_rsa *key);
/* bits / 64 limbs; of each prime half as many. */
void norn_rsa_modulus(const norn_rsa *key, uint64_t *limbs);
void norn_rsa_primes(const norn_rsa *key, uint64_t *p, uint64_t *q);
/* out[i] = value[i] ^ d, by the Chinese remainder theorem. */
norn_crypto_status norn_rsa_sign(const norn_rsa *key, const uint64_t *value, size_t count, uint64_t *out);

#define NORN_POINT_BYTES 32u
/* RFC 7748 X25519 of count u-coordinates with one scalar. A result of zero (a low-order point) is BAD_POINT
 * with its index in *bad. portable != 0 uses OpenSSL even where AVX-512 IFMA is there. */
norn_crypto_status norn_x25519_many(const uint8_t scalar[32], const uint8_t *points, size_t count,
                                    int portable, uint8_t *out, size_t *bad);
/* Refuses non-canonical, all-zero and low-order u-coordinates. */
norn_crypto_status norn_x25519_check(const uint8_t *points, size_t count, size_t *bad);
/* RFC 9380 encode_to_curve of curve25519_XMD:SHA-512_ELL2_NU_, u-coordinate only and before the cofactor is
 * cleared (an X25519 scalar is a multiple of the cofactor). offsets: count + 1. */
norn_crypto_status norn_hash_to_curve25519(const uint8_t *messages, const uint32_t *offsets, size_t count,
                                           const uint8_t *tag, size_t tag_count, uint8_t *out);
/* The same map for one field element, 32 bytes little-endian (for test vectors). */
void norn_map_to_curve25519(const uint8_t element[32], uint8_t out[32]);
#endif
