/* engine-probe <plugin.so> <scratch> write|kill|full
   A process for the engines' tests to lose.
     write  makes durable tables without end; says "ready" when the first is sealed
     kill   ends itself with SIGKILL in the middle of a map that has already written blocks
     full   may write files of 64 KiB only; ends with the status of the seal that has no room for a table, 100
            when that left files behind */
#define _GNU_SOURCE
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine_test_host.h"

#define ROWS 20000u
#define BATCHES 5u
#define KEY_BYTES 8u
#define VALUE_BYTES 64u
#define FILE_MAX_BYTES 65536u
#define KILL_STEP 2u

typedef struct probe {
  norn_host host;
  const norn_engine *engine;
  void *session;
  norn_error error;
} probe;

static void check(probe *probe, norn_status status, const char *what) {
  if (status == NORN_OK) return;
  fprintf(stderr, "engine-probe: %s: %u %.*s\n", what, status, (int)probe->error.message_count,
          probe->error.message);
  _exit(99);
}

/* BATCHES times ROWS rows of 72 bytes: more than one block when they lie in one partition */
static uint64_t fill(probe *probe, uint32_t partitions) {
  static uint32_t key_offsets[ROWS + 1], value_offsets[ROWS + 1];
  static uint64_t keys[ROWS];
  static uint8_t values[(uint64_t)ROWS * VALUE_BYTES];
  uint64_t table;
  norn_table_spec spec = {sizeof spec, partitions, NORN_PARTITIONER_HASH, NORN_TABLE_DURABLE};
  check(probe, probe->engine->table_create(probe->session, &spec, &table, &probe->error), "create");
  for (uint32_t i = 0; i <= ROWS; i++) key_offsets[i] = i * KEY_BYTES, value_offsets[i] = i * VALUE_BYTES;
  for (uint32_t batch = 0; batch < BATCHES; batch++) {
    for (uint32_t i = 0; i < ROWS; i++) keys[i] = __builtin_bswap64((uint64_t)batch * ROWS + i);
    memset(values, (int)batch, sizeof values);
    norn_batch rows = {sizeof rows, ROWS, key_offsets, (uint8_t *)keys, value_offsets, values, NULL};
    check(probe, probe->engine->table_put(probe->session, table, &rows, &probe->error), "put");
  }
  return table;
}

static norn_status keep_path(void *context, norn_bytes bytes, norn_error *error) {
  (void)context, (void)bytes, (void)error;
  return NORN_OK;
}

static void write_for_ever(probe *probe) {
  norn_sink sink = {.struct_size = sizeof sink, .write = keep_path};
  for (uint32_t made = 0;; made++) {
    uint64_t table = fill(probe, 3);
    check(probe, probe->engine->table_seal(probe->session, table, &probe->error), "seal");
    check(probe, probe->engine->table_publish(probe->session, table, &sink, &probe->error), "publish");
    if (made == 0) puts("ready"), fflush(stdout);
  }
}

static norn_status open_counter(const norn_kernel *kernel, const norn_host *host, norn_bytes closure,
                                uint32_t partition, uint32_t partitions, void **state, norn_error *error) {
  (void)kernel, (void)host, (void)closure, (void)partition, (void)partitions, (void)error;
  *state = calloc(1, sizeof(uint32_t));
  return NORN_OK;
}

static norn_status die_later(void *state, const norn_batch *left, const norn_batch *right,
                             const norn_emit *emit, norn_error *error) {
  (void)right;
  if (++*(uint32_t *)state == KILL_STEP) kill(getpid(), SIGKILL);
  return emit->batch(emit->context, left, error);
}

static void kill_in_map(probe *probe) {
  norn_kernel kernel = {
      .struct_size = sizeof kernel, .kind = NORN_KERNEL_MAP, .flags = NORN_KERNEL_KEEPS_KEYS};
  kernel.open = open_counter;
  kernel.step = die_later;
  kernel.close = free;
  norn_kernel_reference reference = {
      .struct_size = sizeof reference, .kind = kernel.kind, .flags = kernel.flags, .local = &kernel};
  uint64_t table = fill(probe, 1), out;
  check(probe, probe->engine->table_seal(probe->session, table, &probe->error), "seal");
  probe->engine->map_reduce(probe->session, table, &reference, NULL, NULL, &out, &probe->error);
}

static int entries(const char *scratch) {
  char path[4096];
  int count = 0;
  snprintf(path, sizeof path, "%s/tables", scratch);
  DIR *folder = opendir(path);
  for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
    count += entry->d_name[0] != '.';
  return count;
}

static int run_full(probe *probe, const char *scratch) {
  struct rlimit limit = {FILE_MAX_BYTES, FILE_MAX_BYTES};
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &limit);
  uint64_t table = fill(probe, 2);
  norn_status status = probe->engine->table_seal(probe->session, table, &probe->error);
  return entries(scratch) == 0 ? (int)status : 100;
}

int main(int count, char **arguments) {
  if (count != 4) return 64;
  static uint32_t threads = 2;
  probe probe = {.error = {.struct_size = sizeof(norn_error)}};
  engine_test_host_make(&probe.host, &threads);
  probe.engine = engine_test_host_load(arguments[1], &probe.host, &probe.error);
  if (probe.engine == NULL) check(&probe, NORN_NOT_FOUND, "load");
  norn_engine_options options = {.struct_size = sizeof options,
                                 .scratch = {arguments[2], strlen(arguments[2])}};
  check(&probe, probe.engine->open(probe.engine, &probe.host, &options, &probe.session, &probe.error),
        "open");
  if (strcmp(arguments[3], "write") == 0) write_for_ever(&probe);
  if (strcmp(arguments[3], "kill") == 0) kill_in_map(&probe);
  return strcmp(arguments[3], "full") == 0 ? run_full(&probe, arguments[2]) : 64;
}
