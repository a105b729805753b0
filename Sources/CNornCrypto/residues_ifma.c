/* Montgomery multiplication of eight residues with AVX-512 IFMA, radix 2^52: each 64-bit lane of a vector
 * belongs to another residue, so there are no carries between lanes. Digit sums stay below 2^64 because every
 * partial product is below 2^52 and a sum takes at most 4 * digits of them. */
#include "residues.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define IFMA __attribute__((target("avx512f,avx512dq,avx512ifma")))

int norn_ifma_available(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512ifma");
}

/* R = 2^(52 * digits) > 4 * modulus, so inputs below twice the modulus give an output below twice the
 * modulus. */
IFMA void norn_ifma_multiply(const norn_modulus *modulus, uint64_t *out, const uint64_t *a,
                             const uint64_t *b) {
  const size_t digits = modulus->digits;
  const uint64_t *n = modulus->value_digits;
  const __m512i zero = _mm512_setzero_si512();
  const __m512i k0 = _mm512_set1_epi64((long long)modulus->negated_inverse);
  const __m512i mask = _mm512_set1_epi64((1LL << 52) - 1);
  __m512i sum[NORN_MODULUS_MAX_DIGITS + 1];
  for (size_t j = 0; j <= digits; j++) sum[j] = zero;
  const __m512i n0 = _mm512_set1_epi64((long long)n[0]);
  for (size_t i = 0; i < digits; i++) {
    const __m512i bi = _mm512_load_si512(b + i * 8);
    __m512i previous_a = _mm512_load_si512(a);
    __m512i previous_n = n0;
    __m512i low = _mm512_madd52lo_epu64(sum[0], previous_a, bi);
    const __m512i q = _mm512_madd52lo_epu64(zero, low, k0);
    low = _mm512_madd52lo_epu64(low, previous_n, q);
    __m512i carry = _mm512_srli_epi64(low, 52);
    for (size_t j = 1; j < digits; j++) {
      const __m512i aj = _mm512_load_si512(a + j * 8);
      const __m512i nj = _mm512_set1_epi64((long long)n[j]);
      __m512i first = _mm512_madd52lo_epu64(sum[j], aj, bi);
      __m512i second = _mm512_madd52lo_epu64(carry, nj, q);
      first = _mm512_madd52hi_epu64(first, previous_a, bi);
      second = _mm512_madd52hi_epu64(second, previous_n, q);
      sum[j - 1] = _mm512_add_epi64(first, second);
      carry = zero;
      previous_a = aj;
      previous_n = nj;
    }
    sum[digits - 1] = _mm512_madd52hi_epu64(_mm512_madd52hi_epu64(zero, previous_a, bi), previous_n, q);
  }
  __m512i carry = zero;
  for (size_t j = 0; j < digits; j++) {
    const __m512i digit = _mm512_add_epi64(sum[j], carry);
    _mm512_store_si512(out + j * 8, _mm512_and_si512(digit, mask));
    carry = _mm512_srli_epi64(digit, 52);
  }
}

/* Transposes an 8 x 8 block of words. */
IFMA static inline void transpose(__m512i row[8]) {
  __m512i t[8], u[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm512_unpacklo_epi64(row[i], row[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi64(row[i], row[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    u[i] = _mm512_shuffle_i64x2(t[i], t[i + 2], 0x88);
    u[i + 1] = _mm512_shuffle_i64x2(t[i + 1], t[i + 3], 0x88);
    u[i + 2] = _mm512_shuffle_i64x2(t[i], t[i + 2], 0xdd);
    u[i + 3] = _mm512_shuffle_i64x2(t[i + 1], t[i + 3], 0xdd);
  }
  for (int i = 0; i < 4; i++) {
    row[i] = _mm512_shuffle_i64x2(u[i], u[i + 4], 0x88);
    row[i + 4] = _mm512_shuffle_i64x2(u[i], u[i + 4], 0xdd);
  }
}

IFMA void norn_ifma_gather(const norn_modulus *modulus, uint64_t *lanes,
                           const uint64_t *const element[NORN_LANES]) {
  const size_t digits = modulus->digits;
  for (size_t j = 0; j < digits; j += 8) {
    __m512i row[8];
    for (int i = 0; i < 8; i++) row[i] = _mm512_load_si512((element[i] ? element[i] : modulus->one) + j);
    transpose(row);
    for (size_t i = 0; i < 8 && j + i < digits; i++) _mm512_store_si512(lanes + (j + i) * 8, row[i]);
  }
}

IFMA void norn_ifma_scatter(const norn_modulus *modulus, const uint64_t *lanes,
                            uint64_t *const element[NORN_LANES]) {
  const size_t digits = modulus->digits;
  for (size_t j = 0; j < digits; j += 8) {
    __m512i row[8];
    for (size_t i = 0; i < 8; i++)
      row[i] = j + i < digits ? _mm512_load_si512(lanes + (j + i) * 8) : _mm512_setzero_si512();
    transpose(row);
    for (int i = 0; i < 8; i++)
      if (element[i]) _mm512_store_si512(element[i] + j, row[i]);
  }
}

/* Reads every entry, keeps one: the index does not show in the addresses. */
IFMA void norn_ifma_select(const norn_modulus *modulus, uint64_t *out, const uint64_t *table, size_t entries,
                           size_t index) {
  const size_t digits = modulus->digits;
  for (size_t j = 0; j < digits; j++) {
    __m512i word = _mm512_setzero_si512();
    for (size_t entry = 0; entry < entries; entry++) {
      const uint64_t keep = 0 - (uint64_t)(entry == index);
      const __m512i kept = _mm512_and_si512(_mm512_load_si512(table + (entry * digits + j) * 8),
                                            _mm512_set1_epi64((long long)keep));
      word = _mm512_or_si512(word, kept);
    }
    _mm512_store_si512(out + j * 8, word);
  }
}
#else
int norn_ifma_available(void) {
  return 0;
}
/* Never called: no modulus is a vector one here. */
void norn_ifma_multiply(const norn_modulus *m, uint64_t *o, const uint64_t *a, const uint64_t *b) {
  (void)m, (void)o, (void)a, (void)b;
}
void norn_ifma_gather(const norn_modulus *m, uint64_t *l, const uint64_t *const e[NORN_LANES]) {
  (void)m, (void)l, (void)e;
}
void norn_ifma_scatter(const norn_modulus *m, const uint64_t *l, uint64_t *const e[NORN_LANES]) {
  (void)m, (void)l, (void)e;
}
void norn_ifma_select(const norn_modulus *m, uint64_t *o, const uint64_t *t, size_t n, size_t i) {
  (void)m, (void)o, (void)t, (void)n, (void)i;
}
#endif
