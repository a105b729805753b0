#include "residues.h"

#include <stdlib.h>
#include <string.h>

#define DIGIT_BITS 52
#define POWER_WINDOW_BITS 5

uint64_t *norn_words_alloc(size_t count) {
  const size_t bytes = (count * sizeof(uint64_t) + 63) / 64 * 64;
  uint64_t *words = aligned_alloc(64, bytes ? bytes : 64);
  if (words) memset(words, 0, bytes);
  return words;
}

void norn_words_free(uint64_t *words, size_t count) {
  if (!words) return;
  explicit_bzero(words, count * sizeof(uint64_t));
  free(words);
}

static uint64_t digit_of(const uint64_t *limbs, size_t count, size_t digit) {
  const size_t bit = digit * DIGIT_BITS, word = bit / 64, shift = bit % 64;
  if (word >= count) return 0;
  uint64_t value = limbs[word] >> shift;
  if (shift > 64 - DIGIT_BITS && word + 1 < count) value |= limbs[word + 1] << (64 - shift);
  return value & ((1ULL << DIGIT_BITS) - 1);
}

static int init_vector(norn_modulus *modulus, mpz_srcptr value) {
  modulus->value_digits = norn_words_alloc(modulus->digits);
  modulus->entry_factor = norn_words_alloc(norn_lanes_words(modulus));
  if (!modulus->value_digits || !modulus->entry_factor) return -1;
  for (size_t j = 0; j < modulus->digits; j++)
    modulus->value_digits[j] = digit_of(modulus->value, modulus->limbs, j);
  uint64_t inverse = 1; /* Newton: each step doubles the number of right bits */
  for (int i = 0; i < 6; i++) inverse *= 2 - modulus->value[0] * inverse;
  modulus->negated_inverse = (0 - inverse) & ((1ULL << DIGIT_BITS) - 1);
  mpz_t r;
  mpz_init(r);
  uint64_t plain[NORN_MODULUS_MAX_LIMBS] = {0};
  mpz_setbit(r, DIGIT_BITS * modulus->digits);
  mpz_mod(r, r, value);
  mpz_export(plain, NULL, -1, 8, 0, 0, r);
  for (size_t j = 0; j < modulus->digits; j++) modulus->one[j] = digit_of(plain, modulus->limbs, j);
  mpz_mul(r, r, r);
  mpz_mod(r, r, value);
  memset(plain, 0, sizeof plain);
  mpz_export(plain, NULL, -1, 8, 0, 0, r);
  for (size_t j = 0; j < modulus->digits; j++)
    for (size_t lane = 0; lane < NORN_LANES; lane++)
      modulus->entry_factor[j * NORN_LANES + lane] = digit_of(plain, modulus->limbs, j);
  mpz_clear(r);
  return 0;
}

int norn_modulus_init(norn_modulus *modulus, mpz_srcptr value, int allow_vector) {
  memset(modulus, 0, sizeof *modulus);
  const size_t bits = mpz_sizeinbase(value, 2);
  modulus->limbs = (bits + 63) / 64;
  if (modulus->limbs > NORN_MODULUS_MAX_LIMBS || mpz_even_p(value)) return -1;
  modulus->vector = allow_vector && norn_ifma_available();
  modulus->digits = modulus->vector ? (bits + 2 + DIGIT_BITS - 1) / DIGIT_BITS : modulus->limbs;
  modulus->element = (modulus->digits + 7) / 8 * 8;
  modulus->value = norn_words_alloc(modulus->limbs);
  modulus->one = norn_words_alloc(modulus->element);
  if (!modulus->value || !modulus->one) return -1;
  mpz_export(modulus->value, NULL, -1, 8, 0, 0, value);
  modulus->one[0] = 1;
  return modulus->vector ? init_vector(modulus, value) : 0;
}

void norn_modulus_clear(norn_modulus *modulus) {
  norn_words_free(modulus->value, modulus->limbs);
  norn_words_free(modulus->value_digits, modulus->digits);
  norn_words_free(modulus->one, modulus->element);
  norn_words_free(modulus->entry_factor, norn_lanes_words(modulus));
  explicit_bzero(modulus, sizeof *modulus);
}

