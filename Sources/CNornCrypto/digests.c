#include <openssl/evp.h>

#include "norn_crypto.h"

static const EVP_MD *digest_of(int method) {
  switch (method) {
    case NORN_DIGEST_SHA224: return EVP_sha224();
    case NORN_DIGEST_SHA256: return EVP_sha256();
    case NORN_DIGEST_SHA384: return EVP_sha384();
    case NORN_DIGEST_SHA512: return EVP_sha512();
    case NORN_DIGEST_SM3: return EVP_sm3();
    default: return NULL;
  }
}

size_t norn_digest_size(int method) {
  const EVP_MD *digest = digest_of(method);
  return digest == NULL ? 0 : (size_t)EVP_MD_get_size(digest);
}

norn_crypto_status norn_digest_many(int method, const uint8_t *prefix, size_t prefix_count,
                                    const uint8_t *messages, const uint32_t *offsets, size_t count,
                                    uint8_t *out) {
  const EVP_MD *digest = digest_of(method);
  if (digest == NULL) return NORN_CRYPTO_BAD_ARGUMENT;
  const size_t size = (size_t)EVP_MD_get_size(digest);
  /* The state after the prefix is copied for every message. */
  EVP_MD_CTX *start = EVP_MD_CTX_new(), *context = EVP_MD_CTX_new();
  int works = start && context && EVP_DigestInit_ex(start, digest, NULL) == 1 &&
              EVP_DigestUpdate(start, prefix, prefix_count) == 1;
  for (size_t i = 0; i < count && works; i++)
    works = EVP_MD_CTX_copy_ex(context, start) == 1 &&
            EVP_DigestUpdate(context, messages + offsets[i], offsets[i + 1] - offsets[i]) == 1 &&
            EVP_DigestFinal_ex(context, out + i * size, NULL) == 1;
  EVP_MD_CTX_free(start);
  EVP_MD_CTX_free(context);
  return works ? NORN_CRYPTO_OK : NORN_CRYPTO_NO_MEMORY;
}
