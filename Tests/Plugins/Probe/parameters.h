/* The probe's parameters and parties, read from CBOR. */
#ifndef PROBE_PARAMETERS_H
#define PROBE_PARAMETERS_H
#include <stdbool.h>

#include "norn.h"

enum { PROBE_PARTIES_LIMIT = 16 };

typedef struct probe_parameters {
  norn_string marks;
  norn_string until; /* a file that ends the sleep once it is there; empty: none */
  uint64_t milliseconds;
  uint64_t payload;
  uint64_t rows;    /* of the table that it writes; 0: none */
  uint64_t expects; /* rows of the table that it reads; 0: none */
} probe_parameters;

typedef struct probe_party {
  norn_string role;
  norn_string party;
} probe_party;

typedef struct probe_parties {
  probe_party others[PROBE_PARTIES_LIMIT]; /* all but the guest */
  uint64_t count;
  norn_string guest;
} probe_parties;

/* False for what is not a map of these. */
bool probe_read_parameters(norn_bytes encoded, probe_parameters *out);
bool probe_read_parties(norn_bytes encoded, probe_parties *out);

/* What describe answers. */
norn_bytes probe_description(void);

#endif
