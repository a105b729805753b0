#include "parameters.h"

#include <string.h>

enum { UNSIGNED = 0, TEXT = 3, ARRAY = 4, MAP = 5 };

/* Reads a head of the wanted major type; the value is a number, a count or a length. */
static bool take(norn_bytes in, uint64_t *at, int major, uint64_t *value) {
  if (*at >= in.count || in.data[*at] >> 5 != major) return false;
  const uint8_t code = in.data[(*at)++] & 31;
  *value = code;
  if (code < 24) return true;
  if (code > 27) return false;
  const uint64_t width = 1u << (code - 24);
  if (width > in.count - *at) return false;
  *value = 0;
  for (uint64_t read = 0; read < width; read++) *value = *value << 8 | in.data[(*at)++];
  return true;
}

static bool take_text(norn_bytes in, uint64_t *at, norn_string *text) {
  uint64_t count;
  if (!take(in, at, TEXT, &count) || count > in.count - *at) return false;
  *text = (norn_string){(const char *)in.data + *at, count};
  *at += count;
  return true;
}

static bool is(norn_string left, const char *right) {
  return left.count == strlen(right) && memcmp(left.data, right, left.count) == 0;
}

bool probe_read_parameters(norn_bytes encoded, probe_parameters *out) {
  uint64_t at = 0;
  uint64_t members;
  *out = (probe_parameters){.milliseconds = 100};
  if (!take(encoded, &at, MAP, &members)) return false;
  for (uint64_t index = 0; index < members; index++) {
    norn_string name;
    if (!take_text(encoded, &at, &name)) return false;
    const bool read = is(name, "marks")          ? take_text(encoded, &at, &out->marks)
                      : is(name, "until")        ? take_text(encoded, &at, &out->until)
                      : is(name, "milliseconds") ? take(encoded, &at, UNSIGNED, &out->milliseconds)
                      : is(name, "payload")      ? take(encoded, &at, UNSIGNED, &out->payload)
                      : is(name, "rows")         ? take(encoded, &at, UNSIGNED, &out->rows)
                      : is(name, "expects")      ? take(encoded, &at, UNSIGNED, &out->expects)
                                                 : false;
    if (!read) return false;
  }
  return true;
}

bool probe_read_parties(norn_bytes encoded, probe_parties *out) {
  uint64_t at = 0;
  uint64_t roles;
  *out = (probe_parties){.count = 0};
  if (!take(encoded, &at, MAP, &roles)) return false;
  for (uint64_t index = 0; index < roles; index++) {
    norn_string role;
    uint64_t count;
    if (!take_text(encoded, &at, &role) || !take(encoded, &at, ARRAY, &count)) return false;
    for (uint64_t place = 0; place < count; place++) {
      norn_string party;
      if (!take_text(encoded, &at, &party)) return false;
      if (is(role, "guest")) {
        out->guest = party;
      } else if (out->count < PROBE_PARTIES_LIMIT) {
        out->others[out->count++] = (probe_party){role, party};
      }
    }
  }
  return out->guest.count > 0;
}

/* {name, roles, inputs, kernels, outputs, parameters}, shorter keys first as deterministic CBOR wants. */
norn_bytes probe_description(void) {
  static const uint8_t bytes[] =
      "\xa6"
      "\x64name\x6a" "FaultProbe"
      "\x65roles\x83\x65guest\x64host\x67" "arbiter"
      "\x66inputs\x82\x65model\x64" "data"
      "\x67kernels\x80"
      "\x67outputs\x82\x65model\x64" "data"
      "\x6aparameters\xa6"
      "\x64rows\x00"
      "\x65marks\x60"
      "\x65until\x60"
      "\x67" "expects\x00"
      "\x67payload\x19\x03\xe8"
      "\x6cmilliseconds\x18\x64";
  return (norn_bytes){bytes, sizeof bytes - 1};
}
