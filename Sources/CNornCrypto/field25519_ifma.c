/* Eight field elements at a time, radix 2^51 in 52-bit multipliers: the high half of a product weighs 2^52,
 * so it is doubled into the next limb. */
#include "field25519.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define IFMA __attribute__((target("avx512f,avx512dq,avx512ifma")))
#define INLINE __attribute__((target("avx512f,avx512dq,avx512ifma"), always_inline)) static inline

typedef struct lanes {
  __m512i limb[NORN_FIELD_LIMBS];
} lanes;

int norn_field_has_lanes(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512ifma");
}

INLINE __m512i times_19(__m512i value) {
  return _mm512_add_epi64(_mm512_add_epi64(_mm512_slli_epi64(value, 4), _mm512_slli_epi64(value, 1)), value);
}

/* One parallel pass: limbs below 2^61 come out below 2^51 + 2^15. */
INLINE lanes carry(lanes value) {
  const __m512i mask = _mm512_set1_epi64((long long)NORN_FIELD_MASK);
  lanes out;
  for (int i = 0; i < NORN_FIELD_LIMBS; i++) {
    const __m512i above = _mm512_srli_epi64(value.limb[(i + 4) % 5], 51);
    out.limb[i] = _mm512_add_epi64(_mm512_and_si512(value.limb[i], mask), i == 0 ? times_19(above) : above);
  }
  return out;
}

INLINE lanes add(lanes a, lanes b) {
  for (int i = 0; i < NORN_FIELD_LIMBS; i++) a.limb[i] = _mm512_add_epi64(a.limb[i], b.limb[i]);
  return carry(a);
}

INLINE lanes subtract(lanes a, lanes b) {
  for (int i = 0; i < NORN_FIELD_LIMBS; i++) {
    const __m512i padding = _mm512_set1_epi64((long long)(4 * NORN_FIELD_MASK - (i == 0 ? 72 : 0)));
    a.limb[i] = _mm512_sub_epi64(_mm512_add_epi64(a.limb[i], padding), b.limb[i]);
  }
  return carry(a);
}

INLINE lanes constant(uint64_t value) {
  lanes out = {{_mm512_set1_epi64((long long)value)}};
  for (int i = 1; i < NORN_FIELD_LIMBS; i++) out.limb[i] = _mm512_setzero_si512();
  return out;
}

INLINE lanes multiply(lanes a, lanes b) {
  __m512i low[10], high[10];
  for (int k = 0; k < 10; k++) low[k] = high[k] = _mm512_setzero_si512();
  for (int i = 0; i < NORN_FIELD_LIMBS; i++)
    for (int j = 0; j < NORN_FIELD_LIMBS; j++) {
      low[i + j] = _mm512_madd52lo_epu64(low[i + j], a.limb[i], b.limb[j]);
      high[i + j + 1] = _mm512_madd52hi_epu64(high[i + j + 1], a.limb[i], b.limb[j]);
    }
  lanes out;
  for (int k = 0; k < NORN_FIELD_LIMBS; k++) {
    const __m512i near = _mm512_add_epi64(low[k], _mm512_slli_epi64(high[k], 1));
    const __m512i far = _mm512_add_epi64(low[k + 5], _mm512_slli_epi64(high[k + 5], 1));
    out.limb[k] = _mm512_add_epi64(near, times_19(far));
  }
  return carry(out);
}

/* Times a constant below 2^52. */
INLINE lanes multiply_small(lanes a, uint64_t factor) {
  const __m512i b = _mm512_set1_epi64((long long)factor), zero = _mm512_setzero_si512();
  lanes out;
  for (int k = 0; k < NORN_FIELD_LIMBS; k++) {
    const __m512i high = _mm512_slli_epi64(_mm512_madd52hi_epu64(zero, a.limb[(k + 4) % 5], b), 1);
    out.limb[k] = _mm512_madd52lo_epu64(k == 0 ? times_19(high) : high, a.limb[k], b);
  }
  return carry(out);
}

IFMA static lanes square_times(lanes value, int times) {
  while (times-- > 0) value = multiply(value, value);
  return value;
}

IFMA static lanes power_2_250(lanes value, lanes *power_11) {
  const lanes p2 = multiply(value, value);
  const lanes p9 = multiply(square_times(p2, 2), value);
  const lanes p11 = multiply(p9, p2);
  const lanes e5 = multiply(multiply(p11, p11), p9);
  const lanes e10 = multiply(square_times(e5, 5), e5);
  const lanes e20 = multiply(square_times(e10, 10), e10);
  const lanes e40 = multiply(square_times(e20, 20), e20);
  const lanes e50 = multiply(square_times(e40, 10), e10);
  const lanes e100 = multiply(square_times(e50, 50), e50);
  const lanes e200 = multiply(square_times(e100, 100), e100);
  *power_11 = p11;
  return multiply(square_times(e200, 50), e50);
}

