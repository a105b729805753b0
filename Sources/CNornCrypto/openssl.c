#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>

#include "norn_crypto.h"

norn_crypto_status norn_random_fill(void *out, size_t count) {
  uint8_t *next = out;
  while (count > 0) {
    const ssize_t got = getrandom(next, count, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return NORN_CRYPTO_NO_RANDOMNESS;
    next += got;
    count -= (size_t)got;
  }
  return NORN_CRYPTO_OK;
}

norn_crypto_status norn_sha512(const uint8_t *bytes, size_t count, uint8_t out[64]) {
  return EVP_Digest(bytes, count, out, NULL, EVP_sha512(), NULL) == 1 ? NORN_CRYPTO_OK
                                                                      : NORN_CRYPTO_NO_MEMORY;
}

norn_crypto_status norn_chacha20(const uint8_t key[32], uint8_t *out, size_t count) {
  /* Counter and nonce are zero: every key is used for one stream. */
  static const uint8_t start[16] = {0};
  if (count > INT_MAX) return NORN_CRYPTO_BAD_ARGUMENT;
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  if (context == NULL) return NORN_CRYPTO_NO_MEMORY;
  memset(out, 0, count);
  int written = 0;
  const int done = EVP_EncryptInit_ex(context, EVP_chacha20(), NULL, key, start) == 1 &&
                   EVP_EncryptUpdate(context, out, &written, out, (int)count) == 1 && (size_t)written == count;
  EVP_CIPHER_CTX_free(context);
  return done ? NORN_CRYPTO_OK : NORN_CRYPTO_NO_MEMORY;
}
