/* engine-bench [--runs N] [--rows N] [--partitions N] [--threads N] [--scratch DIR]
   Times the built-in engines and prints one JSON line for each run: {"name", "unit", "value"}. Every figure includes
   the sealing of the new table. Rows have keys of 8 bytes and values of 16. The plugins are those beside this
   program. */
#define _GNU_SOURCE
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi_overhead.h"
#include "bench_kernels.h"
#include "engine_test_host.h"

#define KEY_BYTES 8u
#define VALUE_BYTES 16u
#define RUNS_MAX 1000u

typedef struct bench {
  uint32_t runs;
  uint32_t partitions;
  uint64_t rows;
  const char *scratch;
  norn_host host;
  const norn_engine *engine;
  void *session;
  uint64_t shifted; /* a table that shares nine rows of ten with the other */
  norn_error error;
} bench;

static void check(bench *bench, norn_status status, const char *what) {
  if (status == NORN_OK) return;
  fprintf(stderr, "engine-bench: %s: status %u: %.*s\n", what, status, (int)bench->error.message_count,
          bench->error.message);
  exit(1);
}

static double now(bench *bench) { return (double)bench->host.monotonic_nanoseconds(&bench->host) / 1e9; }

static const norn_engine *load(bench *bench, const char *library) {
  char path[PATH_MAX], folder[PATH_MAX];
  ssize_t count = readlink("/proc/self/exe", folder, sizeof folder - 1);
  if (count < 0) check(bench, NORN_INTERNAL, "find this program");
  folder[count] = 0;
  *strrchr(folder, '/') = 0;
  if (snprintf(path, sizeof path, "%s/%s", folder, library) >= (int)sizeof path) exit(1);
  const norn_engine *engine = engine_test_host_load(path, &bench->host, &bench->error);
  if (engine == NULL) check(bench, NORN_NOT_FOUND, "load (build the plugin's product first)");
  return engine;
}

/* rows first ..< first + rows of one endless series */
static uint64_t make_table(bench *bench, uint64_t first) {
  uint64_t table;
  norn_table_spec spec = {.struct_size = sizeof spec, .partitions = bench->partitions, .partitioner = 1};
  check(bench, bench->engine->table_create(bench->session, &spec, &table, &bench->error), "create");
  uint32_t *offsets = malloc(2 * (NORN_BATCH_MAX_ROWS + 1) * sizeof *offsets);
  uint64_t *keys = malloc(NORN_BATCH_MAX_ROWS * KEY_BYTES);
  double *values = malloc(NORN_BATCH_MAX_ROWS * VALUE_BYTES);
  uint32_t *value_offsets = offsets + NORN_BATCH_MAX_ROWS + 1;
  for (uint32_t i = 0; i <= NORN_BATCH_MAX_ROWS; i++)
    offsets[i] = i * KEY_BYTES, value_offsets[i] = i * VALUE_BYTES;
  for (uint64_t row = first; row < first + bench->rows;) {
    uint32_t count = 0;
    for (; count < NORN_BATCH_MAX_ROWS && row < first + bench->rows; count++, row++) {
      keys[count] = __builtin_bswap64(row * 0x9E3779B97F4A7C15u); /* distinct, in no order */
      values[2 * count] = (double)row, values[2 * count + 1] = 1;
    }
    norn_batch batch = {sizeof batch,      count, offsets, (uint8_t *)keys, value_offsets,
                        (uint8_t *)values, NULL};
    check(bench, bench->engine->table_put(bench->session, table, &batch, &bench->error), "put");
  }
  check(bench, bench->engine->table_seal(bench->session, table, &bench->error), "seal");
  free(offsets), free(keys), free(values);
  return table;
}

static void map_with(bench *bench, uint64_t table, const norn_kernel *kernel, uint32_t flags) {
  uint64_t out;
  norn_table_spec spec = {
      .struct_size = sizeof spec, .partitions = bench->partitions, .partitioner = 1, .flags = flags};
  norn_kernel_reference reference = bench_reference(kernel);
  check(bench, bench->engine->map_reduce(bench->session, table, &reference, NULL, &spec, &out, &bench->error),
        "map");
  bench->engine->table_release(bench->session, out);
}

static void run_map(bench *bench, uint64_t table) { map_with(bench, table, &bench_map_scale, 0); }
static void run_map_durable(bench *bench, uint64_t table) {
  map_with(bench, table, &bench_map_scale, NORN_TABLE_DURABLE);
}
static void run_shuffle(bench *bench, uint64_t table) { map_with(bench, table, &bench_map_as_is, 0); }

static void join_with(bench *bench, uint64_t table, uint64_t other) {
  uint64_t out;
  norn_kernel_reference reference = bench_reference(&bench_join_add);
  check(
      bench,
      bench->engine->zip(bench->session, table, other, NORN_ZIP_INNER, &reference, NULL, &out, &bench->error),
      "join");
  bench->engine->table_release(bench->session, out);
}

static void run_join(bench *bench, uint64_t table) { join_with(bench, table, bench->shifted); }
static void run_join_same(bench *bench, uint64_t table) { join_with(bench, table, table); }

static norn_status expect_sum(void *context, norn_bytes bytes, norn_error *error) {
  (void)error;
  bench *bench = context;
  double sums[2] = {0, 0};
  if (bytes.count == sizeof sums) memcpy(sums, bytes.data, sizeof sums);
  return sums[1] == (double)bench->rows ? NORN_OK : NORN_DATA_LOSS;
}