/* GMP half: out = a * b mod modulus, plain limbs. */
static void portable_product(const norn_modulus *modulus, uint64_t *out, const uint64_t *a,
                             const uint64_t *b) {
  mp_limb_t product[2 * NORN_MODULUS_MAX_LIMBS], quotient[NORN_MODULUS_MAX_LIMBS + 1];
  const mp_size_t limbs = (mp_size_t)modulus->limbs;
  if (a == b)
    mpn_sqr(product, (const mp_limb_t *)a, limbs);
  else
    mpn_mul_n(product, (const mp_limb_t *)a, (const mp_limb_t *)b, limbs);
  mpn_tdiv_qr(quotient, (mp_limb_t *)out, 0, product, 2 * limbs, (const mp_limb_t *)modulus->value, limbs);
}

void norn_lanes_multiply(const norn_modulus *modulus, uint64_t *out, const uint64_t *a, const uint64_t *b) {
  if (modulus->vector) {
    norn_ifma_multiply(modulus, out, a, b);
    return;
  }
  for (size_t lane = 0; lane < NORN_LANES; lane++) {
    const size_t at = lane * modulus->limbs;
    portable_product(modulus, out + at, a + at, b + at);
  }
}

void norn_lanes_multiply_elements(const norn_modulus *modulus, uint64_t *lanes,
                                  const uint64_t *const element[NORN_LANES]) {
  if (modulus->vector) {
    _Alignas(64) uint64_t gathered[NORN_MODULUS_MAX_DIGITS * NORN_LANES];
    norn_ifma_gather(modulus, gathered, element);
    norn_ifma_multiply(modulus, lanes, lanes, gathered);
    return;
  }
  for (size_t lane = 0; lane < NORN_LANES; lane++)
    if (element[lane]) {
      uint64_t *residue = lanes + lane * modulus->limbs;
      portable_product(modulus, residue, residue, element[lane]);
    }
}

void norn_lanes_gather(const norn_modulus *modulus, uint64_t *lanes,
                       const uint64_t *const element[NORN_LANES]) {
  if (modulus->vector) {
    norn_ifma_gather(modulus, lanes, element);
    return;
  }
  for (size_t lane = 0; lane < NORN_LANES; lane++)
    memcpy(lanes + lane * modulus->limbs, element[lane] ? element[lane] : modulus->one, modulus->limbs * 8);
}

void norn_lanes_scatter(const norn_modulus *modulus, const uint64_t *lanes,
                        uint64_t *const element[NORN_LANES]) {
  if (modulus->vector) {
    norn_ifma_scatter(modulus, lanes, element);
    return;
  }
  for (size_t lane = 0; lane < NORN_LANES; lane++)
    if (element[lane]) memcpy(element[lane], lanes + lane * modulus->limbs, modulus->limbs * 8);
}

void norn_lanes_enter(const norn_modulus *modulus, uint64_t *lanes,
                      const uint64_t *const source[NORN_LANES]) {
  if (!modulus->vector) {
    for (size_t lane = 0; lane < NORN_LANES; lane++)
      memcpy(lanes + lane * modulus->limbs, source[lane] ? source[lane] : modulus->one, modulus->limbs * 8);
    return;
  }
  for (size_t lane = 0; lane < NORN_LANES; lane++)
    for (size_t j = 0; j < modulus->digits; j++)
      lanes[j * NORN_LANES + lane] = source[lane] ? digit_of(source[lane], modulus->limbs, j) : (j == 0);
  norn_ifma_multiply(modulus, lanes, lanes, modulus->entry_factor);
}

static void digits_to_limbs(const norn_modulus *modulus, const uint64_t *lanes, size_t lane,
                            uint64_t *target) {
  uint64_t words[NORN_MODULUS_MAX_LIMBS + 2] = {0};
  for (size_t j = 0; j < modulus->digits; j++) {
    const uint64_t digit = lanes[j * NORN_LANES + lane];
    const size_t bit = j * DIGIT_BITS, word = bit / 64, shift = bit % 64;
    if (word > modulus->limbs) break;
    words[word] |= digit << shift;
    if (shift > 64 - DIGIT_BITS) words[word + 1] |= digit >> (64 - shift);
  }
  const mp_size_t limbs = (mp_size_t)modulus->limbs;
  const mp_limb_t *value = (const mp_limb_t *)modulus->value;
  if (words[limbs] || mpn_cmp((const mp_limb_t *)words, value, limbs) >= 0)
    mpn_sub_n((mp_limb_t *)target, (const mp_limb_t *)words, value, limbs);
  else
    memcpy(target, words, modulus->limbs * 8);
  explicit_bzero(words, sizeof words);
}

