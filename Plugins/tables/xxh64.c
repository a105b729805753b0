/* XXH64 with seed 0, from the published description of the algorithm
   (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). Little-endian machines only, as the ABI. */
#include <string.h>

#include "engine_tables.h"

static const uint64_t PRIME_1 = 0x9E3779B185EBCA87u;
static const uint64_t PRIME_2 = 0xC2B2AE3D27D4EB4Fu;
static const uint64_t PRIME_3 = 0x165667B19E3779F9u;
static const uint64_t PRIME_4 = 0x85EBCA77C2B2AE63u;
static const uint64_t PRIME_5 = 0x27D4EB2F165667C5u;

static inline uint64_t rotate(uint64_t value, int bits) { return (value << bits) | (value >> (64 - bits)); }

static inline uint64_t load64(const uint8_t *data) {
  uint64_t value;
  memcpy(&value, data, sizeof value);
  return value;
}

static inline uint32_t load32(const uint8_t *data) {
  uint32_t value;
  memcpy(&value, data, sizeof value);
  return value;
}

static inline uint64_t round_of(uint64_t lane, uint64_t input) {
  return rotate(lane + input * PRIME_2, 31) * PRIME_1;
}

static inline uint64_t merge_round(uint64_t hash, uint64_t lane) {
  return (hash ^ round_of(0, lane)) * PRIME_1 + PRIME_4;
}

static const uint8_t *consume(uint64_t lanes[4], const uint8_t *data, uint64_t stripes) {
  uint64_t a = lanes[0], b = lanes[1], c = lanes[2], d = lanes[3];
  for (; stripes > 0; stripes--, data += 32) {
    a = round_of(a, load64(data));
    b = round_of(b, load64(data + 8));
    c = round_of(c, load64(data + 16));
    d = round_of(d, load64(data + 24));
  }
  lanes[0] = a, lanes[1] = b, lanes[2] = c, lanes[3] = d;
  return data;
}

static uint64_t converge(const uint64_t lanes[4]) {
  uint64_t hash = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18);
  for (int i = 0; i < 4; i++) hash = merge_round(hash, lanes[i]);
  return hash;
}

/* the last 0 to 31 bytes, then the avalanche */
static uint64_t finalize(uint64_t hash, const uint8_t *data, uint64_t count) {
  for (; count >= 8; count -= 8, data += 8) {
    hash = rotate(hash ^ round_of(0, load64(data)), 27) * PRIME_1 + PRIME_4;
  }
  if (count >= 4) {
    hash = rotate(hash ^ (load32(data) * PRIME_1), 23) * PRIME_2 + PRIME_3;
    count -= 4, data += 4;
  }
  for (; count > 0; count--, data++) hash = rotate(hash ^ (*data * PRIME_5), 11) * PRIME_1;
  hash = (hash ^ (hash >> 33)) * PRIME_2;
  hash = (hash ^ (hash >> 29)) * PRIME_3;
  return hash ^ (hash >> 32);
}

void tables_xxh64_begin(tables_xxh64 *hash) {
  memset(hash, 0, sizeof *hash);
  hash->lanes[0] = PRIME_1 + PRIME_2;
  hash->lanes[1] = PRIME_2;
  hash->lanes[3] = 0u - PRIME_1;
}

void tables_xxh64_update(tables_xxh64 *hash, const void *bytes, uint64_t count) {
  const uint8_t *data = bytes;
  hash->total += count;
  if (hash->tail_count > 0) {
    uint64_t take = 32 - hash->tail_count;
    if (take > count) take = count;
    if (take > 0) memcpy(hash->tail + hash->tail_count, data, take);
    hash->tail_count += (uint32_t)take, data += take, count -= take;
    if (hash->tail_count < 32) return;
    consume(hash->lanes, hash->tail, 1);
    hash->tail_count = 0;
  }
  data = consume(hash->lanes, data, count / 32);
  hash->tail_count = (uint32_t)(count % 32);
  if (hash->tail_count > 0) memcpy(hash->tail, data, hash->tail_count);
}

uint64_t tables_xxh64_end(const tables_xxh64 *hash) {
  uint64_t start = hash->total >= 32 ? converge(hash->lanes) : PRIME_5;
  return finalize(start + hash->total, hash->tail, hash->tail_count);
}

uint64_t tables_xxh64_of(const void *bytes, uint64_t count) {
  const uint8_t *data = bytes;
  if (count < 32) return finalize(PRIME_5 + count, data, count);
  uint64_t lanes[4] = {PRIME_1 + PRIME_2, PRIME_2, 0, 0u - PRIME_1};
  data = consume(lanes, data, count / 32);
  return finalize(converge(lanes) + count, data, count % 32);
}
