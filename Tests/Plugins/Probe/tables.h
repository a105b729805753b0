/* The table that a probe writes beside its model, so that a disk fills in the middle of it. */
#ifndef PROBE_TABLES_H
#define PROBE_TABLES_H
#include "norn.h"

/* Values are this long, keys eight bytes. */
enum { PROBE_VALUE_BYTES = 4096 };

/* Writes so many rows in the attempt's engine and hands them out as "data". */
norn_status probe_write_table(const norn_host *host, const norn_engine_access *access,
                              const norn_artifacts *artifacts, uint64_t rows, norn_error *error);

/* Opens the input "data" and gives its rows. */
norn_status probe_count_input(const norn_host *host, const norn_engine_access *access,
                              const norn_artifacts *artifacts, uint64_t *rows, norn_error *error);

#endif