void norn_lanes_leave(const norn_modulus *modulus, const uint64_t *lanes,
                      uint64_t *const target[NORN_LANES]) {
  if (!modulus->vector) {
    for (size_t lane = 0; lane < NORN_LANES; lane++)
      if (target[lane]) memcpy(target[lane], lanes + lane * modulus->limbs, modulus->limbs * 8);
    return;
  }
  _Alignas(64) uint64_t plain[NORN_MODULUS_MAX_DIGITS * NORN_LANES];
  for (size_t j = 0; j < modulus->digits; j++)
    for (size_t lane = 0; lane < NORN_LANES; lane++) plain[j * NORN_LANES + lane] = j == 0;
  norn_ifma_multiply(modulus, plain, lanes, plain); /* a product with plain 1 leaves Montgomery form */
  for (size_t lane = 0; lane < NORN_LANES; lane++)
    if (target[lane]) digits_to_limbs(modulus, plain, lane, target[lane]);
}

static size_t window_at(const uint64_t *exponent, size_t words, size_t bit) {
  const size_t word = bit / 64, shift = bit % 64;
  uint64_t value = exponent[word] >> shift;
  if (shift > 64 - POWER_WINDOW_BITS && word + 1 < words) value |= exponent[word + 1] << (64 - shift);
  return value & ((1u << POWER_WINDOW_BITS) - 1);
}

static int portable_power(const norn_modulus *modulus, uint64_t *lanes, const uint64_t *exponent,
                          size_t bits) {
  mpz_t base, power, value;
  mpz_inits(base, power, value, NULL);
  mpz_import(power, (bits + 63) / 64, -1, 8, 0, 0, exponent);
  mpz_import(value, modulus->limbs, -1, 8, 0, 0, modulus->value);
  for (size_t lane = 0; lane < NORN_LANES; lane++) {
    uint64_t *residue = lanes + lane * modulus->limbs;
    mpz_import(base, modulus->limbs, -1, 8, 0, 0, residue);
    if (mpz_cmp_ui(base, 1) <= 0) continue; /* an empty lane */
    mpz_powm_sec(base, base, power, value);
    memset(residue, 0, modulus->limbs * 8);
    mpz_export(residue, NULL, -1, 8, 0, 0, base);
  }
  explicit_bzero(mpz_limbs_modify(power, 1), mpz_size(power) * 8);
  mpz_clears(base, power, value, NULL);
  return 0;
}

int norn_lanes_power(const norn_modulus *modulus, uint64_t *lanes, const uint64_t *exponent, size_t bits) {
  if (bits == 0) return -1;
  if (!modulus->vector) return portable_power(modulus, lanes, exponent, bits);
  const size_t block = norn_lanes_words(modulus), entries = 1u << POWER_WINDOW_BITS, words = (bits + 63) / 64;
  uint64_t *table = norn_words_alloc(block * (entries + 2));
  if (!table) return -1;
  uint64_t *selected = table + block * entries, *result = selected + block;
  const uint64_t *ones[NORN_LANES] = {0};
  norn_ifma_gather(modulus, table, ones);
  for (size_t entry = 1; entry < entries; entry++)
    norn_ifma_multiply(modulus, table + entry * block, table + (entry - 1) * block, lanes);
  memcpy(result, table, block * 8);
  for (size_t window = (bits + POWER_WINDOW_BITS - 1) / POWER_WINDOW_BITS; window-- > 0;) {
    for (int i = 0; i < POWER_WINDOW_BITS; i++) norn_ifma_multiply(modulus, result, result, result);
    norn_ifma_select(modulus, selected, table, entries,
                     window_at(exponent, words, window * POWER_WINDOW_BITS));
    norn_ifma_multiply(modulus, result, result, selected);
  }
  memcpy(lanes, result, block * 8);
  norn_words_free(table, block * (entries + 2));
  return 0;
}
