/* A plugin of good and bad components and of a small engine, for the tests of the host and the worker. */
#ifndef FIXTURE_PLUGIN_H
#define FIXTURE_PLUGIN_H
#include "norn.h"

/* The same engine under two names, so that a table may belong to another engine than the attempt's. A descriptor
   "rows:N" opens a table of N rows with ascending keys in two partitions; it owns no files. */
extern const norn_engine fixture_engine;
extern const norn_engine fixture_foreign_engine;

/* The row as text in capitals ("echo" of every row with the closure before its value): kind MAP. */
extern const norn_kernel fixture_prefix_kernel;
/* The sum of the values' lengths, eight bytes little endian: kind REDUCE. */
extern const norn_kernel fixture_length_kernel;
/* Left value and right value side by side, "-" for a missing side: kind ZIP. */
extern const norn_kernel fixture_pair_kernel;

norn_status fixture_run_courier(const norn_host *host, norn_error *error);
norn_status fixture_run_probe(const norn_host *host, norn_error *error);

norn_status fixture_fail(norn_error *error, norn_status code, const char *message);
const void *fixture_extension(const norn_host *host, const char *id);
const norn_plugin *fixture_plugin(void);
#endif
