/* Arithmetic modulo p = 2^255 - 19: one number in five limbs of 51 bits, and eight numbers at a time with
 * AVX-512 IFMA. Inside the curve25519 files only. */
#ifndef NORN_FIELD25519_H
#define NORN_FIELD25519_H
#include <stddef.h>
#include <stdint.h>

#define NORN_FIELD_LIMBS 5
#define NORN_FIELD_MASK ((1ULL << 51) - 1)
#define NORN_MONTGOMERY_A 486662

/* Limbs stay below 2^52. */
typedef struct norn_field {
  uint64_t limb[NORN_FIELD_LIMBS];
} norn_field;

/* Takes all 256 bits. */
norn_field norn_field_read(const uint8_t bytes[32]);
/* Fully reduced. */
void norn_field_write(norn_field value, uint8_t bytes[32]);
/* Elligator 2 of RFC 9380, 6.7.1, for curve25519 (Z = 2): the u-coordinate. */
norn_field norn_field_map_to_curve(norn_field element);

#define NORN_FIELD_LANES 8
int norn_field_has_lanes(void);
/* The same map for eight elements. */
void norn_field_map_to_curve_lanes(const norn_field element[NORN_FIELD_LANES],
                                   norn_field out[NORN_FIELD_LANES]);
/* The x-only ladder of RFC 7748 for eight points and one clamped scalar; time and addresses do not depend on
 * the scalar. The point at infinity gives 0. */
void norn_field_ladder_lanes(const uint8_t scalar[32], const norn_field point[NORN_FIELD_LANES],
                             norn_field out[NORN_FIELD_LANES]);
#endif
