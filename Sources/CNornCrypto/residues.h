/* Eight residues at a time modulo one odd number: the arithmetic under Paillier.
 *
 * A "lanes" buffer holds eight independent residues. With AVX-512 IFMA they lie digit by digit (radix 2^52,
 * Montgomery form, below twice the modulus), and one multiplication multiplies all eight. Elsewhere they lie
 * one after the other as plain residues in 64-bit limbs and GMP does the work. An "element" is one residue in
 * the same inner form, the shape in which tables are kept. Callers see no difference. */
#ifndef NORN_RESIDUES_H
#define NORN_RESIDUES_H
#include <gmp.h>
#include <stddef.h>
#include <stdint.h>

#define NORN_LANES 8
/* n^2 of the longest key (4096 bits). */
#define NORN_MODULUS_MAX_LIMBS 128
#define NORN_MODULUS_MAX_DIGITS 160

typedef struct norn_modulus {
  size_t limbs;             /* 64-bit limbs of the modulus, and of a plain residue */
  size_t digits;            /* words of one residue inside lanes */
  size_t element;           /* words of one element, a multiple of 8 */
  int vector;               /* 1: AVX-512 IFMA */
  uint64_t negated_inverse; /* -1/modulus mod 2^52 */
  uint64_t *value;          /* limbs words */
  uint64_t *value_digits;   /* digits words, radix 2^52; NULL when not vector */
  uint64_t *one;            /* element: 1 */
  uint64_t *entry_factor;   /* lanes: R^2 mod modulus in each lane; NULL when not vector */
} norn_modulus;

/* Takes an odd modulus whose size is a whole number of limbs. Returns 0, or -1 when out of memory or range.
 */
int norn_modulus_init(norn_modulus *modulus, mpz_srcptr value, int allow_vector);
/* Wipes and frees. */
void norn_modulus_clear(norn_modulus *modulus);

/* Memory in 64-byte lines, zeroed; norn_words_free wipes it. */
uint64_t *norn_words_alloc(size_t count);
void norn_words_free(uint64_t *words, size_t count);

static inline size_t norn_lanes_words(const norn_modulus *modulus) {
  return modulus->digits * NORN_LANES;
}

/* source[i]: limbs words below the modulus; NULL is 1. */
void norn_lanes_enter(const norn_modulus *modulus, uint64_t *lanes, const uint64_t *const source[NORN_LANES]);
/* target[i]: limbs words, fully reduced; NULL is left out. */
void norn_lanes_leave(const norn_modulus *modulus, const uint64_t *lanes, uint64_t *const target[NORN_LANES]);
/* out may be a or b. */
void norn_lanes_multiply(const norn_modulus *modulus, uint64_t *out, const uint64_t *a, const uint64_t *b);
/* lanes *= elements; NULL is 1. */
void norn_lanes_multiply_elements(const norn_modulus *modulus, uint64_t *lanes,
                                  const uint64_t *const element[NORN_LANES]);
/* NULL is 1. */
void norn_lanes_gather(const norn_modulus *modulus, uint64_t *lanes,
                       const uint64_t *const element[NORN_LANES]);
/* NULL is left out. */
void norn_lanes_scatter(const norn_modulus *modulus, const uint64_t *lanes,
                        uint64_t *const element[NORN_LANES]);
/* lanes ^ exponent (the same for all lanes), in time and addresses that do not depend on the exponent's bits
 * when vector. bits: the exponent's length. Returns 0, or -1 when out of memory. */
int norn_lanes_power(const norn_modulus *modulus, uint64_t *lanes, const uint64_t *exponent, size_t bits);

/* The IFMA half; called only when norn_ifma_available() says so. */
int norn_ifma_available(void);
void norn_ifma_multiply(const norn_modulus *modulus, uint64_t *out, const uint64_t *a, const uint64_t *b);
void norn_ifma_gather(const norn_modulus *modulus, uint64_t *lanes,
                      const uint64_t *const element[NORN_LANES]);
void norn_ifma_scatter(const norn_modulus *modulus, const uint64_t *lanes,
                       uint64_t *const element[NORN_LANES]);
void norn_ifma_select(const norn_modulus *modulus, uint64_t *out, const uint64_t *table, size_t entries,
                      size_t index);
#endif