static void run_reduce(bench *bench, uint64_t table) {
  norn_kernel_reference reference = bench_reference(&bench_reduce_sum);
  norn_sink sink = {.struct_size = sizeof sink, .context = bench, .write = expect_sum};
  check(bench, bench->engine->reduce(bench->session, table, &reference, &sink, &bench->error), "reduce");
}

typedef struct scanned {
  uint64_t rows;
  double sum;
} scanned;

/* reads every value, so that the figure is that of a scan that sees its rows */
static norn_status read_rows(void *context, const norn_batch *batch, norn_error *error) {
  (void)error;
  scanned *seen = context;
  const uint8_t *values = batch->values + batch->value_offsets[0];
  for (uint32_t i = 0; i < batch->rows; i++) {
    double pair[2];
    memcpy(pair, values + (uint64_t)i * VALUE_BYTES, sizeof pair);
    seen->sum += pair[1];
  }
  seen->rows += batch->rows;
  return NORN_OK;
}

static void run_scan(bench *bench, uint64_t table) {
  scanned seen = {.rows = 0};
  norn_emit emit = {.struct_size = sizeof emit, .context = &seen, .batch = read_rows};
  check(bench, bench->engine->table_scan(bench->session, table, NORN_ALL_PARTITIONS, UINT64_MAX, &emit, &bench->error),
        "scan");
  if (seen.rows != bench->rows || seen.sum != (double)bench->rows) check(bench, NORN_DATA_LOSS, "scan");
}

static void run_put(bench *bench, uint64_t table) {
  (void)table;
  bench->engine->table_release(bench->session, make_table(bench, 0));
}

/* The first run warms the memory and is not told. */
static void measure(bench *bench, const char *what, uint64_t table, void (*run)(struct bench *, uint64_t)) {
  char rows[32];
  if (bench->rows % 1000000 == 0)
    snprintf(rows, sizeof rows, "%lluM", (unsigned long long)bench->rows / 1000000);
  else
    snprintf(rows, sizeof rows, "%llu", (unsigned long long)bench->rows);
  for (uint32_t i = 0; i <= bench->runs; i++) {
    double start = now(bench);
    run(bench, table);
    double rate = (double)bench->rows / (now(bench) - start);
    if (i == 0) continue;
    printf("{\"name\": \"%.*s, %s rows, %u partitions, sealed: %s, C kernel\", \"unit\": \"rows/s\", \"value\": %.0f}\n",
           (int)bench->engine->name.count, bench->engine->name.data, rows, bench->partitions, what, rate);
  }
  fflush(stdout);
}

static void bench_engine(bench *bench, const char *library) {
  bench->engine = load(bench, library);
  norn_engine_options options = {.struct_size = sizeof options, .cores = *(uint32_t *)bench->host.context};
  options.scratch = (norn_string){bench->scratch, strlen(bench->scratch)};
  check(bench, bench->engine->open(bench->engine, &bench->host, &options, &bench->session, &bench->error),
        "open");
  uint64_t table = make_table(bench, 0);
  bench->shifted = make_table(bench, bench->rows / 10);
  measure(bench, "map", table, run_map);
  measure(bench, "map synced to the disk", table, run_map_durable);
  measure(bench, "join", table, run_join);
  measure(bench, "join of equal keys", table, run_join_same);
  measure(bench, "reduce", table, run_reduce);
  measure(bench, "scan", table, run_scan);
  measure(bench, "map with shuffle", table, run_shuffle);
  measure(bench, "put", table, run_put);
  bench->engine->close(bench->session);
}

static uint64_t number_of(const char *name, const char *text, uint64_t maximum) {
  char *end;
  unsigned long long value = text == NULL ? 0 : strtoull(text, &end, 10);
  if (text == NULL || *end != 0 || value == 0 || value > maximum) {
    fprintf(stderr, "engine-bench: %s is a number of 1 to %llu\n", name, (unsigned long long)maximum);
    exit(64);
  }
  return value;
}

int main(int count, char **arguments) {
  char folder[] = "/tmp/engine-bench-XXXXXX";
  uint32_t threads = 2;
  bench bench = {.runs = 7, .partitions = 4, .rows = 1000000, .error = {.struct_size = sizeof(norn_error)}};
  for (int i = 1; i < count; i += 2) {
    const char *name = arguments[i], *value = i + 1 < count ? arguments[i + 1] : NULL;
    if (strcmp(name, "--runs") == 0)
      bench.runs = (uint32_t)number_of(name, value, RUNS_MAX);
    else if (strcmp(name, "--rows") == 0)
      bench.rows = number_of(name, value, 1000000000);
    else if (strcmp(name, "--partitions") == 0)
      bench.partitions = (uint32_t)number_of(name, value, 1023);
    else if (strcmp(name, "--threads") == 0)
      threads = (uint32_t)number_of(name, value, ENGINE_TEST_HOST_THREADS_MAX);
    else if (strcmp(name, "--scratch") == 0 && value != NULL)
      bench.scratch = value;
    else
      return fprintf(stderr, "engine-bench: %s is unknown\n", name), 64;
  }
  bool own = bench.scratch == NULL;
  if (own) bench.scratch = mkdtemp(folder);
  if (bench.scratch == NULL) return perror("engine-bench: scratch"), 1;
  engine_test_host_make(&bench.host, &threads);
  bench_abi_overhead(bench.runs, &bench.host);
  bench_engine(&bench, "libnorn_engine_local.so");
  bench_engine(&bench, "libnorn_engine_standalone.so");
  char tables[PATH_MAX];
  snprintf(tables, sizeof tables, "%s/tables", bench.scratch);
  rmdir(tables);
  if (own) rmdir(bench.scratch);
  return 0;
}
