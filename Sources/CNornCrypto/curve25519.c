/* X25519 for many points (RFC 7748) and the hash to its curve (RFC 9380). */
#include <openssl/evp.h>
#include <string.h>

#include "field25519.h"
#include "norn_crypto.h"

/* Every u-coordinate whose order divides 8, on the curve or its twist, as canonical little-endian bytes; 0,
 * 1, p - 1 and the two of order 8. */
static const uint8_t low_order[][32] = {
    {0},
    {1},
    {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
     0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
    {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
     0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

norn_crypto_status norn_x25519_check(const uint8_t *points, size_t count, size_t *bad) {
  for (size_t i = 0; i < count; i++) {
    const uint8_t *point = points + i * NORN_POINT_BYTES;
    uint8_t canonical[NORN_POINT_BYTES];
    norn_field_write(norn_field_read(point), canonical);
    int refused = memcmp(canonical, point, NORN_POINT_BYTES) != 0;
    for (size_t k = 0; k < sizeof low_order / sizeof low_order[0]; k++)
      refused |= memcmp(low_order[k], point, NORN_POINT_BYTES) == 0;
    if (refused) {
      *bad = i;
      return NORN_CRYPTO_BAD_POINT;
    }
  }
  return NORN_CRYPTO_OK;
}

static int is_zero(const uint8_t point[NORN_POINT_BYTES]) {
  uint8_t any = 0;
  for (size_t i = 0; i < NORN_POINT_BYTES; i++) any |= point[i];
  return any == 0;
}

static norn_crypto_status many_with_lanes(const uint8_t scalar[32], const uint8_t *points, size_t count,
                                          uint8_t *out) {
  uint8_t clamped[32];
  memcpy(clamped, scalar, 32);
  clamped[0] &= 248;
  clamped[31] = (uint8_t)((clamped[31] & 127) | 64);
  for (size_t first = 0; first < count; first += NORN_FIELD_LANES) {
    norn_field point[NORN_FIELD_LANES] = {{{0}}}, result[NORN_FIELD_LANES];
    const size_t some = count - first < NORN_FIELD_LANES ? count - first : NORN_FIELD_LANES;
    for (size_t i = 0; i < some; i++) {
      uint8_t masked[NORN_POINT_BYTES]; /* RFC 7748, 5: the highest bit is ignored */
      memcpy(masked, points + (first + i) * NORN_POINT_BYTES, NORN_POINT_BYTES);
      masked[31] &= 127;
      point[i] = norn_field_read(masked);
    }
    norn_field_ladder_lanes(clamped, point, result);
    for (size_t i = 0; i < some; i++) norn_field_write(result[i], out + (first + i) * NORN_POINT_BYTES);
  }
  explicit_bzero(clamped, sizeof clamped);
  return NORN_CRYPTO_OK;
}

static norn_crypto_status many_with_openssl(const uint8_t scalar[32], const uint8_t *points, size_t count,
                                            uint8_t *out) {
  EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, scalar, 32);
  EVP_PKEY_CTX *context = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
  norn_crypto_status status =
      context && EVP_PKEY_derive_init(context) == 1 ? NORN_CRYPTO_OK : NORN_CRYPTO_NO_MEMORY;
  for (size_t i = 0; i < count && status == NORN_CRYPTO_OK; i++) {
    size_t size = NORN_POINT_BYTES;
    uint8_t *result = out + i * NORN_POINT_BYTES;
    EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, points + i * NORN_POINT_BYTES, 32);
    if (!peer || EVP_PKEY_derive_set_peer_ex(context, peer, 0) != 1)
      status = NORN_CRYPTO_NO_MEMORY;
    else if (EVP_PKEY_derive(context, result, &size) != 1)
      memset(result, 0, NORN_POINT_BYTES); /* OpenSSL refuses the result zero; the caller looks for it */
    EVP_PKEY_free(peer);
  }
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(key);
  return status;
}

norn_crypto_status norn_x25519_many(const uint8_t scalar[32], const uint8_t *points, size_t count,
                                    int portable, uint8_t *out, size_t *bad) {
  const norn_crypto_status status = !portable && norn_field_has_lanes()
                                        ? many_with_lanes(scalar, points, count, out)
                                        : many_with_openssl(scalar, points, count, out);
  for (size_t i = 0; i < count && status == NORN_CRYPTO_OK; i++)
    if (is_zero(out + i * NORN_POINT_BYTES)) {
      *bad = i;
      return NORN_CRYPTO_BAD_POINT;
    }
  return status;
}

/* ---- RFC 9380 ---- */

#define SHA512_BYTES 64
#define SHA512_BLOCK 128
#define ELEMENT_BYTES 48 /* L = ceil((255 + 128) / 8) */
#define TAG_MAX_BYTES 255

typedef struct expander {
  EVP_MD *digest;
  EVP_MD_CTX *padded; /* after Z_pad, the block of zeros */
  EVP_MD_CTX *context;
  uint8_t tag[TAG_MAX_BYTES + 1]; /* DST_prime */
  size_t tag_count;
} expander;

static void expander_free(expander *it) {
  EVP_MD_CTX_free(it->context);
  EVP_MD_CTX_free(it->padded);
  EVP_MD_free(it->digest);
}

static int expander_init(expander *it, const uint8_t *tag, size_t tag_count) {
  static const uint8_t zeros[SHA512_BLOCK] = {0};
  memset(it, 0, sizeof *it);
  it->digest = EVP_MD_fetch(NULL, "SHA512", NULL);
  it->padded = EVP_MD_CTX_new();
  it->context = EVP_MD_CTX_new();
  memcpy(it->tag, tag, tag_count);
  it->tag[tag_count] = (uint8_t)tag_count;
  it->tag_count = tag_count + 1;
  return it->digest && it->padded && it->context && EVP_DigestInit_ex2(it->padded, it->digest, NULL) == 1 &&
         EVP_DigestUpdate(it->padded, zeros, sizeof zeros) == 1;
}

/* expand_message_xmd for 48 bytes, and hash_to_field's reduction. */
static int hash_to_field(expander *it, const uint8_t *message, size_t count, norn_field *out) {
  static const uint8_t length[3] = {0, ELEMENT_BYTES, 0}, one = 1;
  uint8_t b0[SHA512_BYTES], b1[SHA512_BYTES];
  EVP_MD_CTX *context = it->context;
  if (EVP_MD_CTX_copy_ex(context, it->padded) != 1 || EVP_DigestUpdate(context, message, count) != 1 ||
      EVP_DigestUpdate(context, length, sizeof length) != 1 ||
      EVP_DigestUpdate(context, it->tag, it->tag_count) != 1 || EVP_DigestFinal_ex(context, b0, NULL) != 1)
    return 0;
  if (EVP_DigestInit_ex2(context, it->digest, NULL) != 1 || EVP_DigestUpdate(context, b0, sizeof b0) != 1 ||
      EVP_DigestUpdate(context, &one, 1) != 1 || EVP_DigestUpdate(context, it->tag, it->tag_count) != 1 ||
      EVP_DigestFinal_ex(context, b1, NULL) != 1)
    return 0;
  uint8_t low[32], high[32] = {0};
  for (int i = 0; i < 32; i++) low[i] = b1[ELEMENT_BYTES - 1 - i];
  for (int i = 0; i < 16; i++) high[i] = b1[15 - i];
  /* 2^256 = 38 mod p; high is below 2^128, so its limbs times 38 stay small. */
  *out = norn_field_read(low);
  const norn_field above = norn_field_read(high);
  for (int i = 0; i < NORN_FIELD_LIMBS; i++) out->limb[i] += 38 * above.limb[i];
  uint8_t reduced[32];
  norn_field_write(*out, reduced);
  *out = norn_field_read(reduced);
  return 1;
}

norn_crypto_status norn_hash_to_curve25519(const uint8_t *messages, const uint32_t *offsets, size_t count,
                                           const uint8_t *tag, size_t tag_count, uint8_t *out) {
  if (tag_count == 0 || tag_count > TAG_MAX_BYTES) return NORN_CRYPTO_BAD_ARGUMENT;
  expander it;
  const int lanes = norn_field_has_lanes();
  norn_crypto_status status = expander_init(&it, tag, tag_count) ? NORN_CRYPTO_OK : NORN_CRYPTO_NO_MEMORY;
  for (size_t first = 0; first < count && status == NORN_CRYPTO_OK; first += NORN_FIELD_LANES) {
    norn_field element[NORN_FIELD_LANES] = {{{0}}}, point[NORN_FIELD_LANES];
    const size_t some = count - first < NORN_FIELD_LANES ? count - first : NORN_FIELD_LANES;
    for (size_t i = 0; i < some; i++) {
      const uint32_t start = offsets[first + i];
      if (!hash_to_field(&it, messages + start, offsets[first + i + 1] - start, element + i))
        status = NORN_CRYPTO_NO_MEMORY;
    }
    if (lanes)
      norn_field_map_to_curve_lanes(element, point);
    else
      for (size_t i = 0; i < some; i++) point[i] = norn_field_map_to_curve(element[i]);
    for (size_t i = 0; i < some; i++) norn_field_write(point[i], out + (first + i) * NORN_POINT_BYTES);
  }
  expander_free(&it);
  return status;
}

void norn_map_to_curve25519(const uint8_t element[32], uint8_t out[32]) {
  norn_field_write(norn_field_map_to_curve(norn_field_read(element)), out);
}
