#include <errno.h>
#include <openssl/evp.h>
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
