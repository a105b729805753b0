#include "field25519.h"

#include <string.h>

typedef unsigned __int128 wide;

static uint64_t load64(const uint8_t *bytes) {
  uint64_t value;
  memcpy(&value, bytes, 8);
  return value;
}

norn_field norn_field_read(const uint8_t bytes[32]) {
  const uint64_t w0 = load64(bytes), w1 = load64(bytes + 8), w2 = load64(bytes + 16), w3 = load64(bytes + 24);
  norn_field value = {{w0 & NORN_FIELD_MASK, (w0 >> 51 | w1 << 13) & NORN_FIELD_MASK,
                       (w1 >> 38 | w2 << 26) & NORN_FIELD_MASK, (w2 >> 25 | w3 << 39) & NORN_FIELD_MASK,
                       w3 >> 12 & NORN_FIELD_MASK}};
  value.limb[0] += 19 * (w3 >> 63);
  return value;
}

static void carry(norn_field *value) {
  uint64_t c = 0;
  for (int i = 0; i < NORN_FIELD_LIMBS; i++) {
    value->limb[i] += c;
    c = value->limb[i] >> 51;
    value->limb[i] &= NORN_FIELD_MASK;
  }
  value->limb[0] += 19 * c;
}

void norn_field_write(norn_field value, uint8_t bytes[32]) {
  carry(&value);
  carry(&value); /* now below 2^255 + a little; subtract p once when it fits */
  uint64_t c = 19;
  for (int i = 0; i < NORN_FIELD_LIMBS; i++) c = (value.limb[i] + c) >> 51;
  value.limb[0] += 19 * c;
  for (int i = 0; i < NORN_FIELD_LIMBS - 1; i++) {
    value.limb[i + 1] += value.limb[i] >> 51;
    value.limb[i] &= NORN_FIELD_MASK;
  }
  value.limb[4] &= NORN_FIELD_MASK;
  const uint64_t words[4] = {value.limb[0] | value.limb[1] << 51, value.limb[1] >> 13 | value.limb[2] << 38,
                             value.limb[2] >> 26 | value.limb[3] << 25,
                             value.limb[3] >> 39 | value.limb[4] << 12};
  memcpy(bytes, words, 32);
}

static norn_field add(norn_field a, norn_field b) {
  for (int i = 0; i < NORN_FIELD_LIMBS; i++) a.limb[i] += b.limb[i];
  carry(&a);
  return a;
}

static norn_field subtract(norn_field a, norn_field b) {
  for (int i = 0; i < NORN_FIELD_LIMBS; i++) a.limb[i] += 4 * NORN_FIELD_MASK - (i == 0 ? 72 : 0) - b.limb[i];
  carry(&a);
  return a;
}

static norn_field multiply(norn_field a, norn_field b) {
  wide sum[NORN_FIELD_LIMBS] = {0};
  for (int i = 0; i < NORN_FIELD_LIMBS; i++)
    for (int j = 0; j < NORN_FIELD_LIMBS; j++) {
      const int k = i + j;
      sum[k % 5] += (wide)a.limb[i] * (k >= 5 ? 19 * b.limb[j] : b.limb[j]);
    }
  norn_field out;
  wide c = 0;
  for (int i = 0; i < NORN_FIELD_LIMBS; i++) {
    sum[i] += c;
    out.limb[i] = (uint64_t)sum[i] & NORN_FIELD_MASK;
    c = sum[i] >> 51;
  }
  c = (wide)out.limb[0] + c * 19;
  out.limb[0] = (uint64_t)c & NORN_FIELD_MASK;
  out.limb[1] += (uint64_t)(c >> 51);
  return out;
}

static norn_field square_times(norn_field value, int times) {
  while (times-- > 0) value = multiply(value, value);
  return value;
}

/* value ^ (2^250 - 1). */
static norn_field power_2_250(norn_field value, norn_field *power_11) {
  const norn_field p2 = multiply(value, value);
  const norn_field p9 = multiply(square_times(p2, 2), value);
  const norn_field p11 = multiply(p9, p2);
  const norn_field e5 = multiply(multiply(p11, p11), p9);
  const norn_field e10 = multiply(square_times(e5, 5), e5);
  const norn_field e20 = multiply(square_times(e10, 10), e10);
  const norn_field e40 = multiply(square_times(e20, 20), e20);
  const norn_field e50 = multiply(square_times(e40, 10), e10);
  const norn_field e100 = multiply(square_times(e50, 50), e50);
  const norn_field e200 = multiply(square_times(e100, 100), e100);
  *power_11 = p11;
  return multiply(square_times(e200, 50), e50);
}

static norn_field invert(norn_field value) {
  norn_field p11;
  const norn_field high = power_2_250(value, &p11);
  return multiply(square_times(high, 5), p11); /* p - 2 = 32 (2^250 - 1) + 11 */
}

/* Euler's criterion; 0 counts as a square. */
static int is_square(norn_field value) {
  norn_field p11;
  const norn_field p2 = multiply(value, value), p6 = multiply(multiply(p2, p2), p2);
  const norn_field power = multiply(square_times(power_2_250(value, &p11), 4), p6); /* (p - 1) / 2 */
  uint8_t bytes[32];
  norn_field_write(power, bytes);
  return bytes[1] == 0; /* 0 or 1, and not p - 1 = ff..ec */
}

norn_field norn_field_map_to_curve(norn_field element) {
  const norn_field zero = {{0}}, one = {{1}}, a = {{NORN_MONTGOMERY_A}};
  const norn_field squared = multiply(element, element);
  /* 1 + 2 u^2 is never 0: -1/2 is not a square. */
  const norn_field x1 = multiply(subtract(zero, a), invert(add(one, add(squared, squared))));
  const norn_field g = multiply(x1, add(multiply(x1, add(x1, a)), one));
  return is_square(g) ? x1 : subtract(zero, add(x1, a));
}