IFMA static lanes invert(lanes value) {
  lanes p11;
  const lanes high = power_2_250(value, &p11);
  return multiply(square_times(high, 5), p11);
}

IFMA static lanes read_lanes(const norn_field value[NORN_FIELD_LANES]) {
  lanes out;
  for (int i = 0; i < NORN_FIELD_LIMBS; i++) {
    uint64_t words[NORN_FIELD_LANES];
    for (int lane = 0; lane < NORN_FIELD_LANES; lane++) words[lane] = value[lane].limb[i];
    out.limb[i] = _mm512_loadu_si512(words);
  }
  return out;
}

IFMA static void write_lanes(lanes value, norn_field out[NORN_FIELD_LANES]) {
  for (int i = 0; i < NORN_FIELD_LIMBS; i++) {
    uint64_t words[NORN_FIELD_LANES];
    _mm512_storeu_si512(words, value.limb[i]);
    for (int lane = 0; lane < NORN_FIELD_LANES; lane++) out[lane].limb[i] = words[lane];
  }
}

IFMA void norn_field_map_to_curve_lanes(const norn_field element[NORN_FIELD_LANES],
                                        norn_field out[NORN_FIELD_LANES]) {
  const lanes zero = constant(0), one = constant(1), a = constant(NORN_MONTGOMERY_A);
  const lanes u = read_lanes(element), squared = multiply(u, u);
  const lanes x1 = multiply(subtract(zero, a), invert(add(one, add(squared, squared))));
  const lanes x2 = subtract(zero, add(x1, a));
  const lanes g = multiply(x1, add(multiply(x1, add(x1, a)), one));
  lanes p11;
  const lanes g2 = multiply(g, g), g6 = multiply(multiply(g2, g2), g2);
  const lanes euler = multiply(square_times(power_2_250(g, &p11), 4), g6);
  norn_field symbol[NORN_FIELD_LANES], first[NORN_FIELD_LANES], second[NORN_FIELD_LANES];
  write_lanes(euler, symbol);
  write_lanes(x1, first);
  write_lanes(x2, second);
  for (int lane = 0; lane < NORN_FIELD_LANES; lane++) {
    uint8_t bytes[32];
    norn_field_write(symbol[lane], bytes);
    out[lane] = bytes[1] == 0 ? first[lane] : second[lane]; /* 0 or 1, and not p - 1 */
  }
}

INLINE void swap_if(lanes *a, lanes *b, __m512i mask) {
  for (int i = 0; i < NORN_FIELD_LIMBS; i++) {
    const __m512i difference = _mm512_and_si512(_mm512_xor_si512(a->limb[i], b->limb[i]), mask);
    a->limb[i] = _mm512_xor_si512(a->limb[i], difference);
    b->limb[i] = _mm512_xor_si512(b->limb[i], difference);
  }
}

IFMA void norn_field_ladder_lanes(const uint8_t scalar[32], const norn_field point[NORN_FIELD_LANES],
                                  norn_field out[NORN_FIELD_LANES]) {
  const lanes x1 = read_lanes(point);
  lanes x2 = constant(1), z2 = constant(0), x3 = x1, z3 = constant(1);
  uint64_t swapped = 0;
  for (int bit = 254; bit >= 0; bit--) {
    const uint64_t now = scalar[bit / 8] >> (bit % 8) & 1;
    const __m512i mask = _mm512_set1_epi64((long long)(0 - (swapped ^ now)));
    swap_if(&x2, &x3, mask);
    swap_if(&z2, &z3, mask);
    swapped = now;
    const lanes a = add(x2, z2), b = subtract(x2, z2), c = add(x3, z3), d = subtract(x3, z3);
    const lanes da = multiply(d, a), cb = multiply(c, b), aa = multiply(a, a), bb = multiply(b, b);
    const lanes sum = add(da, cb), difference = subtract(da, cb), e = subtract(aa, bb);
    x3 = multiply(sum, sum);
    z3 = multiply(x1, multiply(difference, difference));
    x2 = multiply(aa, bb);
    z2 = multiply(e, add(aa, multiply_small(e, 121665)));
  }
  const __m512i mask = _mm512_set1_epi64((long long)(0 - swapped));
  swap_if(&x2, &x3, mask);
  swap_if(&z2, &z3, mask);
  write_lanes(multiply(x2, invert(z2)), out);
}
#else
int norn_field_has_lanes(void) {
  return 0;
}
/* Never called: there are no lanes here. */
void norn_field_map_to_curve_lanes(const norn_field element[NORN_FIELD_LANES],
                                   norn_field out[NORN_FIELD_LANES]) {
  (void)element, (void)out;
}
void norn_field_ladder_lanes(const uint8_t scalar[32], const norn_field point[NORN_FIELD_LANES],
                             norn_field out[NORN_FIELD_LANES]) {
  (void)scalar, (void)point, (void)out;
}
#endif
